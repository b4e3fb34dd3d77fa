from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from voxmetric.training.recipe_page import SECTIONS, render

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == render(), "run: python -m voxmetric.training.recipe_page > docs/recipes.md"


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_is_explained(name: str) -> None:
    section = render().split(f"\n## `{name}`\n" if name else "\n## The whole\n")[1].split("\n## ")[0]
    rows = {row.split("`")[1]: row.rsplit("|", 2)[1].strip() for row in section.splitlines() if row.startswith("| `")}
    keys = {field.name for field in dataclasses.fields(SECTIONS[name])}
    assert set(rows) == (keys - set(SECTIONS) if not name else keys)
    assert all(rows.values()), [key for key, text in rows.items() if not text]
