"""A folder of recordings whose speakers are not known, to train on without labels."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from voxmetric.data.corpora.folder import find_recordings
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

UNKNOWN = "unknown"


class UnlabelledFolder:
    """All recordings below a folder, each of the speaker `unknown`; the id is the path inside the folder."""

    def matches(self, path: Path) -> bool:  # noqa: ARG002
        """Never: whoever has no labels says so, lest a folder of the wrong kind pass for one speaker's."""
        return False

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        folder = audio_folder or path
        recordings = sorted(find_recordings(folder))
        if not recordings:
            raise InputError(f"{folder}: expected recordings, found none")
        paths = pa.array(recordings, type=pa.large_string())
        columns = {"id": paths, "path": paths, "speaker": [UNKNOWN] * len(recordings)}
        return UtteranceTable.from_columns(columns, folder, str(folder))
