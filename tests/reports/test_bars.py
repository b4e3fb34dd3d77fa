"""Small drawings show the right proportions."""

from __future__ import annotations

import re

import pytest

from voxmetric.reports.bars import HEIGHT, WIDTH, Range, interval_bar, line_sample, quantity_bar
from voxmetric.reports.palette import style
from voxmetric.reports.results import Estimate


def test_range_spans_intervals_and_other_values() -> None:
    over = Range.over([Estimate(0.2, 0.1, 0.3), Estimate(0.25, 0.2, 0.4)], 0.05)
    assert over == Range(0.05, 0.4)
    assert over.position(0.05) < over.position(0.1) < over.position(0.4) < WIDTH
    assert over.position(0.225) == pytest.approx(WIDTH / 2, abs=0.01)


def test_range_of_one_value_has_a_position() -> None:
    assert 0 <= Range(0.3, 0.3).position(0.3) <= WIDTH


def test_interval_has_its_point_its_ends_its_ticks_and_its_reference() -> None:
    over = Range(0.0, 1.0)
    drawn = interval_bar(Estimate(0.5, 0.25, 0.75), over, color="red", ticks=[0.4, 0.6], reference=0.0)
    assert f'x1="{over.position(0.25)}" x2="{over.position(0.75)}"' in drawn
    assert f'cx="{over.position(0.5)}"' in drawn
    assert drawn.count(f'y2="{HEIGHT}"') == 3
    assert 'aria-hidden="true"' in drawn


@pytest.mark.parametrize(("value", "largest", "width"), [(2.0, 4.0, 45.0), (4.0, 4.0, 90.0), (0.0, 0.0, 0.0)])
def test_quantity_is_as_long_as_it_is_large(value: float, largest: float, width: float) -> None:
    drawn = re.search(r'<rect[^>]* width="([\d.]+)"', quantity_bar(value, largest, color="red"))
    assert drawn is not None
    assert float(drawn[1]) == width


def test_sample_of_a_line_has_its_dashes() -> None:
    assert "stroke-dasharray" not in line_sample(style(0))
    assert 'stroke-dasharray="10.0 3.0"' in line_sample(style(1))
