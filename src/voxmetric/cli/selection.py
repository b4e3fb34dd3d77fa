"""The option `--where COLUMN=VALUE`: some of a table's utterances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable


def selected(table: UtteranceTable, conditions: Sequence[str] | None) -> UtteranceTable:
    """The utterances that meet all conditions; several values of one column are alternatives.

    Raises:
        InputError: for a condition of another form, an unknown column, or nothing left.
    """
    wanted: dict[str, list[str]] = {}
    for condition in conditions or ():
        name, equals, value = condition.partition("=")
        if not equals or not name:
            raise InputError(f"--where: expected COLUMN=VALUE, found {condition!r}")
        wanted.setdefault(name, []).append(value)
    return table.where(**wanted)
