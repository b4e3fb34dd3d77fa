"""A text list of `speaker path` lines, as VoxCeleb's trainers exchange them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from voxmetric.audio.reading import SUFFIXES
from voxmetric.data.corpora.folder import sessions
from voxmetric.data.corpora.text_fields import read_fields
from voxmetric.data.utterances import UtteranceTable


class SpeakerList:
    """`id00012 id00012/21Uxsk56VDQ/00001.wav` on every line; the id of an utterance is its path as written."""

    def matches(self, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            fields = file.readline(4096).decode("utf-8-sig", errors="replace").split(maxsplit=1)
        return len(fields) == 2 and PurePosixPath(fields[1].strip()).suffix.lower() in SUFFIXES

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        columns = read_fields(path, ("speaker", "path"))
        columns["session"] = sessions(columns["path"])
        return UtteranceTable.from_columns(columns, audio_folder or path.parent, path.name)
