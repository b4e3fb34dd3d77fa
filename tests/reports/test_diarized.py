"""Diarized sets on the terminal, in Markdown, in HTML and in JSON."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

import pytest
from rich.console import Console

from voxmetric.reports.diarized_wording import diarized_headline
from voxmetric.reports.html import render_html
from voxmetric.reports.results import BEST, TIE, WORSE, Comparison, DiarizedObjective, DiarizedSet, Estimate, Pair
from voxmetric.reports.storage import from_json, to_json
from voxmetric.reports.table import markdown_table, terminal_table


def diarized_objective(name: str, rate: float, rank: str) -> DiarizedObjective:
    metrics = {
        metric: Estimate(rate * share, rate * share - 0.01, rate * share + 0.01)
        for metric, share in (
            ("der", 1.0),
            ("missed", 0.3),
            ("false_alarm", 0.1),
            ("confusion", 0.6),
            ("jer", 1.4),
            ("count_exact", 2.0),
        )
    }
    return DiarizedObjective(
        name=name,
        metrics=metrics,
        per_seed=[{metric: one.value + shift for metric, one in metrics.items()} for shift in (-0.005, 0.005)],
        by_speakers={count: Estimate(rate + step, rate, rate + 0.1) for count, step in (("2", 0.0), ("7", 0.05))},
        rank=rank,  # type: ignore[arg-type]
    )


@pytest.fixture
def diarized(make_comparison: Callable[..., Comparison]) -> Comparison:
    comparison = make_comparison(3)
    names = [objective.name for objective in comparison.objectives]
    ranks = (BEST, TIE, WORSE)
    objectives = [diarized_objective(names[2 - place], 0.2 + 0.05 * place, ranks[place]) for place in range(3)]
    pairs = [Pair(names[2], names[0], "der", Estimate(-0.1, -0.12, -0.08), 0.0001, 0.0003, f"{names[2]} better")]
    one = DiarizedSet(
        name="meetings <b>",
        sha256="ef" * 32,
        num_recordings=12,
        hours=1.25,
        recordings_by_speakers={"2": 6, "7": 6},
        conventions="protocol md_eval: no collar",
        system="speech taken from the reference",
        interval="95 % intervals from 1000 resamples of 12 recordings.",
        objectives=objectives,
        pairs=pairs,
        notes=["There are only 12 recordings."],
    )
    return dataclasses.replace(comparison, diarization=[one])


def test_every_figure_stands_with_its_interval(diarized: Comparison) -> None:
    markdown = markdown_table(diarized)
    for name, rate, kind in (("ge2e", 20, "best"), ("aam_softmax", 25, "tie"), ("angular_prototypical", 30, "worse")):
        assert f"| {name} | {rate}.00 [{rate - 1}.00, {rate + 1}.00] |" in markdown
        row = next(line for line in markdown.splitlines() if line.startswith(f"| {name} | {rate}.00 [{rate - 1}.00"))
        assert row.endswith(f"| {kind} |")
    assert "| ge2e | 20.00 [20.00, 30.00] | 25.00 [20.00, 30.00] |" in markdown, "by the number of speakers"
    assert "6 of 2, 6 of 7" in markdown
    assert "ef" * 32 in markdown
    console = Console(width=120, file=io.StringIO(), color_system=None)
    console.print(terminal_table(diarized))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "counted" in text
    assert "There are only 12 recordings." in text
    assert "25.00" in text


def test_the_headline_claims_what_the_tests_allow(diarized: Comparison) -> None:
    assert diarized_headline(diarized.diarization[0]) == (
        "Who spoke when, meetings <b>: ge2e (DER 20.00 % [19.00, 21.00]) is better than angular_prototypical; it ties "
        "with aam_softmax."
    )


def test_the_page_holds_it_escaped(diarized: Comparison) -> None:
    page = render_html(diarized)
    assert "Who spoke when: meetings &lt;b&gt;" in page
    assert "meetings <b>" not in page
    assert "by number of speakers" in page
    assert "ge2e better" in page


def test_it_comes_back_from_json(diarized: Comparison) -> None:
    assert from_json(to_json(diarized)) == diarized


def test_a_record_without_diarization_is_still_read(make_comparison: Callable[..., Comparison]) -> None:
    comparison = make_comparison(2)
    lines = [line for line in to_json(comparison).splitlines() if not line.startswith('"diarization"')]
    text = "\n".join(lines).replace(",\n}", "\n}")
    assert from_json(text) == comparison
