"""The table of results for a terminal and as Markdown: the same rows in both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voxmetric.reports.results import BEST, Comparison, Objective
from voxmetric.reports.wording import SCALES, duration, footnotes, headline, verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

HEADERS = ("objective", *(f"{s.label} {s.unit}".strip() for s in SCALES.values()), "verdict", "training")


def _row(objective: Objective, best: Objective, between: str) -> list[str]:
    """The cells of one objective; `between` stands between a figure and its interval."""
    metrics = (
        f"{scale.number(objective.metrics[name].value)}{between}{scale.interval(objective.metrics[name])}"
        for name, scale in SCALES.items()
    )
    return [objective.name, *metrics, verdict(objective, best), duration(objective.cost.train_seconds)]


def markdown_table(comparison: Comparison) -> str:
    """The headline, the table and its footnotes as Markdown.

    Every figure stands as `value [low, high]`; `training` is the wall time of one run.
    """
    rows = [_row(objective, comparison.objectives[0], " ") for objective in comparison.objectives]
    lines = [HEADERS, ["---"] * len(HEADERS), *rows]
    table = "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)
    notes = "\n".join(f"- {_escape(note)}" for note in footnotes(comparison))
    return f"**{_escape(headline(comparison))}**\n\n{table}\n\n{notes}\n"


def terminal_table(comparison: Comparison) -> RenderableType:
    """The headline, the table and its footnotes for `rich` to print; the best row is bold."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for header in HEADERS:
        table.add_column(header, no_wrap=header not in ("objective", "verdict"), overflow="fold")
    for objective in comparison.objectives:
        cells = [Text(cell) for cell in _row(objective, comparison.objectives[0], "\n")]
        table.add_row(*cells, style="bold" if objective.rank == BEST else None)
    notes = [Text(note, style="dim") for note in footnotes(comparison)]
    return Group(Text(headline(comparison), style="bold"), table, *notes)


def _escape(text: str) -> str:
    """`text` on one line, with the marks that Markdown would take for its own made plain."""
    return re.sub(r"([\\|*`<])", r"\\\1", " ".join(text.split()))
