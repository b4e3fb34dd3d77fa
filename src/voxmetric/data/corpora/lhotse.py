"""Lhotse manifests: recordings with supervisions, or cuts. Needs the extra `corpora`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_ENDINGS = (".jsonl.gz", ".jsonl")


class LhotseManifests:
    """A folder with `*recordings*.jsonl.gz` and the `*supervisions*.jsonl.gz` of the same name, or a file of cuts.

    Every supervision with a speaker is an utterance. In a folder with several pairs, as Lhotse's recipes write them,
    the end of each name (`train`, `dev`) is the split.
    """

    def matches(self, path: Path) -> bool:
        if path.is_dir():
            return bool(_named(path, "recordings") and _named(path, "supervisions"))
        return path.name.endswith(_ENDINGS)

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        rows = list(_rows_of_folder(path) if path.is_dir() else _rows_of_cuts(path))
        if not rows:
            raise InputError(f"{path}: expected supervisions that name a speaker, found none")
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return UtteranceTable.from_columns(columns, audio_folder or (path if path.is_dir() else path.parent), path.name)


def _rows_of_folder(folder: Path) -> Iterator[dict[str, Any]]:
    for recordings_path in _named(folder, "recordings"):
        supervisions_path = folder / recordings_path.name.replace("recordings", "supervisions")
        if not supervisions_path.is_file():
            raise InputError(f"{folder}: expected {supervisions_path.name} beside {recordings_path.name}")
        split = recordings_path.name.split(".")[0].partition("recordings")[2].strip("_-")
        recordings = {recording.id: recording for recording in _load(recordings_path)}
        for supervision in _load(supervisions_path):
            if supervision.recording_id not in recordings:
                raise InputError(
                    f"{supervisions_path}: supervision {supervision.id!r} is of recording "
                    f"{supervision.recording_id!r}, which {recordings_path.name} does not have"
                )
            if supervision.speaker:
                yield _row(recordings[supervision.recording_id], supervision, supervision.start, split)


def _rows_of_cuts(path: Path) -> Iterator[dict[str, Any]]:
    for cut in _load(path):
        if not hasattr(cut, "supervisions") or not getattr(cut, "has_recording", False):
            raise InputError(
                f"{path}: expected cuts of recordings, found {type(cut).__name__}; give the folder instead"
            )
        for supervision in cut.supervisions:
            if supervision.speaker:
                # A supervision's start counts from the cut's.
                yield _row(cut.recording, supervision, cut.start + supervision.start, "")


def _row(recording: Any, supervision: Any, start: float, split: str) -> dict[str, Any]:
    source = recording.sources[0]
    if source.type != "file":
        raise InputError(
            f"recording {recording.id!r}: expected a file, found a {source.type} ({str(source.source)[:60]}), which is "
            "never run or fetched: save the recordings first"
        )
    if len(recording.sources) > 1:
        raise InputError(
            f"recording {recording.id!r}: expected one file, found {len(recording.sources)}: join them first"
        )
    return {
        "id": supervision.id,
        "path": str(source.source),
        "speaker": supervision.speaker,
        "session": recording.id,
        "start": max(0.0, start),
        "duration": supervision.duration,
        "split": split,
        "channel": _channel(recording, supervision),
    }


def _channel(recording: Any, supervision: Any) -> str:
    channels = supervision.channel if isinstance(supervision.channel, list) else [supervision.channel]
    whole = len(channels) > 1 or recording.num_channels == 1
    return "mix" if whole else str(channels[0])


def _named(folder: Path, what: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{what}*") if path.name.endswith(_ENDINGS))


def _load(path: Path) -> Any:
    try:
        import lhotse
    except ImportError as error:
        raise InputError(
            f'{path}: Lhotse manifests need the extra "corpora": pip install "voxmetric[corpora]"'
        ) from error
    try:
        return lhotse.load_manifest_lazy(path)
    except Exception as error:  # Lhotse raises whatever its parsing meets
        raise InputError(f"cannot read {path}: not a Lhotse manifest ({error})") from error
