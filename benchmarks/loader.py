"""Crops a second from flac files: ours with and without cache, augmentation and workers, against the plain way.

    python benchmarks/loader.py --utterances 400 --seconds 8 --workers 0 1 2

The plain way is what small training scripts do: open and decode the whole file, cut the crop, stack the list. All ways
are timed in turn, round after round, and the best round of each is printed with its ratio to the plain way's, so that
ratios hold even where other work disturbs the machine.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from corpus import RATE, write_corpus
from voxmetric.audio import augmentation
from voxmetric.audio.augmentation.augmentation import Augmentation
from voxmetric.data.batches import ShuffledBatches, SpeakerBatches
from voxmetric.data.crops import CropLoader
from voxmetric.data.utterances import UtteranceTable


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        table, noise, rooms = write_corpus(Path(folder), options.utterances, options.seconds)
        augmentations = augmentation.create_all(
            [
                {"name": "reverberation", "folder": rooms, "probability": 0.5},
                {"name": "noise", "folder": noise, "probability": 0.5},
            ]
        )
        ways: dict[str, Callable[[], Iterable[object]]] = {"plain": partial(_plain, table, options)}
        for (effects, chain), (kept, cache_bytes), workers in itertools.product(
            (("none", []), ("room and noise, each 1 in 2", augmentations)),
            (("off", 0), ("on", 2**31)),
            options.workers,
        ):
            name = f"loader: {workers} workers, cache {kept}, augmentation {effects}"
            ways[name] = partial(_ours, table, options, chain, cache_bytes, workers)
        best = dict.fromkeys(ways, 0.0)
        for _ in range(options.rounds):
            for name, make in ways.items():
                best[name] = max(best[name], _crops_per_second(make(), options))
    print(f"{options.batch} crops of {options.crop:g} s a batch, from flac files of {options.seconds:g} s")
    for name, crops_per_second in best.items():
        print(f"{name:72} {crops_per_second:8.0f} crops/s  {crops_per_second / best['plain']:5.1f} x")
    print(f"plan of an epoch of {options.plan:,} utterances: {_seconds_to_plan(options.plan):.2f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=400, help="flac files")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each file")
    parser.add_argument("--crop", type=float, default=2.0, help="length of a crop in seconds")
    parser.add_argument("--batch", type=int, default=100, help="crops in a batch")
    parser.add_argument("--batches", type=int, default=15, help="batches that are timed, after as many that are not")
    parser.add_argument("--rounds", type=int, default=3, help="times that every way is timed")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2], help="numbers of loader processes")
    parser.add_argument("--plan", type=int, default=1_100_000, help="utterances of the planning benchmark")
    return parser.parse_args()


def _plain(table: UtteranceTable, options: argparse.Namespace) -> Iterator[np.ndarray]:
    batches, rng = ShuffledBatches(len(table), options.batch, seed=0), np.random.default_rng(0)
    num_samples = round(options.crop * RATE)
    for step in range(2 * options.batches):
        crops = []
        for row in batches.batch(step):
            whole, _ = soundfile.read(table.paths[row], dtype="float32")
            start = rng.integers(len(whole) - num_samples + 1)
            crops.append(whole[start : start + num_samples])
        yield np.stack(crops)


def _ours(
    table: UtteranceTable,
    options: argparse.Namespace,
    augmentations: Sequence[Augmentation],
    cache_bytes: int,
    workers: int,
) -> CropLoader:
    return CropLoader(
        table,
        np.zeros(len(table), dtype=np.int64),
        ShuffledBatches(len(table), options.batch, seed=0),
        crop_seconds=options.crop,
        last_step=2 * options.batches,
        augmentations=augmentations,
        cache_bytes=cache_bytes,
        workers=workers,
    )


def _crops_per_second(batches: Iterable[object], options: argparse.Namespace) -> float:
    """Over the second half of the batches: workers are running and caches filled by then."""
    begun = 0.0
    for number, _ in enumerate(batches, start=1):
        if number == options.batches:
            begun = time.perf_counter()
    crops: int = options.batches * options.batch
    return crops / (time.perf_counter() - begun)


def _seconds_to_plan(num_utterances: int) -> float:
    """Time to plan an epoch of speaker batches, with as many utterances of a speaker as VoxCeleb2 has."""
    speakers = np.random.default_rng(0).integers(max(200, num_utterances // 180), size=num_utterances)
    counts = np.bincount(speakers)
    batches = SpeakerBatches(speakers[counts[speakers] >= 2], 200, 2, seed=0)
    begun = time.perf_counter()
    batches.batch(0)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
