"""The table of results for a terminal and as Markdown: the same rows in both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from voxmetric.reports.results import BEST, Comparison, Objective
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
    lines = [headers, ["---"] * len(headers), *rows]
    table = "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)
    notes = "\n".join(f"- {_escape(note)}" for note in footnotes(comparison))
    return f"**{_escape(headline(comparison))}**\n\n{table}\n\n{notes}\n"


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
    return Group(Text(headline(comparison), style="bold"), table, "", *notes)


def _escape(text: str) -> str:
    """`text` on one line, with the marks that Markdown would take for its own made plain."""
    return re.sub(r"([\\|*`<])", r"\\\1", " ".join(text.split()))
