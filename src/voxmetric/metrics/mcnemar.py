"""Do two systems decide differently well at their thresholds? McNemar's test, and one that respects the speakers.

McNemar (1947) compares the trials that only one of two systems gets wrong, as if trials were independent. They are not:
one odd voice spoils many, so that its p-value is far too small on lists of all pairs. Beside it the difference in error
rate is therefore resampled by speakers; that is the p-value to go by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.errors import InputError
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.confidence import SpeakerBootstrap


@dataclass(frozen=True)
class DecisionDifference:
    """Two systems' decisions on the same trials.

    Attributes:
        a: name of the first system.
        b: name of the second system.
        only_a_wrong: trials that the first gets wrong and the second right.
        only_b_wrong: the other way round.
        difference: share of all trials wrong, `a` minus `b`, with its interval over speakers.
        p_value: two-sided, from resampled speakers.
        p_independent: McNemar's, as if trials were independent; too small wherever speakers occur more than once.
    """

    a: str
    b: str
    only_a_wrong: int
    only_b_wrong: int
    difference: Interval
    p_value: float
    p_independent: float


def compare_decisions(
    bootstrap: SpeakerBootstrap,
    accepted_a: ArrayLike,
    accepted_b: ArrayLike,
    *,
    names: tuple[str, str] = ("a", "b"),
) -> DecisionDifference:
    """Compare two systems' decisions.

    Args:
        bootstrap: the resamples of the trials' speakers.
        accepted_a: (T,) booleans, which trials the first system accepts.
        accepted_b: (T,) likewise.
        names: of the systems.

    Raises:
        InputError: for decisions that do not fit the trials.
    """
    is_target = bootstrap.resamples.is_target
    wrong_a, wrong_b = (np.asarray(accepted, dtype=np.bool_) for accepted in (accepted_a, accepted_b))
    if wrong_a.shape != is_target.shape or wrong_b.shape != is_target.shape:
        raise InputError(f"expected {len(is_target)} decisions of each system, found {wrong_a.shape}, {wrong_b.shape}")
    wrong_a, wrong_b = wrong_a != is_target, wrong_b != is_target
    only_a, only_b = (int(np.count_nonzero(only)) for only in (wrong_a & ~wrong_b, wrong_b & ~wrong_a))
    one_bin = np.zeros(len(is_target), dtype=np.int64)
    surplus = wrong_a.astype(np.float64) - wrong_b
    sums, counts = (
        np.array([np.sum(parts) for parts in bootstrap.resamples.weighted_sums(one_bin, 1, values)])
        for values in (surplus, None)
    )
    replicates = sums / counts
    return DecisionDifference(
        a=names[0],
        b=names[1],
        only_a_wrong=only_a,
        only_b_wrong=only_b,
        difference=bootstrap.percentiles((only_a - only_b) / len(is_target), replicates),
        p_value=bootstrap.two_sided_p_value(replicates),
        p_independent=mcnemar(only_a, only_b),
    )


def mcnemar(only_a: int, only_b: int) -> float:
    """McNemar's exact two-sided p-value: of `only_a + only_b` fair coins, a split at least as uneven.

    Raises:
        InputError: for negative counts.
    """
    from scipy.special import bdtr

    if min(only_a, only_b) < 0:
        raise InputError(f"expected counts of trials, found {only_a} and {only_b}")
    total = only_a + only_b
    return min(1.0, 2.0 * float(bdtr(min(only_a, only_b), total, 0.5))) if total else 1.0
