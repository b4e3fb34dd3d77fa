"""From a matplotlib figure to SVG that is part of a page, with the page's colours and font.

Figures are made through `Figure`, never through pyplot, so nothing is kept between reports; with the hash salt and the
metadata fixed, equal data gives equal text.
"""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from voxmetric.reports.markup import Markup, element
from voxmetric.reports.palette import GRID_LIGHT, INK_LIGHT, MUTED_LIGHT, themed

_HOUSE_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "voxmetric",
    "svg.fonttype": "none",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.labelcolor": INK_LIGHT,
    "axes.edgecolor": MUTED_LIGHT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID_LIGHT,
    "grid.linewidth": 0.7,
    "text.color": INK_LIGHT,
    "xtick.color": MUTED_LIGHT,
    "ytick.color": MUTED_LIGHT,
    "xtick.labelcolor": INK_LIGHT,
    "ytick.labelcolor": INK_LIGHT,
    "lines.linewidth": 1.6,
    "text.parse_math": False,  # a name with a dollar sign in it is a name
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
}


def house_style() -> AbstractContextManager[None]:
    """The settings under which a figure is made and then turned into SVG."""
    style: AbstractContextManager[None] = rc_context(_HOUSE_STYLE)
    return style


def inline_svg(figure: Figure, name: str, title: str, description: str) -> Markup:
    """`figure` as one `<svg>` element to put into a page.

    Args:
        figure: drawn in the colours of `palette`; artists whose gid is a series' name (`series-0`) get it as a class.
        name: unique in the page; prefix of every id inside.
        title: accessible name.
        description: what it shows, in a sentence, for those who cannot see it.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    drawing = buffer.getvalue()
    view_box = re.search(r'viewBox="([^"]+)"', drawing)
    assert view_box is not None, "matplotlib writes a view box"
    body = drawing[drawing.index(">", view_box.end()) + 1 : drawing.rindex("</svg>")]
    body = re.sub(r"<style.*?</style>|<!--.*?-->", "", body, flags=re.DOTALL)
    referenced = set(re.findall(r'(?:url\(#|href="#)([\w-]+)', body))
    body = re.sub(r"<[^>]*>", lambda tag: _tag(tag[0], name, referenced), body)
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-description"),
        Markup(re.sub(r"\n\s*", "\n", body)),
        viewBox=view_box[1],
        role="img",
        aria_labelledby=f"{name}-title {name}-description",
    )


def _tag(tag: str, name: str, referenced: set[str]) -> str:
    """One tag with two decimals, themed colours and ids of its own; what stands between tags is text, left alone.

    An id that nothing refers to is dropped, another is prefixed with `name`, and that of a series becomes a class.
    """

    def identity(match: re.Match[str]) -> str:
        if match[1].startswith("series-"):
            return f' class="{match[1]}"'
        return f' id="{name}-{match[1]}"' if match[1] in referenced else ""

    tag = re.sub(r' id="([^"]+)"', identity, tag)
    tag = re.sub(r'(url\(#|href="#)([\w-]+)', rf"\g<1>{name}-\g<2>", tag)
    return themed(re.sub(r"(\d\.\d\d)\d+", r"\1", tag))
