"""Scanning a corpus with one of everything that can be wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.scanning import EXCLUDED, KEPT, Thresholds, scan
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

WriteNoise = Callable[..., Path]


@pytest.fixture
def corpus(tmp_path: Path, write_noise: WriteNoise) -> UtteranceTable:
    folder = tmp_path / "corpus"
    good = write_noise(folder / "kim" / "good.wav", 1)
    shutil.copy(good, folder / "kim" / "again.wav")
    write_noise(folder / "lee" / "good.wav", 2)
    shutil.copy(folder / "lee" / "good.wav", folder / "Lee" / "good.wav") if (folder / "Lee").mkdir() is None else None
    write_noise(folder / "spk_1" / "stereo.wav", 3, channels=2, rate=44100)
    write_noise(folder / "spk 01" / "short.wav", 4, seconds=0.2)
    write_noise(folder / "spk 01" / "fine.wav", 5)
    write_noise(folder / "zoe" / "silent.wav", 6, level=1e-4)
    write_noise(folder / "zoe" / "silent too.wav", 6, level=1e-4)
    write_noise(folder / "zoe" / "clipped.wav", 7, level=0.99)
    samples = soundfile.read(folder / "zoe" / "clipped.wav")[0]
    soundfile.write(folder / "zoe" / "clipped.wav", np.clip(2 * samples, -1, 1), 16000)
    soundfile.write(folder / "zoe" / "empty.wav", np.zeros(0), 16000)
    soundfile.write(folder / "zoe" / "nan.wav", np.full(16000, np.nan), 16000, subtype="FLOAT")
    (folder / "zoe" / "broken.wav").write_bytes(b"not a recording")
    return UtteranceTable.read(folder)


FINDINGS = {
    ("unreadable", ("zoe/broken.wav",)),
    ("empty", ("zoe/empty.wav",)),
    ("non_finite", ("zoe/nan.wav",)),
    ("too_short", ("spk 01/short.wav",)),
    ("silent", ("zoe/silent too.wav",)),
    ("silent", ("zoe/silent.wav",)),
    ("clipped", ("zoe/clipped.wav",)),
    ("duplicate", ("kim/again.wav", "kim/good.wav")),
    ("duplicate_across_speakers", ("Lee/good.wav", "lee/good.wav")),
    ("similar_speaker_names", ("Lee", "lee")),
    ("similar_speaker_names", ("spk 01", "spk_1")),
}


def test_everything_wrong_is_found_and_what_cannot_be_used_is_left_out(corpus: UtteranceTable) -> None:
    report = scan(corpus)
    assert {(finding.kind, finding.ids) for finding in report.findings} == FINDINGS
    assert len(report.findings) == len(FINDINGS)
    left_out = {ids[0] for kind, ids in FINDINGS if kind in EXCLUDED}
    assert set(report.table.ids) == set(corpus.ids) - left_out
    assert report.table.ids.tolist() == [name for name in corpus.ids if name not in left_out]
    np.testing.assert_allclose(report.table.durations, 1.0, atol=1e-4)
    assert report.seconds == pytest.approx(len(report.table), abs=1e-3)
    assert report.num_scanned == len(corpus)
    assert report.sample_rates == {16000: len(corpus) - 2, 44100: 1}
    assert report.num_channels == {1: len(corpus) - 2, 2: 1}
    counts = report.counts()
    assert counts["silent"] == 2
    assert list(counts) == [kind for kind in (*EXCLUDED, *KEPT) if kind in counts]


def test_the_report_is_written_with_its_thresholds(corpus: UtteranceTable, tmp_path: Path) -> None:
    report = scan(corpus, Thresholds(minimum_seconds=0.1, silent_below=-100.0, clipped_above=1.0))
    report.write(tmp_path / "scan.json")
    content = json.loads((tmp_path / "scan.json").read_text())
    assert content["thresholds"]["minimum_seconds"] == 0.1
    assert content["num_scanned"] == len(corpus)
    assert content["num_usable"] == len(report.table) == len(corpus) - 3
    assert content["counts"] == report.counts()
    assert not {"too_short", "silent", "clipped"} & set(content["counts"])
    assert {"kind", "ids", "detail"} == set(content["findings"][0])


def test_what_is_shorter_than_stated_gets_the_length_it_has(tmp_path: Path, write_noise: WriteNoise) -> None:
    write_noise(tmp_path / "a.wav", seconds=2.0)
    columns = {"id": ["good", "rounded", "long"], "path": ["a.wav"] * 3, "speaker": ["s"] * 3}
    columns |= {"start": [0, 1.0, 1.5], "duration": [1.0, 1.001, 2.0]}
    report = scan(UtteranceTable.from_columns(columns, tmp_path, "made"))
    assert [(finding.kind, finding.ids) for finding in report.findings] == [("truncated", ("long",))]
    np.testing.assert_allclose(report.table.durations, [1.0, 1.0, 0.5])


def test_segments_of_one_file_count_it_once(tmp_path: Path, write_noise: WriteNoise) -> None:
    write_noise(tmp_path / "a.wav", seconds=2.0)
    columns = {"id": ["x", "y"], "path": ["a.wav"] * 2, "speaker": ["s"] * 2, "start": [0, 1], "duration": [1, 1]}
    assert scan(UtteranceTable.from_columns(columns, tmp_path, "made")).num_channels == {1: 1}


@pytest.mark.parametrize(("one", "other"), [("1-2", "12"), ("id10", "id1"), ("a", "b"), ("id100", "id1")])
def test_names_of_different_speakers_are_no_finding(
    tmp_path: Path, write_noise: WriteNoise, one: str, other: str
) -> None:
    write_noise(tmp_path / one / "a.wav", 1)
    write_noise(tmp_path / other / "a.wav", 2)
    assert scan(UtteranceTable.read(tmp_path)).findings == []


@pytest.mark.parametrize(("one", "other"), [("Kim", "kim"), ("s 1", "s_1"), ("id007", "id7"), ("a-b", "a b")])
def test_names_that_look_like_one_are_reported(tmp_path: Path, one: str, other: str, write_noise: WriteNoise) -> None:
    write_noise(tmp_path / one / "a.wav", 1)
    write_noise(tmp_path / other / "a.wav", 2)
    report = scan(UtteranceTable.read(tmp_path))
    assert [(finding.kind, set(finding.ids)) for finding in report.findings] == [
        ("similar_speaker_names", {one, other})
    ]
    assert len(report.table) == 2


def test_a_corpus_without_anything_usable_is_refused(tmp_path: Path) -> None:
    table = UtteranceTable.from_columns({"path": ["none.wav"], "speaker": ["s"]}, tmp_path, "made")
    with pytest.raises(InputError, match=r"none of 1 utterances can be used: none\.wav: unreadable"):
        scan(table)
