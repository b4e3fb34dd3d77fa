from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import voxmetric as vm
from voxmetric.cli import main
from voxmetric.data.rttm import read_rttm
from voxmetric.speaker_model import Card, SpeakerModel

RATE = 16_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    encoder = vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16))
    return str(SpeakerModel(encoder, Card(name="tiny")).save(tmp_path_factory.mktemp("model")))


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """Two recordings with two bursts each, another of silence, one that is none, and the truth of the bursts."""
    rng = np.random.default_rng(0)
    lines = []
    for name in ("one", "two"):
        samples = 1e-4 * rng.standard_normal(6 * RATE)
        for start, end, who in ((0.5, 2.5, "a"), (3.5, 5.5, "b")):
            samples[int(start * RATE) : int(end * RATE)] += 0.1 * rng.standard_normal(2 * RATE)
            lines.append(f"SPEAKER {name} 1 {start} {end - start} <NA> <NA> {who} <NA> <NA>\n")
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE)
    soundfile.write(tmp_path / "silence.wav", np.zeros(RATE), RATE)
    (tmp_path / "none.wav").write_bytes(b"no recording")
    (tmp_path / "truth.rttm").write_text("".join(lines))
    return tmp_path


def run(*arguments: str | Path | int) -> int:
    """The exit code."""
    with pytest.raises(SystemExit) as raised:
        main(["diarize", *map(str, arguments), "--voice-activity", "energy", "--quiet"])
    return int(raised.value.code or 0)


def test_tells_who_spoke_how_long(talks: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(talks / "one.wav", "--model", model, "--num-speakers", 1) == 0
    told = capsys.readouterr().out
    assert "SPEAKER_00" in told
    assert "100.0 %" in told
    assert run(talks / "silence.wav", "--model", model) == 0
    assert "silence: nobody speaks in these 0:01.0" in capsys.readouterr().out


def test_writes_formats_and_pictures_and_does_not_do_it_again(
    talks: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (talks / "one.wav", talks / "two.wav", "-o", talks / "out", "--model", model, "--num-speakers", 1)
    run(*arguments, "--format", "rttm,csv", "--picture", "--reference", talks / "truth.rttm")
    told = capsys.readouterr().out
    assert "all 2 recordings: diarization error rate" in told
    endings = (".rttm", ".csv", ".svg", ".png", ".html")
    assert {path.name for path in (talks / "out").iterdir()} == {f"{n}{e}" for n in ("one", "two") for e in endings}
    turns = [(turn.start, turn.end) for turn in read_rttm(talks / "out" / "one.rttm")["one"].itersegments()]
    np.testing.assert_allclose(turns, [(0.5, 2.5), (3.5, 5.5)], atol=0.2)
    before = (talks / "out" / "one.rttm").stat().st_mtime_ns
    (talks / "out" / "two.csv").unlink()
    run(*arguments, "--format", "rttm,csv")
    assert "1 of 2 recordings are in" in capsys.readouterr().err
    assert (talks / "out" / "one.rttm").stat().st_mtime_ns == before
    assert (talks / "out" / "two.csv").exists()


def test_prints_one_format_without_a_folder(talks: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(talks / "one.wav", "--model", model, "--regions", talks / "truth.rttm", "--format", "rttm", "--num-speakers", 1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3:5] for line in lines] == [["0.500", "2.000"], ["3.500", "2.000"]]


def test_a_bad_file_among_many_is_reported_and_the_others_go_on(
    talks: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(talks / "none.wav", talks / "one.wav", talks / "silence.wav", "--model", model, "--json") == 2
    printed = capsys.readouterr()
    assert "none.wav: not a recording" in printed.err
    told = json.loads(printed.out)
    assert list(told["failures"]) == ["none"]
    assert [(each["recording"], bool(each["turns"])) for each in told["recordings"]] == [
        ("one", True),
        ("silence", False),
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["one.wav", "--picture"], "--output"),
        (["one.wav", "--format", "rttm,csv"], "--output"),
        (["one.wav", "--format", "rtm"], "did you mean 'rttm'"),
        (["one.wav", "other/one.wav"], "'one' twice"),
        (["silence.wav", "one.wav", "--reference", "truth.rttm"], "nothing of 'silence'"),
        (["one.wav", "--min-speakers", "3", "--max-speakers", "2"], "min_speakers <= max_speakers"),
        (["none.wav"], "cannot read"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_2(
    talks: Path,
    model: str,
    arguments: list[str],
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(talks)
    assert run(*arguments, "--model", model) == 2
    printed = capsys.readouterr().err
    assert expected in printed
    assert printed.count("\n") == 1
