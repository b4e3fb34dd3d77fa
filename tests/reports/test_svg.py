"""Drawings become part of a page without clashing with it."""

from __future__ import annotations

import re

from matplotlib import rcParams
from matplotlib.figure import Figure

from voxmetric.reports.palette import style
from voxmetric.reports.svg import house_style, inline_svg

TITLE = "$a_1$ #0072b2 1.23456 <b>"


def draw(name: str = "figure") -> str:
    with house_style():
        figure = Figure(figsize=(3, 2))
        axes = figure.subplots()
        axes.plot([0, 1], [1, 0], color=style(2).color, marker="o", gid=style(2).name)
        axes.set_title(TITLE)
        return inline_svg(figure, name, "A line", "It falls & falls.")


def test_text_is_left_alone() -> None:
    assert ">$a_1$ #0072b2 1.23456 &lt;b&gt;</text>" in draw()


def test_series_have_a_class_and_the_colour_of_the_theme() -> None:
    assert 'class="series-2"' in draw()
    assert "stroke: var(--series-2)" in draw()
    assert not re.search(r"style=\"[^\"]*#[0-9a-f]{6}", draw())


def test_ids_bear_the_name_of_the_drawing() -> None:
    first, second = draw("first"), draw("second")
    ids = set(re.findall(r' id="([^"]+)"', first))
    assert ids
    assert all(identity.startswith("first-") for identity in ids)
    assert not ids & set(re.findall(r' id="([^"]+)"', second))
    assert set(re.findall(r'(?:url\(#|href="#)([\w-]+)', first)) <= ids


def test_drawing_is_named_and_the_same_every_time() -> None:
    assert '<title id="figure-title">A line</title>' in draw()
    assert '<desc id="figure-description">It falls &amp; falls.</desc>' in draw()
    assert draw() == draw()


def test_settings_of_the_program_stay_as_they_were() -> None:
    before = dict(rcParams)
    draw()
    assert dict(rcParams) == before
