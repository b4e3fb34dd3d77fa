"""The equal error rate, in the three definitions that are in use."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.errors import unknown_name
from voxmetric.metrics.operating_points import OperatingPoints, operating_points

EER_DEFINITIONS = {
    "interpolated": (
        "Equal error rate: where the miss rate and the false-alarm rate are equal as the threshold moves, "
        "by straight lines between neighbouring operating points."
    ),
    "nearest_larger": (
        "Equal error rate: at the corner of the ROC curve where the miss rate and the false-alarm rate differ least, "
        "the larger of the two (as voxceleb_trainer and sslsv report it)."
    ),
    "convex_hull": (
        "Equal error rate: where the miss rate and the false-alarm rate are equal on the convex hull of the ROC curve, "
        "the most that any choice of prior can make of the minimum Bayes error."
    ),
}
"""One sentence for each definition, for reports."""


def eer(scores: ArrayLike, labels: ArrayLike, definition: str = "interpolated") -> float:
    """Equal error rate of a detector, a fraction in [0, 1].

    Args:
        scores: (T,), higher meaning more alike; any real numbers.
        labels: (T,), 1 = same speaker, 0 = different speakers.
        definition: a key of `EER_DEFINITIONS`. `interpolated` and `convex_hull` agree on many trials; on few,
            `convex_hull` is lower and `nearest_larger` higher.

    Raises:
        InputError: for shapes that differ, NaN, an empty class or an unknown definition.
    """
    check_definition(definition)
    return equal_error_rate(operating_points(scores, labels), definition)


def check_definition(definition: str) -> None:
    """Raise an `InputError` unless `definition` is a key of `EER_DEFINITIONS`."""
    if definition not in EER_DEFINITIONS:
        raise unknown_name("EER definition", definition, EER_DEFINITIONS)


def equal_error_rate(points: OperatingPoints, definition: str = "interpolated") -> float:
    """Equal error rate of given operating points; see `eer`."""
    if definition == "nearest_larger":
        return _nearest_corner(points)
    return _crossing(points.convex_hull() if definition == "convex_hull" else points)


def _crossing(points: OperatingPoints) -> float:
    """The rate at which the two error rates meet; `miss - false_alarm` rises from -1 to 1 (on a hull, to miss >= 0)."""
    after = int(np.searchsorted(points.miss - points.false_alarm, 0.0))
    if after == 0:
        return float(points.miss[0])
    miss, next_miss = points.miss[after - 1 : after + 1]
    false_alarm, next_false_alarm = points.false_alarm[after - 1 : after + 1]
    gap, next_gap = false_alarm - miss, next_miss - next_false_alarm
    return float(miss + (next_miss - miss) * gap / (gap + next_gap))


def _nearest_corner(points: OperatingPoints) -> float:
    """The larger rate at the nearest corner; at equal distance, at the one with fewer false alarms."""
    misses_step = np.diff(points.miss) > 0
    false_alarms_step = np.diff(points.false_alarm) < 0
    moves = misses_step | false_alarms_step
    miss = np.append(points.miss[0], points.miss[1:][moves])
    false_alarm = np.append(points.false_alarm[0], points.false_alarm[1:][moves])
    direction = 2 * misses_step[moves] + false_alarms_step[moves]
    turns = (direction[1:] != direction[:-1]) | (direction[1:] == 3)
    corner = np.concatenate(([True], turns, [True]))
    miss, false_alarm = miss[corner][::-1], false_alarm[corner][::-1]
    distance = np.round(np.abs(miss - false_alarm), 12)  # rates are fractions: rounding noise must not break a draw
    nearest = int(np.argmin(distance))
    return float(max(miss[nearest], false_alarm[nearest]))
