"""The same rows on the terminal and in Markdown, every figure with its interval."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from voxmetric.reports.results import BEST, TIE, Comparison
from voxmetric.reports.table import markdown_table, terminal_table
from voxmetric.reports.wording import SCALES, SYNTHETIC, headline


def printed(comparison: Comparison, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(terminal_table(comparison))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_markdown_rows_hold_every_figure_with_its_interval(comparison: Comparison) -> None:
    lines = markdown_table(comparison).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == len(comparison.objectives) + 2
    for row, objective in zip(rows[2:], comparison.objectives, strict=True):
        cells = row.strip("| ").split(" | ")
        expected = [
            f"{scale.number(objective.metrics[name].value)} {scale.interval(objective.metrics[name])}"
            for name, scale in SCALES.items()
        ]
        kind = "best" if objective.rank == BEST else "tie" if objective.rank == TIE else "worse"
        assert cells[:-1] == [objective.name, *expected, kind]
    assert headline(comparison) in lines[0]
    assert any(comparison.trials.sha256 in line for line in lines)


@pytest.mark.parametrize("width", [80, 120])
def test_terminal_rows_hold_what_markdown_rows_hold(comparison: Comparison, width: int) -> None:
    text = printed(comparison, width)
    assert max(map(len, text.splitlines())) <= width
    shown = re.findall(r"\d+\.\d+", text)
    for objective in comparison.objectives:
        for name, scale in SCALES.items():
            estimate = objective.metrics[name]
            for value in (estimate.value, estimate.low, estimate.high):
                assert scale.number(value) in shown
    assert text.count("tie") >= 2
    assert text.count("worse") >= 5


def test_synthetic_voices_are_said(make_comparison: Callable[..., Comparison]) -> None:
    synthetic = make_comparison(2, synthetic=True)
    assert SYNTHETIC in markdown_table(synthetic)
    assert SYNTHETIC in printed(synthetic, 120)


def test_names_cannot_break_the_table(make_comparison: Callable[..., Comparison]) -> None:
    comparison = make_comparison(2)
    named = dataclasses.replace(comparison.objectives[0], name="a|b\n[bold]<i>*")
    odd = dataclasses.replace(comparison, objectives=[named, comparison.objectives[1]])
    assert r"| a\|b [bold]\<i>\* |" in markdown_table(odd)
    assert "[bold]<i>*" in printed(odd, 160)
