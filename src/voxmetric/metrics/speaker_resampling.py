"""Bootstrap resamples of the speakers of a trial list, and the weight they give to every trial.

Trials are not independent: one odd voice spoils every trial that it is in. So speakers are drawn, not trials: as many
as there are, with replacement. A speaker drawn w times gives its target trials the weight w, and a trial between the
speakers i and j gets the weight w_i w_j (Owen, "The pigeonhole bootstrap", 2007; Bolle, Ratha and Pankanti, "Error
analysis of pattern recognition systems: the subsets bootstrap", 2004). The interval is slightly wide rather than
narrow: chance that belongs to one pair of speakers is counted up to three times, which fades as speakers grow many.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import check_labels

CHUNK_RESAMPLES = 32
"""Resamples weighed together: their weights of one pair of speakers fill a few cache lines."""

CHUNK_CELLS = 2**23
"""Cells of the largest work array (64 MiB); lists with very many pairs of speakers take smaller chunks."""


class SpeakerResamples:
    """The resamples of one trial list, drawn once, so that every system is seen under the same ones.

    Attributes:
        is_target: (T,) which trials are target trials.
        num_speakers: S, how many speakers the trials have.
        num_resamples: B.
        weights: (B, S) how often each resample draws each speaker, in the order of their sorted names.
    """

    def __init__(
        self,
        labels: ArrayLike,
        enrol_speakers: ArrayLike,
        test_speakers: ArrayLike,
        num_resamples: int,
        seed: int,
    ) -> None:
        """Draw the resamples; O(T log T).

        Args:
            labels: (T,), 1 = same speaker.
            enrol_speakers: (T,) speaker of the first side of each trial, as numbers (faster) or strings.
            test_speakers: (T,) speaker of the second side.
            num_resamples: B.
            seed: the same seed gives the same resamples.

        Raises:
            InputError: for shapes that differ, a label that contradicts the speakers, or too few speakers to resample.
        """
        self.is_target = check_labels(labels)
        enrol, test, self.num_speakers = _speaker_numbers(enrol_speakers, test_speakers, self.is_target)
        self.num_resamples = num_resamples
        self._target_speaker = enrol[self.is_target]
        nontarget_enrol, nontarget_test = enrol[~self.is_target], test[~self.is_target]
        pairs, self._nontarget_pair = _renumbered(
            np.minimum(nontarget_enrol, nontarget_test) * self.num_speakers
            + np.maximum(nontarget_enrol, nontarget_test)
        )
        self._pair_first, self._pair_second = np.divmod(pairs, self.num_speakers)
        self.weights = self._draw(np.random.default_rng(seed))

    def weighted_sums(
        self, bins: NDArray[np.integer], num_bins: int, values: NDArray[np.floating] | None = None
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """For each resample in turn, the weighted sum of values in each bin, target and non-target trials apart.

        Args:
            bins: (T,) the bin of each trial, in [0, num_bins).
            num_bins: how many bins there are.
            values: (T,) what to sum; 1 for each trial if not given, which makes histograms.

        Yields:
            B pairs of arrays (num_bins,).
        """
        from scipy.sparse import coo_array

        summed = np.ones(len(bins)) if values is None else np.asarray(values, dtype=np.float64)
        by_speaker, by_pair = (
            coo_array((summed[chosen], (bins[chosen], group)), shape=(num_bins, num_groups)).tocsr()
            for chosen, group, num_groups in (
                (self.is_target, self._target_speaker, self.num_speakers),
                (~self.is_target, self._nontarget_pair, len(self._pair_first)),
            )
        )
        chunk = int(np.clip(CHUNK_CELLS // max(num_bins, len(self._pair_first)), 1, CHUNK_RESAMPLES))
        for first in range(0, self.num_resamples, chunk):
            weights = self.weights[first : first + chunk].T.astype(np.float64, order="C")
            target = by_speaker @ weights
            nontarget = by_pair @ (weights[self._pair_first] * weights[self._pair_second])
            yield from zip(np.ascontiguousarray(target.T), np.ascontiguousarray(nontarget.T), strict=True)

    def _draw(self, rng: np.random.Generator) -> NDArray[np.int32]:
        """Multiplicities (B, S); a draw that leaves no trial of one kind is no trial list and is drawn again."""
        weights = np.zeros((self.num_resamples, self.num_speakers), dtype=np.int32)
        empty = np.ones(self.num_resamples, dtype=np.bool_)
        even = np.full(self.num_speakers, 1.0 / self.num_speakers)
        has_target = np.bincount(self._target_speaker, minlength=self.num_speakers) > 0
        for _ in range(100):
            weights[empty] = rng.multinomial(self.num_speakers, even, size=int(empty.sum()))
            empty = ~(weights[:, has_target].any(axis=1) & self._any_pair(weights))
            if not empty.any():
                return weights
        raise InputError(
            f"expected enough speakers to resample, found {self.num_speakers} whose resamples mostly lack target or "
            "non-target trials; use a trial list with more speakers"
        )

    def _any_pair(self, weights: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether each resample (B, S) keeps a non-target trial."""
        from scipy.sparse import coo_array

        size = (self.num_speakers, self.num_speakers)
        pairs = coo_array((np.ones(len(self._pair_first)), (self._pair_first, self._pair_second)), shape=size).tocsr()
        return np.asarray(((weights @ pairs) * weights).sum(axis=1) > 0)


def _speaker_numbers(
    enrol_speakers: ArrayLike, test_speakers: ArrayLike, is_target: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Speakers as numbers from 0, (T,) and (T,), and how many there are."""
    enrol_names, test_names = np.asarray(enrol_speakers), np.asarray(test_speakers)
    for names in (enrol_names, test_names):
        if names.shape != is_target.shape:
            raise InputError(f"expected one speaker for each side of {len(is_target)} trials, found {names.shape}")
    both = np.concatenate([enrol_names, test_names])
    names, numbers = _renumbered(both) if both.dtype.kind == "i" else np.unique(both, return_inverse=True)
    enrol, test = np.split(numbers.astype(np.int64, copy=False), 2)
    wrong = np.flatnonzero((enrol == test) != is_target)
    if len(wrong):
        first = wrong[0]
        raise InputError(
            f"{len(wrong)} of {len(is_target)} labels contradict the speakers: trial {first} is between "
            f"{enrol_names[first]} and {test_names[first]} with label {int(is_target[first])}; "
            "check that the trial list and the utterance table belong together"
        )
    return enrol, test, len(names)


def _renumbered(codes: NDArray[np.signedinteger]) -> tuple[NDArray[np.signedinteger], NDArray[np.int64]]:
    """The codes that occur, sorted, and the place of each code among them; by look-up unless they lie far apart."""
    lowest, highest = codes.min(), codes.max()
    if highest - lowest > 4 * len(codes):
        return np.unique(codes, return_inverse=True)
    occurs = np.zeros(highest - lowest + 1, dtype=np.bool_)
    occurs[codes - lowest] = True
    return np.flatnonzero(occurs) + lowest, (np.cumsum(occurs) - 1)[codes - lowest]
