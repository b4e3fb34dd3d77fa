from __future__ import annotations

import pytest

from voxmetric.cli.unreadable import LISTED, tell_unreadable


@pytest.mark.parametrize("more", [0, 3])
def test_the_first_are_told_a_line_each_and_the_rest_counted(more: int, capsys: pytest.CaptureFixture[str]) -> None:
    tell_unreadable({f"{number}.wav": "no\n  audio in it" for number in range(LISTED + more)})
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "voxmetric: skipped 0.wav: no audio in it"
    assert lines[LISTED:] == (["voxmetric: skipped 3 more (--json lists all)"] if more else [])
    assert len(lines) == LISTED + bool(more)


def test_nothing_is_said_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    tell_unreadable({})
    assert capsys.readouterr() == ("", "")
