from __future__ import annotations

import json

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.scoring.model_calibration import FILE, MAPS, FittedOn, ModelCalibration, Threshold, read_calibration
from voxmetric.speaker_model import load_model

FITTED_ON = FittedOn("table", "dev", "trials", 10, 90, 5, 0.5, 1.5)


def fitted(method: str):
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    scores = rng.standard_normal(200) + 2 * labels
    extra = [rng.standard_normal((200, 3))] if method == "logistic_quality" else []
    return MAPS[method].fit(scores, labels, *extra)


@pytest.mark.parametrize("method", list(MAPS))
def test_what_is_written_is_read(tmp_path, method):
    kept = ModelCalibration(method, fitted(method), "fingerprint", FITTED_ON, Threshold(1.0, 0.5, "by hand"))
    kept.write(tmp_path)
    assert read_calibration(tmp_path, "fingerprint") == kept


def test_a_folder_without_one_has_none(tmp_path):
    assert read_calibration(tmp_path, "fingerprint") is None


def test_one_of_another_model_is_refused(tmp_path):
    ModelCalibration("logistic", fitted("logistic"), "fingerprint", FITTED_ON).write(tmp_path)
    with pytest.raises(InputError, match="belongs to another model"):
        read_calibration(tmp_path, "other")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, "newer voxmetric"),
        ({"method": "logstic"}, "did you mean 'logistic'"),
        ({"map": {"scale": "steep"}}, "is damaged"),
        ({"fitted_on": None}, "is damaged"),
    ],
)
def test_damage_is_named(tmp_path, change, words):
    path = ModelCalibration("logistic", fitted("logistic"), "fingerprint", FITTED_ON).write(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=words):
        read_calibration(tmp_path, "fingerprint")


def test_a_model_saves_and_loads_its_calibration_and_leaves_no_stale_one(model, tmp_path):
    kept = ModelCalibration("logistic", fitted("logistic"), model.fingerprint, FITTED_ON)
    model.save(tmp_path)
    kept.write(tmp_path)
    loaded = load_model(tmp_path)
    assert loaded.calibration == kept
    loaded.save(tmp_path / "copy")
    assert load_model(tmp_path / "copy").calibration == kept
    model.save(tmp_path)
    assert not (tmp_path / FILE).exists()
