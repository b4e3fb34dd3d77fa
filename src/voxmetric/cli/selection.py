"""The options `--split` and `--where COLUMN=VALUE`: some of a table's utterances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable


def select_utterances(table: UtteranceTable, split: str | None, where: Sequence[str] | None) -> UtteranceTable:
    """The utterances of a split that meet all conditions; several values of one column are alternatives.

    Raises:
        InputError: for a condition of another form, an unknown column, or when nothing is left.
    """
    wanted: dict[str, list[str]] = {} if split is None else {"split": [split]}
    for condition in where or ():
        column, equals, value = condition.partition("=")
        if not (column and equals):
            raise InputError(f"expected --where COLUMN=VALUE, found {condition!r}")
        wanted.setdefault(column, []).append(value)
    return table.where(**wanted)
