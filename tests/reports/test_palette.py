"""Series can be told apart, and seen on either paper."""

from __future__ import annotations

import re

import pytest

from voxmetric.reports import palette


def test_styles_differ_by_colour_or_dash() -> None:
    assert len({(palette.style(index).color, palette.style(index).dashes) for index in range(40)}) == 40


def test_light_and_dark_name_the_same_properties() -> None:
    names = [re.findall(r"--[\w-]+", palette.css_variables(dark=dark)) for dark in (False, True)]
    assert names[0] == names[1]
    assert len(names[0]) == len(palette.LIGHT) + 3


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("colors", "paper"), [(palette.LIGHT, "#ffffff"), (palette.DARK, "#12171d")], ids=["light", "dark"]
)
def test_lines_stand_out_from_the_paper(colors: tuple[str, ...], paper: str) -> None:
    for color in colors:
        light, dark = sorted([luminance(color), luminance(paper)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, color


def test_drawing_takes_the_theme() -> None:
    drawn = palette.themed(f"stroke: {palette.LIGHT[3]}; fill: {palette.INK_LIGHT}")
    assert drawn == "stroke: var(--series-3); fill: var(--ink)"
