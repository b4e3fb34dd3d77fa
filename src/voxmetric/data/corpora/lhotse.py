"""Lhotse manifests, read as the JSON lines they are: recordings with supervisions, or cuts."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_ENDINGS = (".jsonl.gz", ".jsonl")
_Line = TypeVar("_Line")


class _Source(msgspec.Struct):
    type: str
    source: str
    channels: list[int]


class _Recording(msgspec.Struct):
    id: str
    sources: list[_Source]


class _Supervision(msgspec.Struct):
    id: str
    recording_id: str
    start: float
    duration: float
    channel: int | list[int] = 0
    speaker: str | None = None


class _Cut(msgspec.Struct):
    id: str
    start: float
    duration: float
    recording: _Recording
    supervisions: list[_Supervision] = []


class LhotseManifests:
    """A folder with `*recordings*.jsonl.gz` and the `*supervisions*.jsonl.gz` of the same name, or a file of cuts.

    Every supervision with a speaker is an utterance, its recording the session; of a cut, the part that lies in it.
    In a folder with several pairs, as Lhotse's recipes write them, the end of each name (`train`, `dev`) is the
    split. Sources that are commands or addresses are refused, never run or fetched.
    """

    def matches(self, path: Path) -> bool:
        if path.is_dir():
            return bool(_named(path, "recordings") and _named(path, "supervisions"))
        return path.is_file() and path.name.endswith(_ENDINGS)

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        rows = list(_rows_of_folder(path) if path.is_dir() else _rows_of_cuts(path))
        if not rows:
            raise InputError(f"{path}: expected supervisions that name a speaker, found none")
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        folder = path if path.is_dir() else path.parent
        return UtteranceTable.from_columns(columns, audio_folder or folder, path.name)


def _rows_of_folder(folder: Path) -> Iterator[dict[str, Any]]:
    for recordings_path in _named(folder, "recordings"):
        supervisions_path = folder / recordings_path.name.replace("recordings", "supervisions")
        if not supervisions_path.is_file():
            raise InputError(f"{folder}: expected {supervisions_path.name} beside {recordings_path.name}")
        split = recordings_path.name.split(".")[0].partition("recordings")[2].strip("_-")
        recordings = {recording.id: recording for recording in _lines(recordings_path, _Recording)}
        for supervision in _lines(supervisions_path, _Supervision):
            if supervision.recording_id not in recordings:
                raise InputError(
                    f"{supervisions_path}: supervision {supervision.id!r} is of recording "
                    f"{supervision.recording_id!r}, which {recordings_path.name} does not have"
                )
            if supervision.speaker:
                yield _row(recordings[supervision.recording_id], supervision, supervision.start, split)


def _rows_of_cuts(path: Path) -> Iterator[dict[str, Any]]:
    for cut in _lines(path, _Cut):
        for supervision in cut.supervisions:
            if supervision.speaker:
                # A supervision's start counts from the cut's; what reaches beyond the cut is not part of it.
                start = max(0.0, supervision.start)
                duration = min(cut.duration, supervision.start + supervision.duration) - start
                row = _row(cut.recording, supervision, cut.start + start, "")
                whole = math.isclose(duration, supervision.duration)
                yield row if whole else row | {"id": f"{cut.id}/{supervision.id}", "duration": duration}


def _row(recording: _Recording, supervision: _Supervision, start: float, split: str) -> dict[str, Any]:
    if len(recording.sources) != 1 or recording.sources[0].type != "file":
        kinds = ", ".join(source.type for source in recording.sources)
        raise InputError(
            f"recording {recording.id!r}: expected one file, found {kinds or 'nothing'}, which is never run or "
            "fetched: save each recording to one file first"
        )
    source = recording.sources[0]
    channels = supervision.channel if isinstance(supervision.channel, list) else [supervision.channel]
    if not set(channels) <= set(source.channels):
        raise InputError(f"supervision {supervision.id!r}: expected channels among {source.channels}, found {channels}")
    mixed = len(channels) > 1 or len(source.channels) == 1
    return {
        "id": supervision.id,
        "path": source.source,
        "speaker": supervision.speaker,
        "session": recording.id,
        "start": start,
        "duration": supervision.duration,
        "split": split,
        "channel": "mix" if mixed else str(source.channels.index(channels[0])),
    }


def _named(folder: Path, what: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{what}*") if path.name.endswith(_ENDINGS))


def _lines(path: Path, kind: type[_Line]) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(kind)
    expected = f"a {kind.__name__.strip('_').lower()}"
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise InputError(f"{path}, line {number}: expected {expected}: {error}") from error
    except (EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path}: damaged or cut off ({error})") from error
