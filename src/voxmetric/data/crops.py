"""Training batches: random crops of utterances, augmented, read by worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from voxmetric.audio.augmentation.augmentation import Augmentation
from voxmetric.audio.augmentation.combination import Chain
from voxmetric.data.batches import BatchSampler
from voxmetric.data.loading import BatchMaker, Rows, StepLoader, first_readable, recordings_of, share_of
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


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


class CropLoader(StepLoader[Batch]):
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
        crops = _Crops(
            table,
            recordings_of(table, sample_rate, cache_bytes),
            share_of(batches.batch_size, rank, world_size),
            labels=labels,
            num_samples=round(crop_seconds * sample_rate),
            augmentation=Chain(augmentations, sample_rate),
            seed=seed,
        )
        crops.augmentation.offer_corpus(crops.recordings)
        super().__init__(
            crops,
            batches,
            first_step=first_step,
            last_step=last_step,
            workers=workers,
            maximum_skipped=maximum_skipped,
        )


@dataclass(frozen=True)
class _Crops(BatchMaker[Batch]):
    labels: NDArray[np.int64]
    num_samples: int
    augmentation: Chain
    seed: int

    def make(self, step: int, rows: Rows, skipped: list[int]) -> Batch:
        waveforms = np.empty((len(self.positions), self.num_samples), dtype=np.float32)
        read = np.empty(len(self.positions), dtype=np.int64)
        for place, position in enumerate(self.positions):
            rng = np.random.default_rng((self.seed, step, position))
            read[place], crop = self._readable_crop(rows, position, rng, skipped)
            waveforms[place] = self.augmentation(crop, rng)[: self.num_samples]
        labels = torch.from_numpy(self.labels[read])
        return Batch(torch.from_numpy(waveforms), labels, torch.from_numpy(read), len(skipped))

    def _readable_crop(
        self, rows: Rows, position: int, rng: np.random.Generator, skipped: list[int]
    ) -> tuple[int, NDArray[np.float32]]:
        num_samples = self.augmentation.input_samples(self.num_samples)
        try:
            return first_readable(
                self._candidates(rows, position, rng),
                lambda row: self.recordings.random_crop(row, num_samples, rng),
                skipped,
            )
        except InputError as error:
            speaker = self.table.speakers[rows[position]]
            raise InputError(
                f"no utterance of speaker {speaker!r} can be read: drop or mend them; the last one: {error}"
            ) from error

    def _candidates(self, rows: Rows, position: int, rng: np.random.Generator) -> Iterator[int]:
        """The row that is due, then its speaker's others in random order, those of this batch last."""
        due = int(rows[position])
        yield due
        others = np.flatnonzero(self.labels == self.labels[due])
        others = rng.permutation(others[others != due])
        yield from others[np.argsort(np.isin(others, rows), kind="stable")].tolist()
