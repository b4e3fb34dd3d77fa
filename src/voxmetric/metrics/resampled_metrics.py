"""The figures of merit in the form that a bootstrap needs: defined for trials that carry weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import unknown_name
from voxmetric.metrics.detection_cost import bayes_threshold, minimum_cost, normalised_costs
from voxmetric.metrics.equal_error import check_definition, equal_error_rate
from voxmetric.metrics.labelled_scores import Floats
from voxmetric.metrics.llr_cost import minimum_llr_cost, target_bits
from voxmetric.metrics.operating_points import OperatingPoints


@runtime_checkable
class PointsMetric(Protocol):
    """A figure that depends on the operating points alone."""

    name: ClassVar[str]

    def of_points(self, points: OperatingPoints) -> float:
        """The figure at (weighted) operating points."""


@runtime_checkable
class MeanMetric(Protocol):
    """A figure that is a mean over the target trials plus a mean over the non-target trials."""

    name: ClassVar[str]

    def target_costs(self, scores: Floats) -> NDArray[np.floating]:
        """(T,) what each target trial costs."""

    def nontarget_costs(self, scores: Floats) -> NDArray[np.floating]:
        """(T,) what each non-target trial costs."""


Metric = PointsMetric | MeanMetric


@dataclass(frozen=True)
class Eer:
    """`metrics.eer` under one definition."""

    name: ClassVar[str] = "eer"
    definition: str = "interpolated"

    def __post_init__(self) -> None:
        check_definition(self.definition)

    def of_points(self, points: OperatingPoints) -> float:
        return equal_error_rate(points, self.definition)


@dataclass(frozen=True)
class MinDcf:
    """`metrics.min_dcf` at one operating point."""

    name: ClassVar[str] = "min_dcf"
    p_target: float = 0.01
    c_miss: float = 1.0
    c_fa: float = 1.0

    def __post_init__(self) -> None:
        normalised_costs(self.p_target, self.c_miss, self.c_fa)

    def of_points(self, points: OperatingPoints) -> float:
        return minimum_cost(points, self.p_target, self.c_miss, self.c_fa)


@dataclass(frozen=True)
class MinCllr:
    """`metrics.min_cllr`."""

    name: ClassVar[str] = "min_cllr"

    def of_points(self, points: OperatingPoints) -> float:
        return minimum_llr_cost(points)


@dataclass(frozen=True)
class Cllr:
    """`metrics.cllr`."""

    name: ClassVar[str] = "cllr"

    def target_costs(self, scores: Floats) -> NDArray[np.floating]:
        return target_bits(scores) / 2.0

    def nontarget_costs(self, scores: Floats) -> NDArray[np.floating]:
        return target_bits(-scores) / 2.0


@dataclass(frozen=True)
class ActDcf:
    """`metrics.act_dcf` at one operating point."""

    name: ClassVar[str] = "act_dcf"
    p_target: float = 0.01
    c_miss: float = 1.0
    c_fa: float = 1.0

    def __post_init__(self) -> None:
        normalised_costs(self.p_target, self.c_miss, self.c_fa)

    def target_costs(self, scores: Floats) -> NDArray[np.floating]:
        miss_cost, _ = normalised_costs(self.p_target, self.c_miss, self.c_fa)
        return miss_cost * (scores < bayes_threshold(self.p_target, self.c_miss, self.c_fa))

    def nontarget_costs(self, scores: Floats) -> NDArray[np.floating]:
        _, false_alarm_cost = normalised_costs(self.p_target, self.c_miss, self.c_fa)
        return false_alarm_cost * (scores >= bayes_threshold(self.p_target, self.c_miss, self.c_fa))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for metric in (Eer(), MinDcf(), MinCllr(), Cllr(), ActDcf())}
)
"""Each figure by name, with its default options."""


def find_metric(metric: str | Metric) -> Metric:
    """`metric` itself, or the one of that name with its default options.

    Raises:
        InputError: for an unknown name.
    """
    if not isinstance(metric, str):
        return metric
    if metric not in METRICS:
        raise unknown_name("metric", metric, METRICS)
    return METRICS[metric]
