"""Embedding a list of files: `SpeakerModel.embed` beside the straightforward loop over files, on the same weights.

    python benchmarks/embedding.py --threads 2
    python benchmarks/embedding.py --data FOLDER    # recordings below FOLDER instead of made ones

`loop` is what evaluation scripts of the field do: read a file with soundfile, one forward pass of the published
network (channels first, nothing fused), the next file. `plain` is the same loop over the encoder that is trained here.
`embed` is `SpeakerModel.embed` with the list, `bf16` the same in bfloat16. All get the same threads and give the same
embeddings, which is checked: to 1e-4, and in bfloat16 to a cosine of 0.999.
A round embeds recordings of its own, so that no way finds lengths that it has seen; the ways take turns in every round,
and the best round of each counts. `front` is the share of the front-end in one thread's work on a batch, in float32
and in bfloat16.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric import encoders
from voxmetric.audio.reading import SUFFIXES
from voxmetric.bulk_embedding import BATCH_SECONDS
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.fast_resnet34 import FastResNet34
from voxmetric.encoders.inference import for_inference
from voxmetric.precision import has_native_bfloat16
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000
Way = Callable[[list[str]], Any]


def words(rng: np.random.Generator) -> float:
    """Speech Commands: a second, some shorter."""
    return 1.0 if rng.random() < 0.9 else rng.uniform(0.6, 1.0)


def interviews(rng: np.random.Generator) -> float:
    """VoxCeleb: four seconds at least, eight on average."""
    return min(20.0, 4.0 + rng.exponential(4.2))


def utterances(rng: np.random.Generator) -> float:
    """Anything from three to fifteen seconds."""
    return rng.uniform(3.0, 15.0)


LENGTHS = {"words": words, "interviews": interviews, "utterances": utterances}


def made_files(folder: Path, lengths: Callable[[np.random.Generator], float], seconds: float) -> Iterator[list[str]]:
    """Lists of flac files of that total length, of noise that swells and fades as speech does; without end."""
    rng = np.random.default_rng(0)
    number = 0
    while True:
        paths: list[str] = []
        total = 0.0
        while total < seconds:
            samples = rng.standard_normal(round(lengths(rng) * RATE)).cumsum()
            samples = np.diff(samples, n=1, prepend=0.0) + 0.2 * np.sin(samples / 9)
            level = np.sin(np.arange(len(samples)) * 2 * np.pi * 3 / RATE) ** 2 + 0.01
            paths.append(str(folder / f"{number:06d}.flac"))
            soundfile.write(paths[-1], 0.1 * level * samples, RATE)
            number, total = number + 1, total + len(samples) / RATE
        yield paths


def real_files(folder: Path, seconds: float) -> Iterator[list[str]]:
    """Lists of recordings of that total length, drawn from all in the folder; without end."""
    found = sorted(str(path) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    durations = dict(zip(found, (soundfile.info(path).duration for path in found), strict=True))
    rng = np.random.default_rng(0)
    while True:
        order = rng.permutation(found)
        totals = np.cumsum([durations[path] for path in order])
        yield [str(path) for path in order[: int(np.searchsorted(totals, seconds)) + 1]]


def as_published(encoder: Encoder) -> Callable[[Tensor], Tensor]:
    """The network as the open implementations compute it: for most encoders, as they are trained here."""
    trunk = encoder.trunk
    if not isinstance(trunk, FastResNet34):
        return encoder

    def forward(waveforms: Tensor) -> Tensor:
        features, _ = encoder.front_end(waveforms)
        images = F.relu(trunk.bn1(trunk.conv1(features.unsqueeze(1).contiguous())))
        for stage in trunk.stages:
            for block in stage:  # type: ignore[attr-defined]
                inner = block.bn2(block.conv2(block.bn1(F.relu(block.conv1(images)))))
                step = block.span.stride
                images = F.relu(block.gates(inner) + block.shortcut(images[:, :, ::step, ::step]))
        embeddings: Tensor = encoder.projection(encoder.pooling(images.mean(2)))
        return embeddings

    return forward


def loop(network: Callable[[Tensor], Tensor]) -> Way:
    """One file after another."""

    @torch.no_grad()
    def embed(paths: list[str]) -> Any:
        rows = []
        for path in paths:
            samples, _ = soundfile.read(path, dtype="float32")
            rows.append(F.normalize(network(torch.from_numpy(samples).unsqueeze(0))))
        return torch.cat(rows).numpy()

    return embed


def measure(encoder: Encoder, files: Iterator[list[str]], rounds: int) -> dict[str, float]:
    """Best seconds of each way for a second of audio."""
    model = SpeakerModel(encoder)
    ways: dict[str, Way] = {"loop": loop(as_published(encoder)), "plain": loop(encoder), "embed": model.embed}
    if has_native_bfloat16(model.device):
        ways["bf16"] = SpeakerModel(encoder, precision="bfloat16").embed
    best = dict.fromkeys(ways, np.inf)
    for number in range(rounds + 1):
        paths = next(files)
        seconds = sum(soundfile.info(path).duration for path in paths)
        found = {}
        for name in np.roll(list(ways), number):
            start = time.perf_counter()
            found[name] = ways[name](paths)
            if number:  # the first round warms up
                best[name] = min(best[name], (time.perf_counter() - start) / seconds)
        for name in ways:
            if name == "bf16":
                assert (found[name] * found["loop"]).sum(1).min() > 0.999
            else:
                np.testing.assert_allclose(found[name], found["loop"], atol=1e-4)
    return best


def front_end_shares(encoder: Encoder, rounds: int) -> dict[str, float]:
    """Share of the front-end in the work on a batch of three-second recordings, in one thread, by precision."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    waveforms = 0.1 * torch.randn(round(BATCH_SECONDS / 3), 3 * RATE)
    modules: dict[str, torch.nn.Module] = {"front_end": encoder.front_end, "float32": for_inference(encoder)}
    if has_native_bfloat16(torch.device("cpu")):
        modules["bfloat16"] = for_inference(encoder, "bfloat16")
    best = dict.fromkeys(modules, np.inf)
    with torch.inference_mode():
        for _ in range(10 * rounds):
            for name, module in modules.items():
                start = time.perf_counter()
                module(waveforms)
                best[name] = min(best[name], time.perf_counter() - start)
    torch.set_num_threads(threads)
    front_end = best.pop("front_end")
    return {name: front_end / seconds for name, seconds in best.items()}


