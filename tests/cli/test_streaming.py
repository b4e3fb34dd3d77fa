"""`voxmetric diarize --stream`: lines as they become final, files that grow, pipes, wrong options."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import voxmetric as vm
from voxmetric.audio.live.pcm import PcmFormat
from voxmetric.cli import main
from voxmetric.cli.streaming import pcm_format
from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak
from voxmetric.data.rttm import read_rttm
from voxmetric.errors import InputError
from voxmetric.speaker_model import Card, SpeakerModel


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    encoder = vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16))
    return str(SpeakerModel(encoder, Card(name="tiny")).save(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made voice for three seconds, twice, with pauses around."""
    rng = np.random.default_rng(0)
    pause = np.zeros(SAMPLE_RATE, dtype=np.float32)
    voice = 5 * speak(draw_voice(rng), 3.0, rng)
    samples = np.concatenate([pause, voice, pause, voice, pause])
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    soundfile.write(path, samples + 1e-4 * rng.standard_normal(len(samples)), SAMPLE_RATE)
    return path


def run(*arguments: str | Path) -> int:
    """The exit code; 0 where the command just returns."""
    try:
        main(["diarize", *map(str, arguments)])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_turns_are_printed_as_rttm_and_written_at_the_end(
    talk: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(talk, "--stream", "--idle", "0", "--model", model, "--max-speakers", "1", "-o", tmp_path) == 0
    printed = tmp_path / "printed.rttm"
    printed.write_text(capsys.readouterr().out)
    told, written = read_rttm(printed)["talk"], read_rttm(tmp_path / "talk.rttm")["talk"]
    assert told.labels() == written.labels() == ["SPEAKER_00"]
    assert 3.0 < written.label_duration("SPEAKER_00") < 7.0
    assert told.label_duration("SPEAKER_00") == pytest.approx(written.label_duration("SPEAKER_00"), abs=0.4)


def test_a_pipe_is_followed_and_json_says_how_much_was_heard(
    talk: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = (32767 * soundfile.read(talk)[0]).astype("<i2").tobytes()
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        os.set_blocking(writing, False)
        pipe.raw.write(plain[:60_000])
    with os.fdopen(reading, "rb") as standard_input:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(standard_input))
        assert run("--stream", "--raw", "16000", "--json", "--model", model, "--max-speakers", "1") == 0
    turns = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert turns
    assert all(turn["speaker"] == "SPEAKER_00" and turn["start"] < turn["end"] <= turn["heard"] for turn in turns)
    assert turns[-1]["heard"] == pytest.approx(60_000 / 2 / 16_000)


def test_wrong_options_are_refused(talk: Path, model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(talk.read_bytes()[:44])
    for arguments, message in (
        ((talk, talk, "--stream"), "expected one recording"),
        ((), "expected recordings"),
        ((talk, "--stream", "--num-speakers", "2", "--picture"), "--num-speakers, --picture: not with --stream"),
        ((talk, "--stream", "--collar", "0.25", "--overwrite"), "--collar, --overwrite: not with --stream"),
        ((talk, "--stream", "--delay", "0.5"), "a delay from 2 to 300 s"),
        ((talk, "--stream", "--raw", "fast"), "RATE"),
        ((tmp_path / "empty.wav", "--stream", "--idle", "0"), "found none"),
        ((tmp_path / "missing.wav", "--stream"), "check the path"),
    ):
        assert run(*arguments, "--model", model) == 2
        assert message in capsys.readouterr().err


def test_plain_samples_are_described_by_up_to_three_words() -> None:
    assert pcm_format("8000") == PcmFormat(8000, 1, "s16")
    assert pcm_format("48000,2") == PcmFormat(48000, 2, "s16")
    assert pcm_format("48000,2,f32") == PcmFormat(48000, 2, "f32")
    for wrong in ("", "x", "16000,one", "16000,1,s16,more"):
        with pytest.raises(InputError, match="RATE"):
            pcm_format(wrong)
