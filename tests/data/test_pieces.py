from __future__ import annotations

import numpy as np
import pytest

from voxmetric.data.pieces import cut_into_pieces
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def _table(durations: list[float | None], starts: list[float] | None = None) -> UtteranceTable:
    names = [f"u{number}" for number in range(len(durations))]
    seconds = np.array([np.nan if value is None else value for value in durations])
    columns = {
        "id": names,
        "path": [f"{name}.wav" for name in names],
        "speaker": ["a", "b", "c", "d"][: len(names)],
        "start": np.array(starts or [0.0] * len(names)),
        "duration": seconds,
    }
    return UtteranceTable.from_columns(columns, "/recordings", "a test")


def test_long_utterances_become_equal_pieces_that_cover_them() -> None:
    pieces = cut_into_pieces(_table([10.0, 5.9, None, 6.0], [2.0, 1.0, 0.0, 0.0]), 3.0)
    assert pieces.ids.tolist() == ["u0#0", "u0#1", "u0#2", "u1", "u2", "u3#0", "u3#1"]
    assert pieces.speakers.tolist() == ["a", "a", "a", "b", "c", "d", "d"]
    np.testing.assert_allclose(pieces.starts, [2, 2 + 10 / 3, 2 + 20 / 3, 1, 0, 0, 3])
    np.testing.assert_allclose(pieces.durations, [10 / 3, 10 / 3, 10 / 3, 5.9, np.nan, 3, 3])


def test_without_long_utterances_the_table_stays_as_it_is() -> None:
    table = _table([1.0, 2.0])
    assert cut_into_pieces(table, 3.0).sha256 == table.sha256


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_length_that_is_not_positive_is_refused(seconds: float) -> None:
    with pytest.raises(InputError, match="positive length"):
        cut_into_pieces(_table([1.0]), seconds)
