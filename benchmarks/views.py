"""Augmented views a second against what an encoder in training takes, and against a plain loop.

    python benchmarks/views.py --encoders gated_tdnn fast_resnet34

Two views of every recording go through a room and recorded noise, each of them always: SimCLR's usual set. The plain
loop of small scripts (decode the whole file, cut, convolve, read a noise file, mix), the loader, and updates of each
encoder on views that are there already (its appetite) are measured alone, on one core and by the time that core
computed, so that other work on the machine disturbs little. The loader's speed over the appetite says how many cores of
training one core of loading feeds: on two cores the encoder is fed if that is more than 1. Then updates are fed by a
loader process while both share the machine; the share of the time that training waited for views is by the clock.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import fftconvolve
from torch import Tensor

from corpus import RATE, write_corpus
from voxmetric import encoders, selfsupervised
from voxmetric.audio import augmentation
from voxmetric.data.batches import ShuffledBatches
from voxmetric.data.utterances import UtteranceTable
from voxmetric.data.view_plan import ViewPlan
from voxmetric.data.views import ViewBatch, ViewLoader


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        bench = Benchmark(options, *write_corpus(Path(folder), options.recordings, options.seconds))
        print(f"2 views of {options.crop:g} s of each of {options.batch} recordings of {options.seconds:g} s a batch")
        plain = bench.views_per_second(bench.plain())
        print(f"{'plain loop':28} {plain:7.0f} views/s of a core")
        for way, cache_bytes in (("files decoded anew", 0), ("files decoded once", 2**31)):
            loader = bench.views_per_second(bench.loader(cache_bytes, workers=0))
            print(f"{'loader, ' + way:28} {loader:7.0f} views/s of a core, {loader / plain:.1f} x the plain loop")
        for name in options.encoders:
            updates = Updates(name)
            appetite = bench.views_per_second(map(updates.update, bench.ready()))
            waited = _share_of_waiting(bench.loader(2**31, options.workers), updates)
            print(
                f"{name:28} {appetite:7.0f} views/s of a core taken: the loader gives {loader / appetite:.1f} x that; "
                f"fed by {options.workers} workers it waits {100 * waited:.1f} % of the time"
            )


class Benchmark:
    """The ways to make views, all of the same batches."""

    def __init__(self, options: argparse.Namespace, table: UtteranceTable, noise: Path, rooms: Path) -> None:
        self.options, self.table = options, table
        self.noises, self.rooms = (sorted(folder.iterdir()) for folder in (noise, rooms))
        self.batches = ShuffledBatches(len(table), options.batch, seed=0)
        self.augmentations = augmentation.create_all(
            [{"name": "reverberation", "folder": rooms}, {"name": "noise", "folder": noise}]
        )

    def loader(self, cache_bytes: int, workers: int) -> ViewLoader:
        """Ours."""
        return ViewLoader(
            self.table,
            self.batches,
            views=ViewPlan(self.options.crop),
            last_step=2 * self.options.batches,
            augmentations=self.augmentations,
            cache_bytes=cache_bytes,
            workers=workers,
        )

    def plain(self) -> Iterator[np.ndarray]:
        """View by view, from the files."""
        rng = np.random.default_rng(0)
        for step in range(2 * self.options.batches):
            yield np.stack([self._plain_view(row, rng) for row in np.repeat(self.batches.batch(step), 2)])

    def _plain_view(self, row: int, rng: np.random.Generator) -> np.ndarray:
        def crop(path: Path | str) -> np.ndarray:
            whole, _ = soundfile.read(path)
            start = rng.integers(len(whole) - num_samples + 1)
            return whole[start : start + num_samples]

        num_samples = round(self.options.crop * RATE)
        response, _ = soundfile.read(self.rooms[rng.integers(len(self.rooms))])
        speech = fftconvolve(crop(self.table.paths[row]), response / np.sqrt(np.sum(response**2)))[:num_samples]
        noise = crop(self.noises[rng.integers(len(self.noises))])
        snr = rng.uniform(0, 15)
        return speech + noise * np.sqrt(np.mean(speech**2) / np.mean(noise**2)) * 10 ** (-snr / 20)

    def ready(self) -> Iterator[ViewBatch]:
        """The same views over and over."""
        views = [torch.randn(self.options.batch, round(self.options.crop * RATE)) * 0.1 for _ in range(2)]
        for _ in range(2 * self.options.batches):
            yield ViewBatch(views, torch.arange(self.options.batch), 0)

    def views_per_second(self, batches: Iterable[object]) -> float:
        """By this process's computing time, over the second half of the batches: caches are filled by then."""
        begun = 0.0
        for number, _ in enumerate(batches, start=1):
            if number == self.options.batches:
                begun = time.process_time()
        return 2 * self.options.batch * self.options.batches / (time.process_time() - begun)


class Updates:
    """SimCLR updates of an encoder."""

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        self.encoder = encoders.create(name, embedding_size=256).train()
        self.method = selfsupervised.create("simclr", self.encoder)
        self.optimizer = torch.optim.Adam(self.encoder.parameters())

    def update(self, batch: ViewBatch) -> None:
        """One update."""
        projections: tuple[Tensor, ...] = self.method.project(self.encoder(torch.cat(batch.views))).chunk(2)
        loss = self.method.compare(projections, (), batch.recordings)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def _share_of_waiting(loader: ViewLoader, updates: Updates) -> float:
    """Share of the time, over the second half of the updates, that training waited for views."""
    waits, times = [], []
    ended = time.perf_counter()
    for batch in loader:
        waits.append(time.perf_counter() - ended)
        updates.update(batch)
        times.append(time.perf_counter() - ended)
        ended = time.perf_counter()
    half = len(times) // 2
    return sum(waits[half:]) / sum(times[half:])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoders", nargs="+", default=["gated_tdnn", "fast_resnet34"])
    parser.add_argument("--recordings", type=int, default=100, help="flac files")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each file")
    parser.add_argument("--crop", type=float, default=2.0, help="length of a view in seconds")
    parser.add_argument("--batch", type=int, default=16, help="recordings in a batch")
    parser.add_argument("--batches", type=int, default=10, help="batches that are timed, after as many that are not")
    parser.add_argument("--workers", type=int, default=1, help="loader processes of the updates that are fed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
