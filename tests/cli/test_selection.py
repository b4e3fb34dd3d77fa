from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.cli.selection import select_utterances
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


@pytest.fixture
def table(tmp_path: Path) -> UtteranceTable:
    columns = {"speaker": list("aabbcc"), "split": ["dev", "test"] * 3, "note": ["x=1"] * 5 + ["x=2"]}
    names = [str(number) for number in range(6)]
    return UtteranceTable.from_columns({"id": names, "path": names, **columns}, tmp_path, "the test")


@pytest.mark.parametrize(
    ("split", "where", "rows"),
    [
        (None, None, "012345"),
        ("dev", None, "024"),
        ("dev", ["speaker=a", "speaker=c"], "04"),
        (None, ["split=test", "note=x=1"], "13"),
        ("dev", ["split=test", "speaker=b"], "23"),
    ],
)
def test_values_of_one_column_are_alternatives_and_columns_are_not(
    table: UtteranceTable, split: str | None, where: list[str] | None, rows: str
) -> None:
    assert select_utterances(table, split, where).ids.tolist() == list(rows)


@pytest.mark.parametrize("condition", ["speaker", "=a"])
def test_a_condition_of_another_form_is_refused(table: UtteranceTable, condition: str) -> None:
    with pytest.raises(InputError, match=f"expected --where COLUMN=VALUE, found '{condition}'"):
        select_utterances(table, None, [condition])
