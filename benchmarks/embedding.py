"""Embedding a list of files: `SpeakerModel.embed` beside the straightforward loop over files, on the same weights.

    python benchmarks/embedding.py --threads 2
    python benchmarks/embedding.py --data FOLDER    # recordings below FOLDER instead of made ones

`loop` is what evaluation scripts of the field do: read a file with soundfile, one forward pass of the published
network (channels first, nothing fused), the next file. `plain` is the same loop over the encoder that is trained here.
`embed` is `SpeakerModel.embed` with the list, `bf16` the same in bfloat16. All get the same threads and give the same
embeddings, which is checked: to 1e-4, and in bfloat16 to a cosine of 0.999.
A round embeds recordings of its own, so that no way finds lengths that it has seen; the ways take turns in every round,
and the best round of each counts. `front` is the share of the front-end in the processor time of `embed` and `bf16`.
`limit` is how many times faster than `loop` the published multiplications alone would be, at the speed that the
processor reaches in float32 in one large matrix product: more is left only to ways that multiply less.
"""

from __future__ import annotations

import argparse
import functools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric import encoders
from voxmetric.audio.features.spectral import SpectralFrontEnd
from voxmetric.audio.reading import SUFFIXES
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.fast_resnet34 import FastResNet34
from voxmetric.precision import is_faster_in_bfloat16
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000
Way = Callable[..., Any]


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


class Stopwatch:
    """Processor seconds spent in modules by all threads, since the last reset."""

    def __init__(self, modules: Iterable[torch.nn.Module]) -> None:
        self.seconds, self._lock = 0.0, threading.Lock()
        for module in modules:
            module.forward = functools.partial(self._timed, module.forward)

    def _timed(self, forward: Way, *given: Any) -> Any:
        start = time.thread_time()
        found = forward(*given)
        with self._lock:
            self.seconds += time.thread_time() - start
        return found


def measure(encoder: Encoder, files: Iterator[list[str]], rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Best seconds of each way for a second of audio, and the front-end's smallest share of the processor time."""
    model = SpeakerModel(encoder)
    front_end = Stopwatch(module for module in encoder.modules() if isinstance(module, SpectralFrontEnd))
    ways: dict[str, Way] = {"loop": loop(as_published(encoder)), "plain": loop(encoder), "embed": model.embed}
    if is_faster_in_bfloat16(model.device):
        ways["bf16"] = SpeakerModel(encoder, precision="bfloat16").embed
    best, shares = dict.fromkeys(ways, np.inf), dict.fromkeys(ways, np.inf)
    for number in range(rounds + 1):
        paths = next(files)
        seconds = sum(soundfile.info(path).duration for path in paths)
        found = {}
        for name in np.roll(list(ways), number):
            front_end.seconds = 0.0
            start, processor = time.perf_counter(), time.process_time()
            found[name] = ways[name](paths)
            if number:  # the first round warms up
                best[name] = min(best[name], (time.perf_counter() - start) / seconds)
                shares[name] = min(shares[name], front_end.seconds / (time.process_time() - processor))
        for name in ways:
            if name == "bf16":
                assert (found[name] * found["loop"]).sum(1).min() > 0.999
            else:
                np.testing.assert_allclose(found[name], found["loop"], atol=1e-4)
    return best, shares


def multiply_adds_per_second() -> float:
    """That one large matrix product in float32 reaches with all threads."""
    size = 2048
    a, b = torch.randn(2, size, size)
    best = np.inf
    for _ in range(10):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return float(size**3 / best)


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
    peak = multiply_adds_per_second()
    if not given.json:
        print(f"lists of {given.seconds:g} s, {given.threads} threads, torch {torch.__version__}", end="")
        print(f", at most {peak / 1e9:.0f} G multiply-adds a second")
        print(f"{'encoder':16}{'files':12}{'loop RTF':>10}{'plain RTF':>11}{'embed RTF':>11}{'bf16 RTF':>10}", end="")
        print(f"{'loop/embed':>12}{'plain/embed':>12}{'loop/bf16':>11}{'limit':>7}{'front':>14}")
    for name in given.encoders:
        torch.manual_seed(0)
        encoder = encoders.create(name).eval()
        at_peak = encoders.describe(name).multiply_adds / peak
        for kind in ["data"] if given.data else LENGTHS:
            with tempfile.TemporaryDirectory() as folder:
                files = (
                    real_files(given.data, given.seconds)
                    if given.data
                    else made_files(Path(folder), LENGTHS[kind], given.seconds)
                )
                best, shares = measure(encoder, files, given.rounds)
            limit = best["loop"] / at_peak
            results.append({"encoder": name, "files": kind, "front_end_share": shares, "limit": limit, **best})
            if not given.json:
                print_row(name, kind, best, limit, shares)
    if given.json:
        print(json.dumps({"seconds": given.seconds, "threads": given.threads, "results": results}, indent=2))


def print_row(encoder: str, kind: str, best: dict[str, float], limit: float, shares: dict[str, float]) -> None:
    """One line of the table, its columns of bfloat16 empty on processors that are no faster in it."""
    bf16 = best.get("bf16")
    seconds, gain, share = (
        ("-",) * 3 if bf16 is None else (f"{bf16:.5f}", f"{best['loop'] / bf16:.2f}", f"{shares['bf16']:.1%}")
    )
    print(f"{encoder:16}{kind:12}{best['loop']:10.5f}{best['plain']:11.5f}{best['embed']:11.5f}{seconds:>10}", end="")
    print(f"{best['loop'] / best['embed']:12.2f}{best['plain'] / best['embed']:12.2f}", end="")
    print(f"{gain:>11}{limit:7.2f}{shares['embed']:>7.1%}{share:>7}", flush=True)


if __name__ == "__main__":
    main()
