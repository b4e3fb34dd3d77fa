"""Comparisons on disk: nothing lost, nothing let through."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voxmetric.errors import InputError
from voxmetric.reports.results import Comparison, Estimate
from voxmetric.reports.storage import from_json, read_comparison, to_json, write_comparison


@pytest.fixture
def fields(comparison: Comparison) -> dict[str, Any]:
    """What `results.json` holds, for a test to spoil."""
    return json.loads(to_json(comparison))


def test_reading_gives_back_what_was_written(comparison: Comparison) -> None:
    assert from_json(to_json(comparison)) == comparison


def test_folder_holds_record_page_and_table(make_comparison: Callable[..., Comparison], tmp_path: Path) -> None:
    small = make_comparison(2)
    write_comparison(small, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "results.json", "table.md"]
    assert read_comparison(folder) == small == read_comparison(folder / "results.json")


def _rename_first_name(fields: dict[str, Any]) -> None:
    fields["objectives"][0]["nmae"] = fields["objectives"][0].pop("name")


def _add_to_estimate(fields: dict[str, Any]) -> None:
    fields["objectives"][1]["metrics"]["eer"]["lwo"] = 0.1


def _text_for_number(fields: dict[str, Any]) -> None:
    fields["objectives"][0]["metrics"]["eer"]["value"] = "0.2"


def _other_rank(fields: dict[str, Any]) -> None:
    fields["objectives"][0]["rank"] = "champion"


def _other_format(fields: dict[str, Any]) -> None:
    fields["format"] = "voxmetric comparison 0"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_rename_first_name, r"missing required field `name`"),
        (_add_to_estimate, r"unknown key `\$\.objectives\[1\]\.metrics\.eer\.lwo`"),
        (_text_for_number, r"Expected `float`, got `str`"),
        (_other_rank, r"champion"),
        (_other_format, r"expected format 'voxmetric comparison 1', found 'voxmetric comparison 0'"),
    ],
)
def test_spoilt_record_is_refused_in_one_line(
    fields: dict[str, Any], spoil: Callable[[dict[str, Any]], None], message: str
) -> None:
    spoil(fields)
    with pytest.raises(InputError, match=message) as error:
        from_json(json.dumps(fields), "r.json")
    assert str(error.value).startswith("r.json: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"format": "voxmetric comparison 1"}'])
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_json(text)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*results\.json.*give the folder"):
        read_comparison(tmp_path)


def test_figures_that_are_not_finite_are_not_written(comparison: Comparison) -> None:
    objective = comparison.objectives[0]
    spoilt = dataclasses.replace(objective, metrics=objective.metrics | {"eer": Estimate(float("nan"), 0.0, 1.0)})
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(dataclasses.replace(comparison, objectives=[spoilt]))


def test_reading_results_draws_nothing() -> None:
    program = (
        "import sys, voxmetric.reports.storage, voxmetric.reports.table\n"
        "print({'matplotlib', 'torch'} & {*sys.modules})"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
