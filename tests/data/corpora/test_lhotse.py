"""Lhotse manifests, as Lhotse itself writes them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

WriteNoise = Callable[..., Path]


@pytest.fixture
def manifests(tmp_path: Path, write_noise: WriteNoise) -> tuple[Path, object, object]:
    """A folder, a set of one mono and one stereo recording in it, and their supervisions."""
    lhotse = pytest.importorskip("lhotse", reason="Lhotse is not installed")
    mono = write_noise(tmp_path / "audio" / "mono.wav", seconds=3.0)
    stereo = write_noise(tmp_path / "audio" / "stereo.wav", seconds=3.0, channels=2)
    recordings = [lhotse.Recording.from_file(path) for path in (mono, stereo)]
    segment = lhotse.SupervisionSegment
    supervisions = [
        segment("u1", "mono", start=0.5, duration=1.0, speaker="kim"),
        segment("u2", "stereo", start=0.0, duration=2.0, channel=1, speaker="lee"),
        segment("u3", "stereo", start=1.0, duration=2.0, channel=[0, 1], speaker="kim"),
        segment("u4", "mono", start=0.0, duration=1.0),
    ]
    return tmp_path, lhotse.RecordingSet.from_recordings(recordings), lhotse.SupervisionSet.from_segments(supervisions)


def check(table: UtteranceTable, folder: Path, split: str) -> None:
    assert table.ids.tolist() == ["u1", "u2", "u3"], "supervisions without a speaker are no utterances"
    assert table.speakers.tolist() == ["kim", "lee", "kim"]
    assert table.paths.tolist() == [str(folder / "audio" / f"{name}.wav") for name in ("mono", "stereo", "stereo")]
    assert table.sessions.tolist() == ["mono", "stereo", "stereo"]
    assert table.starts.tolist() == [0.5, 0.0, 1.0]
    assert table.durations.tolist() == [1.0, 2.0, 2.0]
    assert table.column("channel").tolist() == ["mix", "1", "mix"]
    assert set(table.splits) == {split}


def test_recordings_with_supervisions(manifests) -> None:  # type: ignore[no-untyped-def]
    folder, recordings, supervisions = manifests
    recordings.to_file(folder / "corpus_recordings_dev-clean.jsonl.gz")
    supervisions.to_file(folder / "corpus_supervisions_dev-clean.jsonl.gz")
    check(UtteranceTable.read(folder, kind="lhotse"), folder, "dev-clean")


def test_cuts(manifests) -> None:  # type: ignore[no-untyped-def]
    import lhotse

    folder, recordings, supervisions = manifests
    cuts = lhotse.CutSet.from_manifests(recordings=recordings, supervisions=supervisions)
    cuts.to_file(folder / "cuts.jsonl.gz")
    check(UtteranceTable.read(folder / "cuts.jsonl.gz"), folder, "")


def test_of_a_cut_through_a_supervision_the_part_inside_counts(manifests) -> None:  # type: ignore[no-untyped-def]
    import lhotse

    folder, recordings, supervisions = manifests
    cuts = lhotse.CutSet.from_manifests(recordings=recordings, supervisions=supervisions)
    windows = lhotse.CutSet.from_cuts(list(cuts)[:1]).cut_into_windows(0.75)  # u1 is at 0.5 to 1.5 s
    windows.to_file(folder / "windows.jsonl.gz")
    table = UtteranceTable.read(folder / "windows.jsonl.gz")
    assert len(set(table.ids)) == 2
    assert all(name.endswith("/u1") for name in table.ids)
    np.testing.assert_allclose(table.starts, [0.5, 0.75])
    np.testing.assert_allclose(table.durations, [0.25, 0.75])


def test_a_recording_that_is_a_command_is_refused(manifests) -> None:  # type: ignore[no-untyped-def]
    import lhotse

    folder, recordings, supervisions = manifests
    changed = []
    for recording in recordings:
        source = lhotse.audio.AudioSource("command", recording.sources[0].channels, f"touch {folder}/ran")
        changed.append(lhotse.Recording(recording.id, [source], 16000, 48000, 3.0, recording.channel_ids))
    lhotse.RecordingSet.from_recordings(changed).to_file(folder / "recordings.jsonl.gz")
    supervisions.to_file(folder / "supervisions.jsonl.gz")
    with pytest.raises(InputError, match=r"'mono': expected one file, found command, .*never run"):
        UtteranceTable.read(folder, kind="lhotse")
    assert not (folder / "ran").exists()


def test_what_does_not_belong_together_is_refused(manifests) -> None:  # type: ignore[no-untyped-def]
    folder, recordings, supervisions = manifests
    supervisions.to_file(folder / "supervisions.jsonl.gz")
    with pytest.raises(InputError, match=r"line 1: expected a cut: .*`recording`"):
        UtteranceTable.read(folder / "supervisions.jsonl.gz")
    recordings.subset(first=1).to_file(folder / "recordings.jsonl.gz")
    with pytest.raises(InputError, match=r"'u2' is of recording 'stereo', which recordings\.jsonl\.gz does not have"):
        UtteranceTable.read(folder, kind="lhotse")
    (folder / "supervisions.jsonl.gz").rename(folder / "supervisions_train.jsonl.gz")
    with pytest.raises(InputError, match=r"expected supervisions\.jsonl\.gz beside recordings\.jsonl\.gz"):
        UtteranceTable.read(folder, kind="lhotse")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "that name a speaker, found none"), ('{"a": 1}\n', "line 1: expected a cut"), ("\nnot json\n", "line 1")],
)
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "cuts.jsonl").write_text(text)
    with pytest.raises(InputError, match=rf"cuts\.jsonl.*{complaint}"):
        UtteranceTable.read(tmp_path / "cuts.jsonl")


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"{}" * 100, mtime=0)[:20]])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cuts.jsonl.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read .*cuts\.jsonl\.gz"):
        UtteranceTable.read(tmp_path / "cuts.jsonl.gz")


def test_channels_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    source = {"type": "file", "source": "a.wav", "channels": [4, 7]}
    supervision = {"id": "u", "recording_id": "r", "start": 0, "duration": 1, "channel": 7, "speaker": "kim"}
    recording = {"id": "r", "sources": [source]}
    cut = {"id": "c", "start": 0, "duration": 1, "recording": recording, "supervisions": [supervision]}
    path = tmp_path / "cuts.jsonl"
    path.write_text(json.dumps(cut) + "\n")
    assert UtteranceTable.read(path).column("channel").tolist() == ["1"]
    supervision["channel"] = 5
    path.write_text(json.dumps(cut) + "\n")
    with pytest.raises(InputError, match=r"'u': expected channels among \[4, 7\], found \[5\]"):
        UtteranceTable.read(path)
