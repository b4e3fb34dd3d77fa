"""The option `--precision` of every command that embeds."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders, precision
from voxmetric.cli import main
from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak
from voxmetric.speaker_model import SpeakerModel

GALLERY = ["enroll", "gallery", "s00", "s00-0.wav", "--model", "model"]

COMMANDS = {
    "embed": ["embed", "model", "s00-0.wav", "--output", "e.safetensors", "--quiet"],
    "verify": ["verify", "s00-0.wav", "s01-0.wav", "--model", "model", "--threshold", "2"],
    "evaluate": ["evaluate", "model", "--table", "utterances.csv", "--split", "test", "--resamples", "20", "--quiet"],
    "threshold": ["threshold", "model", "--table", "utterances.csv", "--split", "test", "--prior", "0.5"],
    "enroll": [*GALLERY[:2], "s01", "s01-0.wav"],
    "enroll a table": ["enroll", "gallery", "--table", "utterances.csv", "--split", "test", "--quiet"],
    "enroll into a new gallery": ["enroll", "other", "s01", "s01-0.wav", "--model", "model"],
    "identify": ["identify", "gallery", "s00-1.wav", "--quiet"],
    "update": ["gallery", "gallery", "update", "s00", "s00-1.wav"],
    "cohort": ["gallery", "gallery", "cohort", "--table", "utterances.csv", "--split", "test", "--quiet"],
    "diarize": ["diarize", "s00-0.wav", "--model", "model", "--voice-activity", "energy", "--quiet"],
    "diarize --stream": ["diarize", "talk.wav", "--model", "model", "--stream", "--idle", "0.1"],
}
ENDS = {"verify": 1}  # "different speakers"


@pytest.fixture(scope="module")
def folder(tiny_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, the tiny corpus, and a made voice for three seconds."""
    folder = tmp_path_factory.mktemp("precision")
    torch.manual_seed(0)
    encoder = encoders.create("x_vector", embedding_size=8, channels=(8, 8, 8, 8, 16))
    SpeakerModel(encoder).save(folder / "model")
    for file in tiny_corpus.parent.iterdir():
        (folder / file.name).symlink_to(file)
    rng = np.random.default_rng(0)
    soundfile.write(folder / "talk.wav", 5 * speak(draw_voice(rng), 3.0, rng), SAMPLE_RATE)
    return folder


def run(arguments: list[str]) -> int:
    try:
        main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.mark.parametrize("command", COMMANDS)
def test_the_models_precision_is_the_one_asked_for(
    folder: Path,
    tmp_path: Path,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    assert run(GALLERY) == 0
    faster = False
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: faster)
    assert run([*COMMANDS[command], "--precision", "bfloat16"]) == 2
    assert "would be no faster in bfloat16" in capsys.readouterr().err
    faster = True
    computed_in: list[str] = []
    forward = SpeakerModel._forward

    def watch(self: SpeakerModel, *arguments: object) -> object:
        computed_in.append(self.precision)
        return forward(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(SpeakerModel, "_forward", watch)
    for asked, found in (("auto", "bfloat16"), ("float32", "float32")):
        computed_in.clear()
        shutil.rmtree("gallery")
        assert run([*GALLERY, "--precision", asked]) == 0
        assert run([*COMMANDS[command], "--precision", asked]) == ENDS.get(command, 0), capsys.readouterr().err
        assert set(computed_in) == {found}
