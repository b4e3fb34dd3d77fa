"""Kaldi directories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("wav_scp", "wav.scp")).write_text(text)
    return folder


def test_without_segments_recordings_are_utterances(tmp_path: Path) -> None:
    write(tmp_path, wav_scp="u1 /a/one.wav\nu2 b/two file.flac\n", utt2spk="u2 kim\nu1 lee\nu9 not-in-wav-scp\n")
    table = UtteranceTable.read(tmp_path)
    assert table.ids.tolist() == ["u1", "u2"]
    assert table.paths.tolist() == ["/a/one.wav", str(tmp_path / "b/two file.flac")]
    assert table.speakers.tolist() == ["lee", "kim"]
    assert np.isnan(table.durations).all()


def test_segments_are_utterances_of_a_session(tmp_path: Path) -> None:
    write(
        tmp_path,
        wav_scp="r1 one.wav\nr2 two.wav\n",
        segments="u1 r2 0.5 2.0\nu2 r1 3 -1\n",
        utt2spk="u1 kim\nu2 kim\n",
    )
    table = UtteranceTable.read(tmp_path, audio_folder="/audio")
    assert table.paths.tolist() == ["/audio/two.wav", "/audio/one.wav"]
    assert table.sessions.tolist() == ["r2", "r1"]
    np.testing.assert_array_equal(table.starts, [0.5, 3.0])
    np.testing.assert_array_equal(table.durations, [1.5, np.nan])


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"wav_scp": "u1 sox x.wav -t wav - |\n"}, "'u1', found a command, which is never run"),
        ({"wav_scp": "u1 /a/raw.ark:1234\n"}, "'u1', found a place in an archive"),
        ({"wav_scp": "u1 a.wav\nu2\n"}, r"wav\.scp, line 2: expected `recording path`, found 'u2'"),
        ({"wav_scp": "u1 a.wav\n", "utt2spk": "u2 kim\n"}, r"without a speaker in utt2spk \(1: 'u1'\)"),
        ({"wav_scp": "u1 a.wav\n"}, "utt2spk"),
        ({"segments": "u1 r9 0 1\n"}, r"recordings in segments, not in wav\.scp \(1: 'r9'\)"),
        ({"segments": "u1 u1 zero 1\n"}, "segments: expected start and end in seconds: .*zero"),
        ({"segments": "u1 u1 2 1\n"}, r"row 1: expected a duration above 0 s, found -1\.0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, files: dict[str, str], complaint: str) -> None:
    base = {"wav_scp": "u1 a.wav\n"}
    if "segments" in files:
        base["utt2spk"] = "u1 kim\n"
    write(tmp_path, **(base | files))
    with pytest.raises(InputError, match=complaint) as caught:
        UtteranceTable.read(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_command_is_not_run(tmp_path: Path) -> None:
    write(tmp_path, wav_scp=f"u1 touch {tmp_path}/ran |\n", utt2spk="u1 kim\n")
    with pytest.raises(InputError):
        UtteranceTable.read(tmp_path)
    assert not (tmp_path / "ran").exists()
