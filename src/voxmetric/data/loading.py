"""What every loader of training audio shares: steps as keys, worker processes, files that cannot be read."""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from voxmetric.audio.recordings import Recordings
from voxmetric.data.batches import BatchSampler
from voxmetric.data.speeds import COLUMN as SPEED_COLUMN
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

Rows = NDArray[np.int64]
Key = tuple[int, Rows]
Made = TypeVar("Made")
Read = TypeVar("Read")


@dataclass(frozen=True)
class BatchMaker(Dataset[Any], ABC, Generic[Made]):
    """Makes one process's share of a batch from its key: (step, the rows of the whole batch).

    Attributes:
        table: the utterances.
        recordings: their audio, see `recordings_of`.
        positions: which places of the whole batch are the process's, see `share_of`.
    """

    table: UtteranceTable
    recordings: Recordings
    positions: range

    @abstractmethod
    def make(self, step: int, rows: Rows, skipped: list[int]) -> Made:
        """The share of the batch of `rows` at `step`; rows that cannot be read are added to `skipped`."""

    def __getitem__(self, key: Key) -> tuple[Made, list[int]] | InputError:
        """The share and the rows that could not be read; an error as a value, for a raised one reaches the main
        process as a worker's stack trace."""
        skipped: list[int] = []
        try:
            return self.make(*key, skipped), skipped
        except InputError as error:
            return error


def share_of(batch_size: int, rank: int, world_size: int) -> range:
    """The positions of the `rank`-th of `world_size` contiguous shares of a batch.

    Raises:
        InputError: if the batch cannot be shared evenly.
    """
    if batch_size % world_size:
        raise InputError(
            f"the batch size must be a multiple of the {world_size} processes, found {batch_size}: "
            "change it or the number of processes"
        )
    share = batch_size // world_size
    return range(rank * share, (rank + 1) * share)


def recordings_of(table: UtteranceTable, sample_rate: int, cache_bytes: int) -> Recordings:
    """The utterances' audio: `start`, `duration` and, where they are there, the columns `channel` and `playback_speed`
    say what part of which file each of them is, and how it is played."""
    channels = [one or "mix" for one in table.column("channel")] if "channel" in table.columns else None
    speeds = table.column(SPEED_COLUMN).astype(np.float64) if SPEED_COLUMN in table.columns else None
    return Recordings(
        table.paths.tolist(),
        sample_rate=sample_rate,
        starts=table.starts,
        durations=table.durations,
        channels=channels,
        speeds=speeds,
        cache_bytes=cache_bytes,
    )


def first_readable(rows: Iterable[int], read: Callable[[int], Read], skipped: list[int]) -> tuple[int, Read]:
    """The first of `rows` that `read` takes, and what it gives; those before it are added to `skipped`.

    Raises:
        InputError: the last row's, if none can be read.
    """
    reason = InputError("there is none")
    for row in rows:
        try:
            return row, read(row)
        except InputError as error:
            skipped.append(row)
            reason = error
    raise reason


class StepLoader(Generic[Made]):
    """The batches of steps `first_step`, ..., `last_step - 1`, in order, made by worker processes.

    Args:
        maker: makes a batch from its key.
        batches: which rows make each batch.
        first_step: where to begin.
        last_step: one past the last step.
        workers: loader processes; 0 makes the batches in this one.
        maximum_skipped: share of the table's utterances that may be unreadable.

    Attributes:
        table: the utterances.
        skipped_ids: those that could not be read so far.

    Raises:
        InputError: at once, where workers are impossible; while iterating, what the maker raises, when more
            utterances than `maximum_skipped` are unreadable, or a worker dies.
    """

    def __init__(
        self,
        maker: BatchMaker[Made],
        batches: BatchSampler,
        *,
        first_step: int,
        last_step: int,
        workers: int,
        maximum_skipped: float,
    ) -> None:
        if workers and "fork" not in multiprocessing.get_all_start_methods():
            raise InputError("loader workers need an operating system that can fork: set workers to 0")
        self.table = maker.table
        self.maximum_skipped = maximum_skipped
        self.skipped_ids: list[str] = []
        self._maker = maker
        self._steps = _Steps(batches, first_step, last_step)
        self._workers = workers

    def __len__(self) -> int:
        """Number of batches."""
        return len(self._steps)

    def __iter__(self) -> Iterator[Made]:
        # The keys hold each batch's rows, so that one process plans for all workers. A worker runs one torch thread.
        # A generator of its own keeps the loader from moving the global one, which a resumed run has to find in place.
        loader = DataLoader(
            self._maker,
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
    """The keys by which batches are asked for."""

    def __init__(self, batches: BatchSampler, first_step: int, last_step: int) -> None:
        self._batches = batches
        self._range = range(first_step, last_step)

    def __len__(self) -> int:
        return len(self._range)

    def __iter__(self) -> Iterator[Key]:
        return ((step, self._batches.batch(step)) for step in self._range)
