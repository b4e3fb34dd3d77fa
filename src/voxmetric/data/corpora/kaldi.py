"""A Kaldi data directory: `wav.scp`, `utt2spk` and, where recordings are cut into utterances, `segments`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.data.arrow import positions
from voxmetric.data.corpora.text_fields import read_fields
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


class KaldiDirectory:
    """The id is Kaldi's utterance id; the session of a segment is its recording.

    An entry of `wav.scp` that is a command (it ends in `|`) is refused, never run.
    """

    def matches(self, path: Path) -> bool:
        return (path / "wav.scp").is_file()

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        recordings = read_fields(path / "wav.scp", ("recording", "path"))
        _refuse_commands(path / "wav.scp", recordings)
        segmented = (path / "segments").is_file()
        columns: dict[str, Any] = {}
        if segmented:
            segments = read_fields(path / "segments", ("id", "recording", "start", "end"))
            places = positions(
                segments["recording"], recordings["recording"], f"{path}: recordings in segments, not in wav.scp"
            )
            columns["id"] = segments["id"]
            columns["path"] = recordings["path"].take(pa.array(places))
            columns["session"] = segments["recording"]
            columns |= _times(path / "segments", segments)
        else:
            columns["id"], columns["path"] = recordings["recording"], recordings["path"]
        speakers = read_fields(path / "utt2spk", ("id", "speaker"))
        places = positions(columns["id"], speakers["id"], f"{path}: utterances without a speaker in utt2spk")
        columns["speaker"] = speakers["speaker"].take(pa.array(places))
        return UtteranceTable.from_columns(columns, audio_folder or path, str(path))


def _refuse_commands(path: Path, recordings: dict[str, Any]) -> None:
    for pattern, what in ((r"\|\s*$", "a command, which is never run"), (r":\d+$", "a place in an archive")):
        found = pc.index(pc.match_substring_regex(recordings["path"], pattern), True).as_py()
        if found >= 0:
            name = recordings["recording"][found].as_py()
            raise InputError(
                f"{path}: expected the path of a recording for {name!r}, found {what}: "
                "write the recordings to files and name those"
            )


def _times(path: Path, segments: dict[str, Any]) -> dict[str, Any]:
    """Start and duration of segments; an end of -1 is the end of the recording."""
    try:
        start = segments["start"].cast(pa.float64())
        end = segments["end"].cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: expected start and end in seconds: {error}") from error
    return {"start": start, "duration": pc.if_else(pc.equal(end, -1.0), None, pc.subtract(end, start))}
