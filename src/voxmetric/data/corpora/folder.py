"""A folder with one sub-folder for each speaker, as VoxCeleb, LibriSpeech and most home-made corpora are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.audio.reading import SUFFIXES
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


class SpeakerFolders:
    """`speaker/file` or `speaker/session/file`; the id is the path inside the folder, as trial lists name it."""

    def matches(self, path: Path) -> bool:
        return path.is_dir() and any("/" in recording for recording in find_recordings(path))

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        folder = audio_folder or path
        recordings = sorted(find_recordings(folder))
        outside = [recording for recording in recordings if "/" not in recording]
        if outside or not recordings:
            found = f"{outside[0]!r} outside of any" if outside else "none"
            raise InputError(f"{folder}: expected recordings in one sub-folder for each speaker, found {found}")
        paths = pa.array(recordings, type=pa.large_string())
        speakers = pc.replace_substring_regex(paths, "/.*$", "")
        columns = {"id": paths, "path": paths, "speaker": speakers, "session": sessions(paths)}
        return UtteranceTable.from_columns(columns, folder, str(folder))


def sessions(paths: Any) -> Any:
    """The folders between the first one, the speaker's, and the file; empty where there are none."""
    return pc.extract_regex(paths, r"^[^/]+/(?P<between>.+)/[^/]+$").field("between").fill_null("")


def find_recordings(folder: Path) -> Iterator[str]:
    """Paths of the recordings below `folder`, with `/`; what begins with a dot is passed over."""
    start = len(str(folder).rstrip(os.sep)) + 1
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = place[start:].replace(os.sep, "/")
        for name in files:
            if os.path.splitext(name)[1].lower() in SUFFIXES and not name.startswith("."):  # noqa: PTH122
                yield f"{inside}/{name}" if inside else name
