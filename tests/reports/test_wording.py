"""The headline claims what the ranks say and no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from voxmetric.reports.results import BEST, TIE, WORSE, Comparison, Estimate
from voxmetric.reports.wording import SCALES, SYNTHETIC, duration, footnotes, headline, listed, scale_of, scales

Make = Callable[..., Comparison]


def ranked(make: Make, *ranks: str, synthetic: bool = False) -> Comparison:
    comparison = make(len(ranks), synthetic=synthetic)
    pairs = zip(comparison.objectives, ranks, strict=True)
    return dataclasses.replace(comparison, objectives=[dataclasses.replace(one, rank=rank) for one, rank in pairs])


def test_all_tie(make_comparison: Make) -> None:
    said = headline(ranked(make_comparison, BEST, TIE, TIE))
    assert said.startswith("No objective is separable from the best: angular_prototypical (EER ")
    assert said.endswith("ties with aam_softmax and ge2e.")
    assert "better" not in said


def test_all_worse(make_comparison: Make) -> None:
    said = headline(ranked(make_comparison, BEST, WORSE, WORSE))
    assert said.endswith("is better than aam_softmax and ge2e.")
    assert "tie" not in said


def test_some_tie(make_comparison: Make) -> None:
    said = headline(ranked(make_comparison, BEST, WORSE, TIE, WORSE))
    assert "is better than aam_softmax and am_softmax; it ties with ge2e." in said


def test_one_alone_is_compared_with_nothing(make_comparison: Make) -> None:
    assert "nothing to compare" in headline(ranked(make_comparison, BEST))


def test_headline_gives_the_interval(make_comparison: Make) -> None:
    eer = make_comparison(2).objectives[0].metrics["eer"]
    expected = f"EER {100 * eer.value:.2f} % [{100 * eer.low:.2f}, {100 * eer.high:.2f}]"
    assert expected in headline(ranked(make_comparison, BEST, TIE))


def test_interval_that_reaches_chance_is_said(make_comparison: Make) -> None:
    comparison = make_comparison(2)
    best = comparison.objectives[0]
    poor = dataclasses.replace(best, metrics=best.metrics | {"eer": Estimate(0.48, 0.44, 0.51)})
    assert "reaches chance" in headline(dataclasses.replace(comparison, objectives=[poor, comparison.objectives[1]]))
    assert "chance" not in headline(comparison)


def test_synthetic_voices_are_said_everywhere(make_comparison: Make) -> None:
    assert headline(ranked(make_comparison, BEST, TIE, synthetic=True)).startswith("On synthetic voices: ")
    assert footnotes(make_comparison(2, synthetic=True))[0] == SYNTHETIC
    assert SYNTHETIC not in footnotes(make_comparison(2))


def test_metric_that_one_objective_lacks_is_not_shown(make_comparison: Make) -> None:
    comparison = make_comparison(2)
    assert list(scales(comparison)) == list(SCALES)
    first = comparison.objectives[0]
    without = {name: estimate for name, estimate in first.metrics.items() if name != "cllr"}
    changed = dataclasses.replace(
        comparison, objectives=[dataclasses.replace(first, metrics=without), comparison.objectives[1]]
    )
    assert list(scales(changed)) == ["eer", "min_dcf", "min_cllr"]


def test_figures_are_printed_in_their_unit() -> None:
    estimate = Estimate(-0.0123, -0.034, 0.0101)
    assert SCALES["eer"].difference(estimate) == "-1.23 [-3.40, +1.01]"
    assert SCALES["min_dcf"].interval(Estimate(0.5, 0.4126, 0.6)) == "[0.413, 0.600]"
    assert scale_of("other").number(0.12345) == "0.1235"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.412, "0.41 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7625, "2 h 07 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_listed() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
