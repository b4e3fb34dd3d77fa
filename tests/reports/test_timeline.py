from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyannote.core import Annotation, Segment

from voxmetric.errors import InputError
from voxmetric.metrics.diarization.error import diarization_error
from voxmetric.reports.clock import clock
from voxmetric.reports.timeline import lanes_of, timeline_figure, write_timeline
from voxmetric.reports.timeline_page import render_page


def talk(*turns: tuple[float, float, str]) -> Annotation:
    annotation = Annotation(uri="talk <1>")
    for number, (start, end, name) in enumerate(turns):
        annotation[Segment(start, end), number] = name
    return annotation


FOUND = talk((0.0, 4.0, "SPEAKER_00"), (4.0, 9.0, "SPEAKER_01"))
REFERENCE = talk((0.0, 4.2, "bea"), (4.1, 9.0, "ann"), (9.0, 9.5, "cy"))


def test_the_references_lanes_stand_above_in_the_colours_of_those_they_are_mapped_to() -> None:
    lanes = lanes_of(FOUND, REFERENCE)
    assert [(lane.name, lane.color, lane.reference) for lane in lanes] == [
        ("bea", 0, True),
        ("ann", 1, True),
        ("cy", 2, True),
        ("SPEAKER_00", 0, False),
        ("SPEAKER_01", 1, False),
    ]
    np.testing.assert_allclose(lanes[1].spans, [[4.1, 4.9]])


def test_a_long_recording_takes_several_rows() -> None:
    assert len(timeline_figure(FOUND, 10.0).axes) == 1
    assert len(timeline_figure(FOUND, 600.0).axes) == 1
    rows = timeline_figure(FOUND, 1500.0).axes
    assert [axes.get_xlim() for axes in rows] == [(0.0, 600.0), (600.0, 1200.0), (1200.0, 1800.0)]


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_pictures_are_written_and_equal_for_equal_turns(ending: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_timeline(tmp_path / f"{name}{ending}", FOUND, 10.0, REFERENCE)
    written = (tmp_path / f"a{ending}").read_bytes()
    assert written == (tmp_path / f"b{ending}").read_bytes()
    assert written.startswith(b"\x89PNG" if ending == ".png" else b"<?xml")


def test_nobody_may_speak(tmp_path: Path) -> None:
    write_timeline(tmp_path / "a.svg", Annotation(uri="x"), 1.0, REFERENCE)
    write_timeline(tmp_path / "b.svg", Annotation(uri="x"), 1.0)
    assert "Nobody speaks" in render_page(Annotation(uri="x"), 1.0)


def test_another_kind_of_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        write_timeline(tmp_path / "a.jpg", FOUND, 10.0)


def test_the_page_holds_everything_and_escapes_names() -> None:
    page = render_page(FOUND, 10.0, REFERENCE, diarization_error(REFERENCE, FOUND))
    assert "talk &lt;1&gt;" in page
    assert "<1>" not in page
    assert "2 speakers, 0:09.0 of speech, in 0:10.0." in page
    assert "Diarization error rate 7.3 %" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert page == render_page(FOUND, 10.0, REFERENCE, diarization_error(REFERENCE, FOUND))


def test_times_are_told_as_people_read_them() -> None:
    assert [clock(seconds) for seconds in (0, 59.96, 61.24, 3725.5)] == ["0:00.0", "1:00.0", "1:01.2", "1:02:05.5"]
