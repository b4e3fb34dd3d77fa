"""The recipes at VoxCeleb's size, from end to end on a miniature with its folders, names, formats and trial list."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import voxmetric as vm
from voxmetric.cli import main
from voxmetric.comparison.plan import candidates
from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak
from voxmetric.data.utterances import UtteranceTable
from voxmetric.training import estimate
from voxmetric.training.recipe_file import read_recipe

av = pytest.importorskip("av", reason="the extra `av` is not installed: no AAC")

RECIPES = Path(__file__).parents[2] / "recipes"
TRAINING_SPEAKERS = [f"id{number:05d}" for number in range(12, 20)]  # VoxCeleb 2 begins at id00012
TEST_SPEAKERS = ["id10270", "id10271", "id10309"]
SMALL = {
    "data.development_speakers": "2",
    "batches.size": "4",
    "training.steps": "2",
    "training.evaluate_every": "0",
    "training.workers": "0",
    "training.threads": "1",
    "compare.seeds": "1",
    "compare.jobs": "1",
    "compare.resamples": "20",
}


def write_aac(path: Path, waveform: NDArray[np.float32]) -> None:
    """An m4a file, as VoxCeleb 2 has them."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(waveform[None], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def voxceleb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both corpora below one folder, unprepared, with a trial list; `musan/noise` beside it."""
    folder = tmp_path_factory.mktemp("corpora")
    rng = np.random.default_rng(0)
    root, noise = folder / "voxceleb", folder / "musan" / "noise"
    noise.mkdir(parents=True)
    soundfile.write(noise / "noise-0000.wav", 0.05 * rng.standard_normal(SAMPLE_RATE), SAMPLE_RATE)
    for number, speaker in enumerate(TRAINING_SPEAKERS + TEST_SPEAKERS):
        voice = draw_voice(np.random.default_rng((number, 0)))
        of_first = speaker in TEST_SPEAKERS
        above = root / ("voxceleb1/test/wav" if of_first else "voxceleb2/dev/aac")
        for take, video in enumerate(("21Uxsk56VDQ", "4KfM5xOlWpE", "_-8yfKTpYGM")):
            waveform = speak(voice, 1.5, np.random.default_rng((number, take + 1))).astype(np.float32)
            (above / speaker / video).mkdir(parents=True)
            if of_first:
                soundfile.write(above / speaker / video / "00001.wav", waveform, SAMPLE_RATE)
            else:
                write_aac(above / speaker / video / "00001.m4a", waveform)
    names = sorted(path.relative_to(root / "voxceleb1/test/wav").as_posix() for path in root.rglob("*.wav"))
    pairs = [f"{int(one[:7] == other[:7])} {one} {other}" for one, other in combinations(names, 2)]
    (root / "veri_test.txt").write_text("\n".join(pairs) + "\n")
    run("prepare", str(root), "--kind", "voxceleb_release", "--output", str(root / "table.parquet"), "--quiet")
    return root


@pytest.fixture(autouse=True)
def _environment(voxceleb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXCELEB", str(voxceleb))
    monkeypatch.setenv("MUSAN", str(voxceleb.parent / "musan"))
    monkeypatch.setattr(estimate, "ENOUGH_SECONDS", 0.0)


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert not caught.value.code


def small(**more: Any) -> list[str]:
    return [part for key, value in {**SMALL, **more}.items() for part in ("--set", f"{key}={value}")]


def test_the_table_has_both_corpora_with_their_parts(voxceleb: Path) -> None:
    table = UtteranceTable.read(voxceleb / "table.parquet")
    assert sorted(set(table.where(corpus="voxceleb2", split="train").speakers)) == TRAINING_SPEAKERS
    assert sorted(set(table.where(corpus="voxceleb1", split="test").speakers)) == TEST_SPEAKERS
    assert table.durations.min() == pytest.approx(1.5, abs=0.1)


def test_the_arithmetic_of_chung_2020_holds() -> None:
    recipe = read_recipe(RECIPES / "chung_2020.yaml")
    utterances = (5994 - recipe.data.development_speakers) * recipe.batches.maximum_per_epoch
    epoch = utterances // recipe.batches.size
    assert (recipe.schedule.every, recipe.training.evaluate_every) == (10 * epoch, 10 * epoch)
    assert recipe.training.steps == 500 * epoch
    assert round(recipe.data.crop_seconds * 16_000) == 200 * 160 + 240


def test_the_arithmetic_of_coria_2020_holds() -> None:
    recipe = read_recipe(RECIPES / "coria_2020.yaml")
    epoch = 5 * 86_400 / recipe.data.crop_seconds / recipe.batches.size
    assert (recipe.training.evaluate_every, recipe.training.steps) == (10 * epoch, 560 * epoch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "narrow"),
    [
        ("chung_2020", "{channels: [8, 8, 16, 16], blocks: [1, 1, 1, 1]}"),
        ("coria_2020", "{channels: [16, 16, 16, 16, 24]}"),
    ],
)
def test_a_published_recipe_runs_from_end_to_end(
    name: str, narrow: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(RECIPES / f"{name}.yaml")
    monkeypatch.chdir(tmp_path)
    run("train", path, "--dry-run", "--json", *small(**{"training.steps": "1000"}))
    needed = json.loads(capsys.readouterr().out)
    assert list(tmp_path.iterdir()) == []
    assert (needed["num_speakers"], needed["num_utterances"], needed["num_test"]) == (6, 18, 9)
    assert (needed["steps"], needed["epochs"]) == (1000, 1000 / 3)  # 6 speakers, one pair each, 2 pairs a batch
    low, high = needed["seconds_interval"]
    assert 0 < low <= needed["seconds"] <= high
    run("compare", path, "--output", "compared", "--quiet", "--json", *small(**{"encoder.options": narrow}))
    results = json.loads(capsys.readouterr().out)
    labels = [candidate.label for candidate in candidates(read_recipe(path).compare)]
    assert sorted(objective["name"] for objective in results["objectives"]) == sorted(labels)
    assert (tmp_path / "compared" / "report.html").exists()


def test_large_margin_fine_tuning_goes_on_from_a_model(tmp_path: Path) -> None:
    base, tuned = tmp_path / "base", tmp_path / "tuned"
    run("train", str(RECIPES / "chung_2020.yaml"), "--output", str(base), "--quiet", *small())
    published = read_recipe(RECIPES / "large_margin_fine_tuning.yaml", [f"fine_tuning.model={base}"])
    utterances = 1_092_009 * (5994 - published.data.development_speakers) / 5994
    assert published.fine_tuning.unfreeze_at_step == int(utterances / published.batches.size)
    assert published.training.steps == 6 * published.fine_tuning.unfreeze_at_step
    steps = {"fine_tuning.unfreeze_at_step": "1", "data.crop_seconds": "2.0"}
    recipe = str(RECIPES / "large_margin_fine_tuning.yaml")
    run("train", recipe, "--from", str(base), "--output", str(tuned), "--quiet", *small(**steps))
    before, after = vm.load_model(base), vm.load_model(tuned)
    assert after.card.training_data["fine_tuned_from"]["fingerprint"] == before.fingerprint
    assert after.encoder.configuration() == before.encoder.configuration()
    assert after.fingerprint != before.fingerprint