def main() -> None:
    """Measure, print a table, and the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoders", nargs="+", default=["fast_resnet34", "ecapa_tdnn"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=120.0, help="of audio in a list")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, help="folder of recordings at 16 kHz, mono")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)

    results = []
    if not given.json:
        print(f"lists of {given.seconds:g} s, {given.threads} threads, torch {torch.__version__}")
        print(f"{'encoder':16}{'files':12}{'loop RTF':>10}{'plain RTF':>11}{'embed RTF':>11}{'bf16 RTF':>10}", end="")
        print(f"{'loop/embed':>12}{'plain/embed':>12}{'loop/bf16':>11}{'embed/bf16':>11}{'front':>14}")
    for name in given.encoders:
        torch.manual_seed(0)
        encoder = encoders.create(name).eval()
        shares = front_end_shares(encoder, given.rounds)
        for kind in ["data"] if given.data else LENGTHS:
            with tempfile.TemporaryDirectory() as folder:
                files = (
                    real_files(given.data, given.seconds)
                    if given.data
                    else made_files(Path(folder), LENGTHS[kind], given.seconds)
                )
                best = measure(encoder, files, given.rounds)
            results.append({"encoder": name, "files": kind, "front_end_share": shares, **best})
            if not given.json:
                print_row(name, kind, best, shares)
    if given.json:
        print(json.dumps({"seconds": given.seconds, "threads": given.threads, "results": results}, indent=2))


def print_row(encoder: str, kind: str, best: dict[str, float], shares: dict[str, float]) -> None:
    """One line of the table, its last columns empty on processors without bfloat16."""
    bf16 = best.get("bf16", np.nan)
    print(f"{encoder:16}{kind:12}{best['loop']:10.5f}{best['plain']:11.5f}{best['embed']:11.5f}{bf16:10.5f}", end="")
    print(f"{best['loop'] / best['embed']:12.2f}{best['plain'] / best['embed']:12.2f}", end="")
    print(f"{best['loop'] / bf16:11.2f}{best['embed'] / bf16:11.2f}", end="")
    print(f"{' / '.join(f'{share:.1%}' for share in shares.values()):>14}", flush=True)


if __name__ == "__main__":
    main()
