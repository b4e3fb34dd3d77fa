"""Training batches: random crops of utterances, augmented, read by worker processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from voxmetric.audio.augmentation.augmentation import Augmentation
from voxmetric.audio.augmentation.combination import Chain
from voxmetric.audio.recordings import Recordings
from voxmetric.data.batches import BatchSampler
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

Key = tuple[int, NDArray[np.int64]]


@dataclass(frozen=True)
class Batch:
    """One step's share of crops for one process.

    Attributes:
        waveforms: (B, T) float32, full scale at -1 and 1.
        labels: (B,) int64.
        indices: (B,) int64, rows of the table that were read.
        num_skipped: files that could not be read and were replaced by others of their speakers.
    """

    waveforms: Tensor
    labels: Tensor
    indices: Tensor
    num_skipped: int


class CropLoader:
    """The batches of steps `first_step`, ..., `last_step - 1`, in order.

    Everything random about a crop (its position, its augmentation, its replacement) is drawn from a generator
    seeded with (seed, step, position in the batch of all processes). So batches are the same whatever the number of
    workers, wherever a run is resumed, and however the batch is shared among the ranks of a distributed run: rank r
    gets the r-th of `world_size` contiguous shares.

    Utterances shorter than a crop are repeated. An utterance that cannot be read is replaced by another of the same
    speaker, preferably one that is not in the batch, and its id is remembered in `skipped_ids`.

    Args:
        table: the utterances; `start`, `duration` and, where there is one, a `channel` column say what part of
            which file each of them is.
        labels: (N,) int64, the speaker of each row.
        batches: which rows make each batch.
        crop_seconds: length of a crop.
        last_step: one past the last step.
        sample_rate: of the crops, in Hz; other files are resampled.
        augmentations: act on each crop, one after another.
        seed: of everything drawn here.
        workers: loader processes; 0 reads in this one.
        cache_bytes: memory, shared by the workers, for decoded utterances of at most a minute; 0 decodes every
            crop anew.
        first_step: where to begin.
        rank: this process's number in a distributed run.
        world_size: number of processes of the run; the batch size is a multiple of it.
        maximum_skipped: share of the table's utterances that may be unreadable.

    Raises:
        InputError: at once, for settings that contradict each other; while iterating, when a speaker has no
            readable utterance, more utterances than `maximum_skipped` are unreadable, or a worker dies.
    """

    def __init__(
        self,
        table: UtteranceTable,
        labels: NDArray[np.int64],
        batches: BatchSampler,
        *,
        crop_seconds: float,
        last_step: int,
        sample_rate: int = 16_000,
        augmentations: Sequence[Augmentation] = (),
        seed: int = 0,
        workers: int = 0,
        cache_bytes: int = 512 * 2**20,
        first_step: int = 0,
        rank: int = 0,
        world_size: int = 1,
        maximum_skipped: float = 0.01,
    ) -> None:
        if batches.batch_size % world_size:
            raise InputError(
                f"the batch size must be a multiple of the {world_size} processes, found {batches.batch_size}: "
                "change it or the number of processes"
            )
        if workers and "fork" not in multiprocessing.get_all_start_methods():
            raise InputError("loader workers need an operating system that can fork: set workers to 0")
        self.table = table
        self.maximum_skipped = maximum_skipped
        self.skipped_ids: list[str] = []
        self._steps = _Steps(batches, first_step, last_step)
        self._workers = workers
        share = batches.batch_size // world_size
        self._crops = _Crops(
            table,
            labels,
            _recordings(table, sample_rate, cache_bytes),
            num_samples=round(crop_seconds * sample_rate),
            augmentation=Chain(augmentations, sample_rate),
            seed=seed,
            positions=range(rank * share, (rank + 1) * share),
        )

    def __len__(self) -> int:
        """Number of batches."""
        return len(self._steps)

    def __iter__(self) -> Iterator[Batch]:
        # The keys hold each batch's rows, so that one process plans for all workers. A worker runs one torch thread.
        # A generator of its own keeps the loader from moving the global one, which a resumed run has to find in place.
        loader = DataLoader(
            self._crops,
            batch_size=None,
            sampler=self._steps,
            num_workers=self._workers,
            multiprocessing_context="fork" if self._workers else None,
            generator=torch.Generator(),
        )
        try:
            for result in loader:
                if isinstance(result, InputError):
                    raise result
                batch, skipped = result
                self._remember(skipped)
                yield batch
        except RuntimeError as error:
            if "DataLoader worker (pid" not in str(
                error
            ):  # unlike an error within a worker, which is named "Caught ..."
                raise
            raise InputError(
                f"a loader process died ({str(error).splitlines()[0]}): memory or shared memory (/dev/shm) may be "
                "short; use fewer workers, smaller batches or a smaller cache"
            ) from error

    def _remember(self, skipped: list[int]) -> None:
        new = {str(self.table.ids[row]) for row in skipped} - set(self.skipped_ids)
        self.skipped_ids += sorted(new)
        share = len(self.skipped_ids) / len(self.table)
        if new and share > self.maximum_skipped:
            raise InputError(
                f"{len(self.skipped_ids)} of {len(self.table)} utterances ({share:.1%}) could not be read, more than "
                f"the {self.maximum_skipped:.1%} allowed, among them {', '.join(self.skipped_ids[:3])}: let "
                "`voxmetric prepare` find and drop them, or raise data.maximum_skipped"
            )


class _Steps(Sampler[Key]):
    """The keys by which crops are asked for: (step, the whole batch's rows)."""

    def __init__(self, batches: BatchSampler, first_step: int, last_step: int) -> None:
        self._batches = batches
        self._range = range(first_step, last_step)

    def __len__(self) -> int:
        return len(self._range)

    def __iter__(self) -> Iterator[Key]:
        return ((step, self._batches.batch(step)) for step in self._range)


@dataclass(frozen=True)
class _Crops(Dataset[tuple[Batch, list[int]] | InputError]):
    """Makes one process's share of a batch, whole, from its key."""

    table: UtteranceTable
    labels: NDArray[np.int64]
    recordings: Recordings
    num_samples: int
    augmentation: Chain
    seed: int
    positions: range

    def __getitem__(self, key: Key) -> tuple[Batch, list[int]] | InputError:
        """The share and the rows that could not be read; an error as a value, for a raised one reaches the main
        process as a worker's stack trace."""
        step, rows = key
        waveforms = np.empty((len(self.positions), self.num_samples), dtype=np.float32)
        read = np.empty(len(self.positions), dtype=np.int64)
        skipped: list[int] = []
        try:
            for place, position in enumerate(self.positions):
                rng = np.random.default_rng((self.seed, step, position))
                read[place], crop = self._readable_crop(rows, position, rng, skipped)
                waveforms[place] = self.augmentation(crop, rng)[: self.num_samples]
        except InputError as error:
            return error
        labels = torch.from_numpy(self.labels[read])
        return Batch(torch.from_numpy(waveforms), labels, torch.from_numpy(read), len(skipped)), skipped

    def _readable_crop(
        self, rows: NDArray[np.int64], position: int, rng: np.random.Generator, skipped: list[int]
    ) -> tuple[int, NDArray[np.float32]]:
        num_samples = self.augmentation.input_samples(self.num_samples)
        for row in self._candidates(rows, position, rng):
            try:
                return row, self.recordings.random_crop(row, num_samples, rng)
            except InputError as error:
                skipped.append(row)
                reason = error
        speaker = self.table.speakers[rows[position]]
        raise InputError(f"no utterance of speaker {speaker!r} can be read: drop or mend them; the last one: {reason}")

    def _candidates(self, rows: NDArray[np.int64], position: int, rng: np.random.Generator) -> Iterator[int]:
        """The row that is due, then its speaker's others in random order, those of this batch last."""
        due = int(rows[position])
        yield due
        others = np.flatnonzero(self.labels == self.labels[due])
        others = rng.permutation(others[others != due])
        yield from others[np.argsort(np.isin(others, rows), kind="stable")].tolist()


def _recordings(table: UtteranceTable, sample_rate: int, cache_bytes: int) -> Recordings:
    return Recordings(
        table.paths.tolist(),
        sample_rate=sample_rate,
        starts=table.starts,
        durations=table.durations,
        channels=_channels(table),
        cache_bytes=cache_bytes,
    )


def _channels(table: UtteranceTable) -> list[str] | None:
    if "channel" not in table.columns:
        return None
    return [channel or "mix" for channel in table.column("channel")]
