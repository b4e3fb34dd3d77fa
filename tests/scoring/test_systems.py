from __future__ import annotations

import numpy as np
import pytest

from voxmetric import precision
from voxmetric.data.trials import all_pairs
from voxmetric.errors import InputError
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.extraction import embed_table
from voxmetric.scoring.score_files import write_scores
from voxmetric.scoring.systems import open_system, system_scores


def test_a_model_its_embeddings_and_its_scores_are_one_system(model, table, tmp_path):
    trials = all_pairs(table)
    model.save(tmp_path / "model")
    embed_table(model, table).embeddings.save(tmp_path / "embeddings.safetensors")
    of_model = open_system(tmp_path / "model", table)(trials)
    write_scores(tmp_path / "scores.txt", trials, of_model)
    for name in ("embeddings.safetensors", "scores.txt"):
        np.testing.assert_allclose(open_system(tmp_path / name, table)(trials), of_model, atol=1e-6)


def test_nothing_there_is_one_clear_line(table, tmp_path):
    with pytest.raises(InputError, match="found nothing at"):
        open_system(tmp_path / "nothing", table)


def test_calibration_is_fitted_on_the_development_trials(table):
    trials, development = all_pairs(table.take(range(6))), all_pairs(table.take(range(6, 12)))

    def scorer(scored):
        return np.random.default_rng(len(scored)).standard_normal(len(scored)) + scored.labels

    plain = system_scores(scorer, trials, None, are_llrs=False)
    assert plain.llrs is None
    calibrated = system_scores(scorer, trials, development, are_llrs=False)
    expected = LogisticCalibration.fit(scorer(development), development.labels).apply(scorer(trials))
    np.testing.assert_array_equal(calibrated.llrs, expected)
    assert "15 trials of other speakers" in calibrated.calibration
    ratios = system_scores(scorer, trials, None, are_llrs=True)
    np.testing.assert_array_equal(ratios.llrs, ratios.scores)


def test_scores_tell_that_embeddings_were_computed_in_bfloat16(model, table, tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: True)
    model.save(tmp_path / "model")
    plain, faster = (open_system(tmp_path / "model", table, precision=each) for each in ("float32", "auto"))
    assert plain.description == "cosine"
    assert faster.description == "cosine; embeddings computed in bfloat16"
    np.testing.assert_allclose(faster(all_pairs(table)), plain(all_pairs(table)), atol=0.01)
