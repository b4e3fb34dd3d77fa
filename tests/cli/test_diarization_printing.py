from __future__ import annotations

import json

import pytest
from pyannote.core import Annotation, Segment, Timeline

from voxmetric.cli.diarization_printing import print_json, print_tables
from voxmetric.metrics.diarization.error import diarization_error


def turns(name: str, *given: tuple[float, float, str]) -> Annotation:
    annotation = Annotation(uri=name)
    for number, (start, end, speaker) in enumerate(given):
        annotation[Segment(start, end), number] = speaker
    return annotation


# Of ten seconds of speech two are missed and one is somebody else's; one of silence is taken for speech.
TRUTH = turns("talk", (0.0, 6.0, "anna"), (6.0, 10.0, "ben"))
FOUND = turns("talk", (2.0, 7.0, "A"), (7.0, 11.0, "B"))
WHOLE = Timeline([Segment(0.0, 11.0)])
SENTENCE = "diarization error rate 40.00 %: missed 20.00 %, false alarms 10.00 %, confusion 10.00 % of 10.0 s\n"


def test_json_has_the_errors_of_each_recording_and_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    error = diarization_error(TRUTH, FOUND, uem={"talk": WHOLE})
    found = {"talk": (FOUND, 12.0), "silence": (turns("silence"), 3.0)}
    print_json(found, {"broken": "cannot read it"}, {"talk": error}, error)
    told = json.loads(capsys.readouterr().out)
    rates = {"rate": 0.4, "missed": 0.2, "false_alarm": 0.1, "confusion": 0.1, "total_seconds": 10.0}
    talk, silence = told["recordings"]
    assert talk["error"] == pytest.approx(rates)
    assert [(each["name"], each["seconds"]) for each in talk["speakers"]] == [("A", 5.0), ("B", 4.0)]
    assert (silence["duration"], silence["turns"], "error" in silence) == (3.0, [], False)
    assert told["failures"] == {"broken": "cannot read it"}
    assert told["error"]["rate"] == pytest.approx(0.4)
    assert told["error"]["conventions"] == error.conventions
    print_json(found, {}, {}, None)
    assert "error" not in json.loads(capsys.readouterr().out)


def test_one_recording_is_not_summed_up_and_cautions_are_no_results(capsys: pytest.CaptureFixture[str]) -> None:
    error = diarization_error(TRUTH, FOUND, uem={"talk": WHOLE})
    print_tables({"talk": (FOUND, 12.0)}, {"talk": error}, error, None)
    said = capsys.readouterr().out
    assert said.count("diarization error rate") == 1
    assert SENTENCE + error.conventions in said
    everything = {"talk": TRUTH, "left": turns("left", (0.0, 1.0, "c"))}
    partly = diarization_error(everything, {"talk": FOUND})
    print_tables({"talk": (FOUND, 12.0), "two": (FOUND, 12.0)}, {}, partly, None)
    printed = capsys.readouterr()
    assert "all 2 recordings: diarization error rate" in printed.out
    assert printed.err == "".join(f"voxmetric: {caution}\n" for caution in partly.cautions)
    assert "left" in printed.err
