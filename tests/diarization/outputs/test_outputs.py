from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from pyannote.core import Annotation, Segment

from voxmetric.data.rttm import read_rttm
from voxmetric.diarization import outputs
from voxmetric.errors import InputError

DURATION = 4000.0


@pytest.fixture
def annotation() -> Annotation:
    """Two speakers, one with markup and quotes in the name, who overlap; beyond an hour."""
    made = Annotation(uri="talk")
    made[Segment(0.5, 2.25), 0] = "SPEAKER_00"
    made[Segment(2.0, 3.125), 1] = 'A & "B" <c>'
    made[Segment(3725.5, 3726.0), 2] = "SPEAKER_00"
    return made


def test_rttm_is_read_back(annotation: Annotation, tmp_path: Path) -> None:
    path = outputs.write(tmp_path, "rttm", annotation, DURATION)
    assert path == tmp_path / "talk.rttm"
    back = read_rttm(path)["talk"]
    assert [(each.start, each.end) for each in back.itersegments()] == [(0.5, 2.25), (2.0, 3.125), (3725.5, 3726.0)]
    assert set(back.labels()) == {"SPEAKER_00", 'A_&_"B"_<c>'}


def test_rttm_has_no_blanks_in_names(annotation: Annotation, tmp_path: Path) -> None:
    annotation.uri = "my talk"
    path = tmp_path / "a.rttm"
    path.write_text(outputs.render("rttm", annotation, DURATION))
    assert list(read_rttm(path)) == ["my_talk"]


def test_json_holds_turns_and_times(annotation: Annotation) -> None:
    told = json.loads(outputs.render("json", annotation, DURATION))
    assert told["recording"] == "talk"
    assert told["turns"][1] == {"start": 2.0, "end": 3.125, "speaker": 'A & "B" <c>'}
    assert told["overlap"] == 0.25
    assert [(one["name"], one["turns"]) for one in told["speakers"]] == [("SPEAKER_00", 2), ('A & "B" <c>', 1)]


def test_csv_is_read_back(annotation: Annotation) -> None:
    rows = list(csv.DictReader(outputs.render("csv", annotation, DURATION).splitlines()))
    assert rows[1] == {
        "recording": "talk",
        "start": "2.000",
        "end": "3.125",
        "duration": "1.125",
        "speaker": 'A & "B" <c>',
    }


def test_audacity_labels_have_three_fields(annotation: Annotation) -> None:
    lines = outputs.render("audacity", annotation, DURATION).splitlines()
    assert lines[0].split("\t") == ["0.500000", "2.250000", "SPEAKER_00"]
    assert len(lines) == 3


def test_textgrid_tiers_cover_the_recording(annotation: Annotation) -> None:
    text = outputs.render("textgrid", annotation, DURATION)
    tiers = text.split('class = "IntervalTier"')[1:]
    assert len(tiers) == 2
    for tier in tiers:
        starts, ends = (
            [float(time) for time in re.findall(rf"^ {{12}}{key} = ([\d.]+)$", tier, re.MULTILINE)]
            for key in ("xmin", "xmax")
        )
        assert starts[0] == 0.0
        assert ends[-1] == DURATION
        assert starts[1:] == ends[:-1]
        assert f"intervals: size = {len(starts)}" in tier
    assert 'name = "A & ""B"" <c>"' in text


def test_webvtt_cues_escape_names_and_pass_an_hour(annotation: Annotation) -> None:
    text = outputs.render("webvtt", annotation, DURATION)
    assert text.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:02.250\n")
    assert "01:02:05.500 --> 01:02:06.000" in text
    assert '<v A &amp; "B" &lt;c&gt;>A &amp; "B" &lt;c&gt;</v>' in text


@pytest.mark.parametrize("name", list(outputs.available()))
def test_nobody_may_speak(name: str) -> None:
    assert isinstance(outputs.render(name, Annotation(uri="silence"), 3.0), str)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'textgrid'"):
        outputs.suffix("text_grid")
