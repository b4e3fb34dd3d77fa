"""VoxConverse with its speakers' turns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_PARTS = ("dev", "test")


class VoxConverse:
    """A folder with `dev` and `test`, or one of them, in each of which are RTTM files, as the repository of the corpus
    has them, and the recordings that they name, as the zip files unpack (`audio/NAME.wav`, say).

    Every turn is an utterance; speakers are named after their recording, for `spk00` is somebody else in each.
    """

    def matches(self, path: Path) -> bool:
        return any(next((path / part).glob("*.rttm"), None) is not None for part in _PARTS)

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        if audio_folder is not None:
            raise InputError("VoxConverse's recordings lie below the folders of their RTTM: leave --audio-folder out")
        parts = [part for part in _PARTS if (path / part).is_dir()]
        if not parts:
            raise InputError(f"{path}: expected VoxConverse's folders {' and '.join(_PARTS)}, found neither")
        columns: dict[str, list[Any]] = {
            name: [] for name in ("id", "path", "speaker", "session", "start", "duration", "split")
        }
        for part in parts:
            recordings = AnnotatedRecordings.read(path / part)
            for name, turns in recordings.turns.items():
                columns["id"] += [f"{name}-{number}" for number in range(len(turns))]
                columns["path"] += [str(recordings.paths[name].absolute())] * len(turns)
                columns["speaker"] += [f"{name}-{turns.speakers[code]}" for code in turns.speaker.tolist()]
                columns["session"] += [name] * len(turns)
                columns["start"] += turns.start.tolist()
                columns["duration"] += np.round(turns.end - turns.start, 6).tolist()
                columns["split"] += [part] * len(turns)
        return UtteranceTable.from_columns(columns, path, str(path)).with_column("corpus", "voxconverse")
