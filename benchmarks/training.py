"""Where the time of a training step goes: loading, features, encoder, loss, backward pass, optimiser.

Makes its own corpus of synthetic voices in a temporary folder. Medians over the steps; the share is of their sum.

    python benchmarks/training.py --encoder fast_resnet34 --loss aam_softmax --batch 64 --seconds 2 --threads 2
"""

from __future__ import annotations

import argparse
import tempfile
import time

import numpy as np
import torch

from voxmetric import encoders, losses
from voxmetric.data.batches import SpeakerBatches
from voxmetric.data.corpora.synthetic import synthesize
from voxmetric.data.crops import CropLoader


def main() -> None:
    """Parse the sizes, measure float32 and bfloat16 in one run, print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="fast_resnet34")
    parser.add_argument("--loss", default="aam_softmax")
    parser.add_argument("--embedding-size", type=int, default=256)
    parser.add_argument("--speakers", type=int, default=64)
    parser.add_argument("--utterances", type=int, default=4)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.encoder}, {options.loss}, {options.batch} crops of {options.seconds} s, {options.threads} threads")
    for bfloat16 in (False, True):
        parts = measure(options, bfloat16)
        medians = {name: float(np.median(seconds[1:])) for name, seconds in parts.items()}
        total = sum(medians.values())
        print(f"\n{'bfloat16' if bfloat16 else 'float32'}: {1000 * total:.1f} ms a step")
        for name, seconds in medians.items():
            print(f"  {name:<10} {1000 * seconds:9.2f} ms  {100 * seconds / total:5.1f} %")


class Stopwatch:
    """Seconds of every part in every step: `mark` ends the part that ran since the last one."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = {}
        self._last = time.perf_counter()

    def mark(self, name: str) -> None:
        """Count the time since the last mark as `name`."""
        now = time.perf_counter()
        self.parts.setdefault(name, []).append(now - self._last)
        self._last = now


def measure(options: argparse.Namespace, bfloat16: bool) -> dict[str, list[float]]:
    """Seconds of every part in every step."""
    with tempfile.TemporaryDirectory() as folder:
        table = synthesize(folder, num_speakers=options.speakers, utterances_per_speaker=options.utterances)
        _, labels = table.speaker_codes()
        torch.manual_seed(0)
        encoder = encoders.create(options.encoder, embedding_size=options.embedding_size).train()
        loss = losses.create(options.loss, embedding_size=options.embedding_size, num_speakers=options.speakers)
        optimizer = torch.optim.Adam([*encoder.parameters(), *loss.parameters()])
        loader = CropLoader(
            table,
            labels,
            SpeakerBatches(labels, options.batch // 2, 2, seed=0),
            crop_seconds=options.seconds,
            last_step=options.steps + 1,
            sample_rate=encoder.sample_rate,
            workers=options.workers,
        )
        watch = Stopwatch()
        for batch in loader:
            watch.mark("loading")
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                features, lengths = encoder.front_end(batch.waveforms, None)
                watch.mark("features")
                frames, num_frames = encoder.trunk(features, lengths)
                embeddings = encoder.projection(encoder.pooling(frames.float(), num_frames))
            watch.mark("encoder")
            value = loss(embeddings.float(), batch.labels)
            watch.mark("loss")
            value.backward()
            watch.mark("backward")
            optimizer.step()
            optimizer.zero_grad()
            watch.mark("optimiser")
    return watch.parts


if __name__ == "__main__":
    main()
