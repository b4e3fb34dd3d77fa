from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.reference_turns import turns_of_recordings, write_reference
from voxmetric.data.rttm import read_rttm
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def table(folder: Path, lines: str) -> UtteranceTable:
    for name in ("a.wav", "b.wav"):
        soundfile.write(folder / name, np.zeros(32_000), 16_000)
    path = folder / "table.csv"
    path.write_text(f"id,path,speaker,start,duration,split\n{lines}")
    return UtteranceTable.read(path)


def test_every_utterance_is_a_turn_of_its_recording_and_split(tmp_path: Path) -> None:
    given = table(tmp_path, "1,a.wav,x,0,0.5,dev\n2,b.wav,x,0,1,test\n3,a.wav,y,0.25,1.5,dev\n")
    recordings = turns_of_recordings(given)
    assert {split: list(found) for split, found in recordings.items()} == {"dev": ["a"], "test": ["b"]}
    path = write_reference(tmp_path / "table.csv", "dev", recordings["dev"])
    assert path.name == "table-dev.rttm"
    turns = [(turn.start, turn.end, who) for turn, _, who in read_rttm(path)["a"].itertracks(yield_label=True)]
    assert turns == [(0.0, 0.5, "x"), (0.25, 1.75, "y")]
    assert path.with_suffix(".uem").read_text().split() == ["a", "1", "0.000", "2.000"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1,a.wav,x,0,,dev\n", "utterance '1' has no duration"),
        ("1,a.wav,x y,0,1,dev\n", "speaker 'x y' has blanks"),
        ("1,a.wav,x,0,1,dev\n2,sub/a.wav,x,0,1,dev\n", "as well: rename the file"),
        ("1,a b.wav,x,0,1,dev\n", "a name with blanks: rename the file"),
    ],
)
def test_what_rttm_cannot_tell_is_refused(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        turns_of_recordings(table(tmp_path, lines))
