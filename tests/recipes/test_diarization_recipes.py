"""The recipes whose measure is the diarization error, from end to end on miniatures of their corpora."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric import encoders
from voxmetric.cli import main
from voxmetric.comparison.diarization import settings_of
from voxmetric.comparison.plan import candidates
from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak
from voxmetric.training import estimate
from voxmetric.training.recipe_file import read_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
GRID = {
    f"{loss} {sampling} {margin}"
    for loss in ("triplet", "quadruplet")
    for sampling in ("random", "semi-hard", "distance-weighted")
    for margin in ("fixed", "adaptive")
}
SMALL = {
    "data.minimum_utterances": "4",
    "batches.size": "12",
    "encoder.embedding_size": "16",
    "encoder.options": "{width: 16, heads: 2, hidden: 16, blocks: 1}",
    "training.steps": "2",
    "training.workers": "0",
    "training.threads": "1",
    "compare.seeds": "1",
    "compare.jobs": "1",
    "compare.resamples": "20",
}


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert not caught.value.code


def small(**more: str) -> list[str]:
    return [part for key, value in {**SMALL, **more}.items() for part in ("--set", f"{key}={value}")]


def voice(speaker: int, seconds: float, take: int) -> np.ndarray:
    return speak(draw_voice(np.random.default_rng((speaker, 0))), seconds, np.random.default_rng((speaker, take + 1)))


@pytest.fixture(scope="module")
def tedlium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Talks of four training and two test speakers, eight lines of two seconds each."""
    pytest.importorskip("lhotse", reason="the extra `corpora` is not installed")
    root = tmp_path_factory.mktemp("tedlium")
    for speaker in range(6):
        part, talk = ("train", "test")[speaker >= 4], f"Speaker{speaker}_2009"
        (root / part / "sph").mkdir(parents=True, exist_ok=True)
        (root / part / "stm").mkdir(exist_ok=True)
        waveform = np.concatenate([voice(speaker, 2.0, take) for take in range(8)])
        soundfile.write(root / part / "sph" / f"{talk}.sph", waveform, SAMPLE_RATE, format="NIST", subtype="PCM_16")
        lines = [f"{talk} 1 {talk[:-5]} {2 * take}.0 {2 * take + 2}.0 <o> words" for take in range(8)]
        (root / part / "stm" / f"{talk}.stm").write_text("\n".join(lines) + "\n")
    run("prepare", str(root), "--kind", "tedlium", "--output", str(root / "table.parquet"), "--quiet")
    return root


@pytest.fixture(scope="module")
def callhome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three conversations of two speakers who take turns."""
    pytest.importorskip("lhotse", reason="the extra `corpora` is not installed")
    root = tmp_path_factory.mktemp("callhome")
    (root / "data").mkdir()
    (root / "sre2000-key").mkdir()
    turns = []
    for number in range(3):
        name = f"iaa{'abc'[number]}"
        parts = [voice(20 + 2 * number + turn % 2, 3.0, turn) for turn in range(6)]
        soundfile.write(root / "data" / f"{name}.sph", np.concatenate(parts), SAMPLE_RATE, format="NIST")
        turns += [f"SPEAKER {name} 0 {3 * turn}.0 3.0 <NA> <NA> {'AB'[turn % 2]} <NA>" for turn in range(6)]
    (root / "sre2000-key" / "fullref.rttm").write_text("\n".join(turns) + "\n")
    run("prepare", str(root), "--kind", "callhome", "--rttm", "--output", str(root / "callhome.csv"), "--quiet")
    return root


@pytest.mark.slow
def test_narayanaswamy_2019_runs_from_end_to_end(
    tedlium: Path,
    callhome: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEDLIUM", str(tedlium))
    monkeypatch.setenv("CALLHOME", str(callhome))
    monkeypatch.setattr(estimate, "ENOUGH_SECONDS", 0.0)
    path = str(RECIPES / "narayanaswamy_2019.yaml")
    capsys.readouterr()
    run("train", path, "--dry-run", "--json", *small())
    assert json.loads(capsys.readouterr().out)["num_speakers"] == 4
    run("compare", path, "--output", str(tmp_path / "compared"), "--quiet", "--json", *small())
    results = json.loads(capsys.readouterr().out)
    (diarized,) = results["diarization"]
    assert {objective["name"] for objective in diarized["objectives"]} == GRID | {"untrained"}
    assert diarized["recordings_by_speakers"] == {"2": 3}
    assert "narayanaswamy_2019" in diarized["conventions"]
    assert "speakers by x_means, 2 to 7 of them" in diarized["system"]
    assert (tmp_path / "compared" / "report.html").exists()


@pytest.mark.parametrize("name", ["narayanaswamy_2019", "narayanaswamy_small"])
def test_the_grid_is_the_papers(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("TEDLIUM", "CALLHOME", "VOXMETRIC_WORK", "VOXMETRIC_DATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    recipe = read_recipe(RECIPES / f"{name}.yaml")
    found = {str(one.label): one for one in candidates(recipe.compare)}
    assert set(found) >= GRID
    for label in GRID:
        loss, sampling, margin = label.split()
        options = found[label].options
        assert found[label].name == loss
        assert options["sampling"] == sampling.replace("-", "_")
        assert options["margin"] == ("adaptive" if margin == "adaptive" else 0.8)
        assert options.get("normalize", True) == (sampling != "random"), "as in the authors' code"
    assert recipe.diarization is not None
    assert recipe.diarization.speech == "reference"
    settings = settings_of(recipe.diarization)
    assert settings.clustering == "x_means"
    assert settings.bounds == (2, 7)
    assert settings.window_seconds == recipe.data.crop_seconds, "positions are learnt for so many frames"


def test_the_published_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEDLIUM", str(tmp_path))
    monkeypatch.setenv("CALLHOME", str(tmp_path))
    recipe = read_recipe(RECIPES / "narayanaswamy_2019.yaml")
    encoder = encoders.create("transformer", embedding_size=recipe.encoder.embedding_size, **recipe.encoder.options)
    assert sum(weights.numel() for weights in encoder.parameters()) == 989_440
    assert (recipe.batches.size, recipe.batches.utterances_per_speaker) == (64 * 4, 4)
