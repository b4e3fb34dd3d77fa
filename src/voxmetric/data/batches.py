"""Which utterances make each training batch, as a pure function of the seed and the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

Rows = NDArray[np.int64]
Plan = TypeVar("Plan")


class BatchSampler(Protocol):
    """What the crop loader asks of a sampler: nothing is remembered between steps, so training resumes anywhere."""

    @property
    def batch_size(self) -> int:
        """Rows in every batch."""

    @property
    def batches_per_epoch(self) -> int:
        """Batches in one pass through the utterances."""

    def batch(self, step: int) -> Rows:
        """The rows (batch_size,) of the batch at `step` >= 0."""


class ShuffledBatches:
    """Plain shuffling: every epoch is a permutation of all rows, less the incomplete last batch.

    Args:
        num_utterances: rows to draw from.
        batch_size: rows in a batch, at most `num_utterances`.
        seed: equal seeds give equal batches.

    Raises:
        InputError: if a batch would be larger than the corpus.
    """

    def __init__(self, num_utterances: int, batch_size: int, seed: int) -> None:
        _at_least("batch_size", batch_size, 1)
        if batch_size > num_utterances:
            raise InputError(
                f"a batch of {batch_size} needs as many utterances, found {num_utterances}: "
                "use smaller batches or more data"
            )
        self.batch_size = batch_size
        self.batches_per_epoch = num_utterances // batch_size
        self._permutation = _LatestEpoch(lambda epoch: _generator(seed, epoch).permutation(num_utterances))

    def batch(self, step: int) -> Rows:
        """The rows (batch_size,) of the batch at `step` >= 0."""
        epoch, place = divmod(step, self.batches_per_epoch)
        rows: Rows = self._permutation(epoch)[place * self.batch_size : (place + 1) * self.batch_size]
        return rows


class SpeakerBatches:
    """The same number of utterances of each of several speakers, no speaker twice in a batch.

    In every epoch each speaker's utterances are shuffled and cut into groups of `utterances_per_speaker`. The epoch
    visits the speakers in rounds, each in a new random order, a speaker's next group at each visit, until fewer than
    `speakers_per_batch` speakers have a group left. So no utterance comes twice in an epoch, and what is left over
    (of speakers with far more utterances than the others, or an incomplete group) differs from epoch to epoch.

    Args:
        speakers: speaker of each row (N,), names or integers.
        speakers_per_batch: P.
        utterances_per_speaker: K; every speaker needs at least as many.
        seed: equal seeds give equal batches.
        maximum_per_epoch: at most this many utterances of a speaker in an epoch, so that talkative speakers do not
            dominate (Chung et al., 2020); no limit if None.

    Raises:
        InputError: if a speaker has fewer than K utterances (the speakers are named), or there are fewer than P
            speakers.
    """

    def __init__(
        self,
        speakers: ArrayLike,
        speakers_per_batch: int,
        utterances_per_speaker: int,
        seed: int,
        maximum_per_epoch: int | None = None,
    ) -> None:
        _at_least("speakers_per_batch", speakers_per_batch, 1)
        _at_least("utterances_per_speaker", utterances_per_speaker, 1)
        names, codes, counts = np.unique(np.asarray(speakers), return_inverse=True, return_counts=True)
        _check_speakers(names, counts, speakers_per_batch, utterances_per_speaker)
        usable = counts
        if maximum_per_epoch is not None:
            _at_least("maximum_per_epoch", maximum_per_epoch, utterances_per_speaker)
            usable = np.minimum(counts, maximum_per_epoch)
        self.batch_size = speakers_per_batch * utterances_per_speaker
        self._speakers_per_batch = speakers_per_batch
        self._utterances_per_speaker = utterances_per_speaker
        self._codes = codes
        self._first_of_speaker = np.cumsum(counts) - counts
        self._rounds = _rounds(usable // utterances_per_speaker, speakers_per_batch)
        self.batches_per_epoch = sum(len(present) for present in self._rounds) // speakers_per_batch
        self._seed = seed
        self._plan = _LatestEpoch(self._plan_epoch)

    def batch(self, step: int) -> Rows:
        """The rows (P * K,) of the batch at `step` >= 0, one speaker's utterances after another's."""
        epoch, place = divmod(step, self.batches_per_epoch)
        order, group_starts = self._plan(epoch)
        starts = group_starts[place * self._speakers_per_batch : (place + 1) * self._speakers_per_batch]
        rows: Rows = order[starts[:, None] + np.arange(self._utterances_per_speaker)].ravel()
        return rows

    def _plan_epoch(self, epoch: int) -> tuple[Rows, Rows]:
        """Rows grouped by speaker and shuffled within (N,), and where each scheduled group starts therein."""
        generator = _generator(self._seed, epoch)
        order = np.argsort(self._codes + generator.random(len(self._codes)))
        starts: list[Rows] = []
        unfinished: Rows = np.empty(0, dtype=np.int64)  # speakers already in the batch that the last round left open
        for visit, present in enumerate(self._rounds):
            visited = _permute_apart(present, unfinished, self._speakers_per_batch - len(unfinished), generator)
            starts.append(self._first_of_speaker[visited] + visit * self._utterances_per_speaker)
            pending = np.concatenate([unfinished, visited])
            unfinished = pending[len(pending) - len(pending) % self._speakers_per_batch :]
        return order, np.concatenate(starts)


def _rounds(groups: Rows, speakers_per_batch: int) -> list[Rows]:
    """For each visit of an epoch the speakers that still have a group, while they suffice for a batch."""
    by_groups = np.argsort(-groups, kind="stable")
    present = np.searchsorted(-groups[by_groups], -np.arange(1, groups.max() + 1), side="right")
    return [by_groups[:count] for count in present if count >= speakers_per_batch]


def _permute_apart(speakers: Rows, apart: Rows, first: int, generator: np.random.Generator) -> Rows:
    """A random order of `speakers` whose `first` ones are not in `apart`."""
    permuted = generator.permutation(speakers)
    if not len(apart):
        return permuted
    free = np.flatnonzero(~np.isin(permuted, apart))[:first]
    return np.concatenate([permuted[free], np.delete(permuted, free)])


def _check_speakers(names: NDArray[Any], counts: Rows, speakers_per_batch: int, utterances_per_speaker: int) -> None:
    if len(names) < speakers_per_batch:
        raise InputError(
            f"a batch of {speakers_per_batch} speakers needs as many, found {len(names)}: use fewer in a batch "
            "(a smaller batch or more utterances of each) or more data"
        )
    short = np.flatnonzero(counts < utterances_per_speaker)
    if len(short):
        listed = ", ".join(f"{names[speaker]} ({counts[speaker]})" for speaker in short[:3])
        more = f" and {len(short) - 3} more" if len(short) > 3 else ""
        raise InputError(
            f"{utterances_per_speaker} utterances of every speaker are needed, found fewer of {listed}{more}: add "
            "recordings of them, leave them out (data.minimum_utterances of a recipe) or draw fewer of each speaker"
        )


def _at_least(name: str, value: int, lowest: int) -> None:
    if value < lowest:
        raise InputError(f"{name} must be at least {lowest}, found {value}")


def _generator(seed: int, epoch: int) -> np.random.Generator:
    # Four words: numpy pads shorter keys with zeros, and the loader draws from (seed, step, position).
    return np.random.default_rng((seed, epoch, 0, 1))


class _LatestEpoch(Generic[Plan]):
    """Remembers the plan of the epoch asked for last: steps mostly come in order."""

    def __init__(self, plan: Callable[[int], Plan]) -> None:
        self._plan = plan
        self._latest: tuple[int, Plan] | None = None

    def __call__(self, epoch: int) -> Plan:
        if self._latest is None or self._latest[0] != epoch:
            self._latest = epoch, self._plan(epoch)
        return self._latest[1]
