"""HTML built so that text is escaped unless it was built here."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

VOID = frozenset({"input", "meta", "line", "circle", "rect", "path"})


class Markup(str):
    """Text that is HTML already; any other text is escaped where it enters an element."""

    __slots__ = ()


def element(name: str, *children: str | Iterable[str], **attributes: str | int | float | None) -> Markup:
    """One HTML or SVG element.

    Args:
        name: tag name.
        children: text (escaped), `Markup` (kept), or iterables of either.
        attributes: attribute values, escaped; a trailing underscore of a name is dropped (`class_`), other underscores
            become hyphens, and an attribute that is None is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: str | Iterable[str]) -> Markup:
    """`children` one after the other, text escaped."""
    parts = (part for child in children for part in ((child,) if isinstance(child, str) else child))
    return Markup("".join(part if isinstance(part, Markup) else html.escape(part) for part in parts))


def table(headers: Iterable[str], rows: Iterable[Iterable[str]], **attributes: str) -> Markup:
    """A table with a head; the first cell of a row is the row's header."""
    head = element("tr", (element("th", header, scope="col") for header in headers))
    body = (_row(list(row)) for row in rows)
    drawn = element("table", element("thead", head), element("tbody", body), **attributes)
    return element("div", drawn, class_="scroll")


def section(title: str, lead: str, *content: Markup) -> Markup:
    """A part of a page under a heading, beginning with what there is to know of it."""
    identity = "-".join(re.findall(r"\w+", title.lower()))
    return element(
        "section",
        element("h2", title, id=identity),
        element("p", lead, class_="lead"),
        *content,
        aria_labelledby=identity,
    )


def _row(cells: list[str]) -> Markup:
    return element("tr", element("th", cells[0], scope="row"), (element("td", cell) for cell in cells[1:]))
