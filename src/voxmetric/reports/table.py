"""The table of results for a terminal and as Markdown: the same rows in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from voxmetric.reports.diarized_wording import (
    diarized_by_speakers,
    diarized_footnotes,
    diarized_headers,
    diarized_headline,
    diarized_row,
)
from voxmetric.reports.results import BEST, Comparison, DiarizedSet, Objective
from voxmetric.reports.wording import VERDICTS, Scale, duration, footnotes, headline, scales

if TYPE_CHECKING:
    from rich.console import RenderableType


def _headers(shown: Mapping[str, Scale]) -> list[str]:
    return ["objective", *(scale.heading for scale in shown.values()), "verdict", "one run"]


def _row(objective: Objective, shown: Mapping[str, Scale], between: str) -> list[str]:
    """The cells of one objective; `between` stands between a figure and its interval."""
    metrics = (
        f"{scale.number(objective.metrics[name].value)}{between}{scale.interval(objective.metrics[name])}"
        for name, scale in shown.items()
    )
    return [objective.name, *metrics, VERDICTS[objective.rank], duration(objective.cost.train_seconds)]


def markdown_table(comparison: Comparison) -> str:
    """The headline, the table and its footnotes as Markdown.

    Every figure stands as `value [low, high]`; `one run` is the wall time of one training run.
    """
    shown = scales(comparison)
    headers = _headers(shown)
    rows = [_row(objective, shown, " ") for objective in comparison.objectives]
    table, notes = _markdown(headers, rows), _markdown_list(footnotes(comparison))
    sets = "".join(f"\n{_markdown_set(diarized)}" for diarized in comparison.diarization)
    return f"**{_escape(headline(comparison))}**\n\n{table}\n\n{notes}\n{sets}"


def terminal_table(comparison: Comparison) -> RenderableType:
    """The headline, the table and its footnotes for `rich` to print; the best row is bold."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown = scales(comparison)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in _headers(shown):
        table.add_column(header, overflow="fold")
    for objective in comparison.objectives:
        cells = [Text(cell) for cell in _row(objective, shown, "\n")]
        table.add_row(*cells, style="bold" if objective.rank == BEST else None)
    notes = [Text(note, style="dim") for note in footnotes(comparison)]
    sets = [part for diarized in comparison.diarization for part in _terminal_set(diarized)]
    return Group(Text(headline(comparison), style="bold"), table, "", *notes, *sets)


def _markdown_set(diarized: DiarizedSet) -> str:
    by_speakers = diarized_by_speakers(diarized)
    growth = [[name, *(text for _, text in cells)] for name, cells in by_speakers]
    counts = [count for count, _ in by_speakers[0][1]]
    headers = [f"DER, %, by speakers in a recording ({diarized.name})", *counts]
    parts = [
        f"**{_escape(diarized_headline(diarized))}**",
        _markdown(diarized_headers(diarized), [diarized_row(one, " ") for one in diarized.objectives]),
        *([_markdown(headers, growth)] if len(counts) > 1 else []),
        _markdown_list(diarized_footnotes(diarized)),
    ]
    return "\n\n".join(parts) + "\n"


def _terminal_set(diarized: DiarizedSet) -> list[RenderableType]:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in diarized_headers(diarized):
        table.add_column(header, overflow="fold")
    for one in diarized.objectives:
        table.add_row(*map(Text, diarized_row(one, "\n")), style="bold" if one.rank == BEST else None)
    notes = [Text(note, style="dim") for note in diarized_footnotes(diarized)]
    return ["", Text(diarized_headline(diarized), style="bold"), table, "", *notes]


def _markdown(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)


def _markdown_list(notes: Iterable[str]) -> str:
    return "\n".join(f"- {_escape(note)}" for note in notes)


def _escape(text: str) -> str:
    """`text` on one line, with the marks that Markdown would take for its own made plain."""
    return re.sub(r"([\\|*`<])", r"\\\1", " ".join(text.split()))
