"""The tables of a diarized set in the HTML report."""

from __future__ import annotations

from collections.abc import Iterator

from voxmetric.reports.bars import Range, css_color, interval_bar
from voxmetric.reports.markup import Markup, element, joined, table
from voxmetric.reports.palette import style
from voxmetric.reports.results import Comparison, DiarizedSet
from voxmetric.reports.sections import figure_of, name_of, pairs_of
from voxmetric.reports.wording import COUNTED, DIARIZATION_SCALES, VERDICTS

_DER = DIARIZATION_SCALES["der"]


def results_table(comparison: Comparison, diarized: DiarizedSet) -> Markup:
    """Every objective with its error rate, the parts of it and how it counts speakers."""
    places = _places(comparison)
    rates = Range.over(
        [one.metrics["der"] for one in diarized.objectives],
        *(values["der"] for one in diarized.objectives for values in one.per_seed),
    )
    scales = DIARIZATION_SCALES | {"count_exact": COUNTED}
    scale = f"DER, from {_DER.number(rates.low)} to {_DER.number(rates.high)} %"

    def row(number: int) -> Iterator[Markup]:
        one = diarized.objectives[number]
        place = places[one.name]
        yield name_of(place, one.name)
        ticks = [values["der"] for values in one.per_seed]
        yield interval_bar(one.metrics["der"], rates, color=css_color(style(place)), ticks=ticks)
        for metric, scale in scales.items():
            yield figure_of(scale.number(one.metrics[metric].value), scale.interval(one.metrics[metric]))
        yield element("span", one.rank, class_=f"verdict {VERDICTS[one.rank]}")

    headers = ["objective", scale, *(one.heading for one in scales.values()), "verdict"]
    return table(headers, map(row, range(len(diarized.objectives))))


def growth_table(comparison: Comparison, diarized: DiarizedSet) -> Markup:
    """The error rate by the number of speakers in a recording."""
    places = _places(comparison)
    counts = list(dict.fromkeys(count for one in diarized.objectives for count in one.by_speakers))

    def row(number: int) -> Iterator[Markup]:
        one = diarized.objectives[number]
        yield name_of(places[one.name], one.name)
        for count in counts:
            rate = one.by_speakers[count]
            yield figure_of(_DER.number(rate.value), _DER.interval(rate))

    headers = ["DER, %, by number of speakers", *(joined(count) for count in counts)]
    return table(headers, map(row, range(len(diarized.objectives))))


def pairs_table(comparison: Comparison, diarized: DiarizedSet) -> Markup:
    """Every pair of objectives by error rate."""
    return pairs_of(comparison, "der", diarized.pairs)


def _places(comparison: Comparison) -> dict[str, int]:
    """Where each objective stands among the comparison's, which decides its colour."""
    return {objective.name: place for place, objective in enumerate(comparison.objectives)}
