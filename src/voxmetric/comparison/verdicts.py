"""Paired tests and intervals in the report's words."""

from __future__ import annotations

from collections.abc import Sequence

from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.paired import PairedDifference
from voxmetric.reports.results import BEST, TIE, WORSE, Estimate, Pair, Rank


def rank_of(name: str, best: str, pairs: Sequence[PairedDifference]) -> Rank:
    """Where an objective stands beside the `best`, by the test of the two."""
    if name == best:
        return BEST
    against_best = next(pair for pair in pairs if {pair.a, pair.b} == {best, name})
    return TIE if against_best.verdict == "tie" else WORSE


def pair_of(pair: PairedDifference) -> Pair:
    """A paired test whose verdict names the better one."""
    verdict = {"a better": f"{pair.a} better", "b better": f"{pair.b} better"}.get(pair.verdict, "tie")
    return Pair(pair.a, pair.b, pair.metric, estimate_of(pair.difference), pair.p_value, pair.p_adjusted, verdict)


def estimate_of(interval: Interval) -> Estimate:
    """An interval as the report holds it."""
    return Estimate(interval.value, interval.low, interval.high)
