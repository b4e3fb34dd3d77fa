"""The detection cost of hard decisions: NIST's normalised DCF, at the best threshold and at the Bayes threshold."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import split_by_class
from voxmetric.metrics.operating_points import OperatingPoints, operating_points


def min_dcf(
    scores: ArrayLike, labels: ArrayLike, p_target: float = 0.01, c_miss: float = 1.0, c_fa: float = 1.0
) -> float:
    """Normalised detection cost at the best threshold, in [0, 1].

    The minimum over thresholds of `c_miss p_target miss + c_fa (1 - p_target) false_alarm`, over the cost of the better
    of the two constant answers, `min(c_miss p_target, c_fa (1 - p_target))` (NIST SRE 2016 evaluation plan, equations
    2 to 4).

    Args:
        scores: (T,), higher meaning more alike.
        labels: (T,), 1 = same speaker.
        p_target: prior probability of a target trial, in (0, 1).
        c_miss: cost of rejecting a target trial.
        c_fa: cost of accepting a non-target trial.

    Raises:
        InputError: for shapes that differ, NaN, an empty class or impossible costs.
    """
    normalised_costs(p_target, c_miss, c_fa)
    return minimum_cost(operating_points(scores, labels), p_target, c_miss, c_fa)


def act_dcf(
    llrs: ArrayLike, labels: ArrayLike, p_target: float = 0.01, c_miss: float = 1.0, c_fa: float = 1.0
) -> float:
    """Normalised detection cost of log-likelihood ratios at the Bayes threshold: what a user who trusts them pays.

    Accepts where `llr >= log(c_fa (1 - p_target) / (c_miss p_target))`; normalised as `min_dcf`. May exceed 1.

    Args:
        llrs: (T,) natural log-likelihood ratios.
        labels: (T,), 1 = same speaker.
        p_target: prior probability of a target trial, in (0, 1).
        c_miss: cost of rejecting a target trial.
        c_fa: cost of accepting a non-target trial.

    Raises:
        InputError: for shapes that differ, NaN, an empty class or impossible costs.
    """
    miss_cost, false_alarm_cost = normalised_costs(p_target, c_miss, c_fa)
    threshold = bayes_threshold(p_target, c_miss, c_fa)
    target, nontarget = split_by_class(llrs, labels)
    return float(miss_cost * np.mean(target < threshold) + false_alarm_cost * np.mean(nontarget >= threshold))


def minimum_cost(points: OperatingPoints, p_target: float, c_miss: float, c_fa: float) -> float:
    """The lowest normalised cost among operating points; see `min_dcf`."""
    miss_cost, false_alarm_cost = normalised_costs(p_target, c_miss, c_fa)
    return float(np.min(miss_cost * points.miss + false_alarm_cost * points.false_alarm))


def bayes_threshold(p_target: float, c_miss: float, c_fa: float) -> float:
    """The log-likelihood ratio at which accepting and rejecting cost the same."""
    return math.log(c_fa * (1.0 - p_target)) - math.log(c_miss * p_target)


def normalised_costs(p_target: float, c_miss: float, c_fa: float) -> tuple[float, float]:
    """Weights of the miss rate and of the false-alarm rate, of which the smaller is 1.

    Raises:
        InputError: unless 0 < p_target < 1 and both costs are positive and finite.
    """
    if not 0.0 < p_target < 1.0:
        raise InputError(f"expected p_target between 0 and 1, found {p_target}")
    if not (0.0 < c_miss < math.inf and 0.0 < c_fa < math.inf):
        raise InputError(f"expected positive costs, found c_miss={c_miss} and c_fa={c_fa}")
    miss, false_alarm = c_miss * p_target, c_fa * (1.0 - p_target)
    return miss / min(miss, false_alarm), false_alarm / min(miss, false_alarm)
