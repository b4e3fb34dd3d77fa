from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from voxmetric import load_model, shipped
from voxmetric.data.trials import all_pairs
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.metrics import eer
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.extraction import embed_table

LARGEST_BYTES = 8 * 2**20


@pytest.mark.parametrize("name", shipped.available())
def test_every_shipped_model_is_small_calibrated_and_says_what_it_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shipped.locate(name)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= LARGEST_BYTES
    model = load_model(name)
    assert capsys.readouterr().err == f"{name}: {model.card.summary}\n"
    assert model.calibration is not None
    assert model.card.unfit_for
    assert model.card.licence != "unknown"
    assert model.card.results
    embedding = model.embed(np.random.default_rng(0).standard_normal(16_000))
    assert np.linalg.norm(embedding) == pytest.approx(1.0, abs=1e-5)


def test_a_folder_of_the_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped.is_shipped(shipped.locate("default"))
    (tmp_path / "default").mkdir()
    assert shipped.locate("default") == Path("default")


def test_an_unknown_name_is_told_the_shipped_ones() -> None:
    with pytest.raises(InputError, match=r"name of a shipped model \(default\)"):
        load_model("defualt")


def test_the_default_model_has_the_error_on_its_card() -> None:
    folder = os.environ.get("VOXMETRIC_DATA")
    if not folder:
        pytest.skip("VOXMETRIC_DATA does not name a folder with real speech")
    table = UtteranceTable.read(Path(folder) / "utterances.csv").where(corpus="commands", split="dev")
    model = load_model("default")
    trials = all_pairs(table)
    scores = score_trials(embed_table(model, table).embeddings, trials)
    stated = model.card.results["english_words_1s"]
    assert len(trials) == stated["trials"]
    assert eer(scores, trials.labels) == pytest.approx(stated["eer"], abs=5e-4)
