"""Training batches without labels: several views of each recording, each augmented on its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform
from voxmetric.audio.augmentation.combination import Chain
from voxmetric.data.batches import BatchSampler
from voxmetric.data.loading import BatchMaker, Rows, StepLoader, first_readable, recordings_of, share_of
from voxmetric.data.utterances import UtteranceTable
from voxmetric.data.view_plan import ViewPlan
from voxmetric.errors import InputError

# Last words of seeds that belong to a view, to all views of a recording, and to the replacements of a batch.
_VIEW, _ALIKE, _REPLACEMENTS = 1, 2, 3


@dataclass(frozen=True)
class ViewBatch:
    """One step's share of recordings for one process, each seen several times.

    Attributes:
        views: one (B, T) float32 for each view, full scale at -1 and 1; global views first, then local ones.
        recordings: (B,) int64, rows of the table that were read, all different.
        num_skipped: files that could not be read and were replaced by others.
    """

    views: list[Tensor]
    recordings: Tensor
    num_skipped: int

    @property
    def indices(self) -> Tensor:
        """The recordings, by the name that batches of labelled crops have for them."""
        return self.recordings


class ViewLoader(StepLoader[ViewBatch]):
    """The views of steps `first_step`, ..., `last_step - 1`, in order. The table's speakers are never read.

    Where views lie is drawn from a generator seeded with (seed, step, position in the batch of all processes), a view's
    augmentations from one seeded with the view's number as well. So batches are the same whatever the number of
    workers, wherever a run is resumed and however the batch is shared among the ranks. What makes another voice of a
    recording, such as a change of speed or a combination with one in it, is drawn alike for all its views.

    A recording that cannot be read is replaced by one drawn from outside the batch, so that no recording comes twice.

    Args:
        table: the recordings; `start`, `duration` and, where there is one, a `channel` column say what part of
            which file each of them is.
        batches: which rows make each batch; no row twice in one.
        views: how many views there are, how long, and how they lie.
        last_step: one past the last step.
        sample_rate: of the views, in Hz; other files are resampled.
        augmentations: act on each view, one after another.
        seed: of everything drawn here.
        workers: loader processes; 0 reads in this one.
        cache_bytes: memory, shared by the workers, for decoded recordings of at most a minute; of all others only
            the views are decoded.
        first_step: where to begin.
        rank: this process's number in a distributed run.
        world_size: number of processes of the run; the batch size is a multiple of it.
        maximum_skipped: share of the table's recordings that may be unreadable.

    Raises:
        InputError: at once, for settings that contradict each other; while iterating, when a recording cannot be
            replaced, more than `maximum_skipped` are unreadable, or a worker dies.
    """

    def __init__(
        self,
        table: UtteranceTable,
        batches: BatchSampler,
        *,
        views: ViewPlan,
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
        made = _Views(
            table,
            recordings_of(table, sample_rate, cache_bytes),
            share_of(batches.batch_size, rank, world_size),
            plan=views,
            augmentation=Chain(augmentations, sample_rate),
            seed=seed,
        )
        made.augmentation.offer_corpus(made.recordings)
        super().__init__(
            made,
            batches,
            first_step=first_step,
            last_step=last_step,
            workers=workers,
            maximum_skipped=maximum_skipped,
        )


@dataclass(frozen=True)
class _Views(BatchMaker[ViewBatch]):
    plan: ViewPlan
    augmentation: Chain
    seed: int

    def make(self, step: int, rows: Rows, skipped: list[int]) -> ViewBatch:
        lengths = [round(seconds * self.recordings.sample_rate) for seconds in self.plan.lengths]
        views = [np.empty((len(self.positions), length), dtype=np.float32) for length in lengths]
        read = np.empty(len(self.positions), dtype=np.int64)
        for place, position in enumerate(self.positions):
            rng = np.random.default_rng((self.seed, step, position))
            read[place], crops = self._readable_crops(step, rows, position, lengths, rng, skipped)
            for number, (view, crop) in enumerate(zip(views, crops, strict=True)):
                view[place] = self._augmented(crop, step, position, number)[: view.shape[1]]
        return ViewBatch([torch.from_numpy(view) for view in views], torch.from_numpy(read), len(skipped))

    def _readable_crops(
        self, step: int, rows: Rows, position: int, lengths: list[int], rng: np.random.Generator, skipped: list[int]
    ) -> tuple[int, list[Waveform]]:
        sizes = [self.augmentation.input_samples(length) for length in lengths]

        def crops(row: int) -> list[Waveform]:
            offsets = self.plan.offsets(self.recordings.num_samples(row), sizes[0], sizes[-1], rng)
            return self.recordings.crops(row, offsets.tolist(), sizes)

        try:
            return first_readable(self._candidates(step, rows, position), crops, skipped)
        except InputError as error:
            unread = self.table.ids[rows[position]]
            raise InputError(
                f"recording {unread!r} cannot be read, nor can any outside the batch that could take its place: "
                f"drop or mend it, or use smaller batches; the last one tried: {error}"
            ) from error

    def _candidates(self, step: int, rows: Rows, position: int) -> Iterator[int]:
        """The row that is due, then this position's own part of the rows outside the batch, in random order."""
        yield int(rows[position])
        outside = np.setdiff1d(np.arange(len(self.table)), rows)
        drawn = np.random.default_rng((self.seed, step, 0, 0, _REPLACEMENTS)).permutation(outside)
        yield from drawn[position :: len(rows)].tolist()

    def _augmented(self, crop: Waveform, step: int, position: int, view: int) -> Waveform:
        rng = np.random.default_rng((self.seed, step, position, view, _VIEW))
        for number, part in enumerate(self.augmentation.parts):
            if part.changes_speaker:
                crop = part(crop, np.random.default_rng((self.seed, step, position, number, _ALIKE)))
            else:
                crop = part(crop, rng)
        return crop
