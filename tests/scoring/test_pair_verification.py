from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders
from voxmetric.data.trials import TrialList
from voxmetric.errors import InputError
from voxmetric.scoring.model_calibration import FittedOn, ModelCalibration
from voxmetric.scoring.pair_lists import table_of_paths
from voxmetric.scoring.pair_verification import verify_pairs
from voxmetric.scoring.quality_calibration import QualityCalibration
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return SpeakerModel(encoders.create("x_vector", embedding_size=8))


@pytest.fixture
def pairs(tmp_path):
    """Five pairs of five recordings, of which one is silent and one missing."""
    rng = np.random.default_rng(0)
    for number in range(3):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * rng.standard_normal(16_000 + 4_000 * number), 16_000)
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    listed = [
        ("0.wav", "1.wav"),
        ("silent.wav", "1.wav"),
        ("2.wav", "0.wav"),
        ("0.wav", "gone.wav"),
        ("1.wav", "2.wav"),
    ]
    enrol, test = zip(*listed, strict=True)
    return TrialList(enrol, test, np.zeros(5), "pairs.txt")


def test_each_pair_has_what_verifying_it_alone_gives(model, pairs, tmp_path):
    """With a calibration that weighs qualities: those of other pairs must not slip in where one is left out."""
    fitted = QualityCalibration(2.0, (1.0, 0.5, 0.25), 0.1)
    fitted_on = FittedOn("table", "dev pairs", "trials", 10, 90, 5)
    model.calibration = ModelCalibration("logistic_quality", fitted, model.fingerprint, fitted_on)
    seen: list[int] = []
    found = verify_pairs(model, table_of_paths(pairs, tmp_path), pairs, threshold=0.5, on_progress=seen.append)
    assert found.scored.tolist() == [True, False, True, False, True]
    assert sorted(found.unreadable) == ["gone.wav", "silent.wav"]
    assert seen[-1] == 5
    for number in np.flatnonzero(found.scored):
        one, other = (tmp_path / side[number] for side in (pairs.enrol_ids, pairs.test_ids))
        alone = model.verify(one, other, threshold=0.5)
        assert found.scores[number] == pytest.approx(alone.score, abs=1e-5)
        assert found.ratios[number] == pytest.approx(alone.log_likelihood_ratio, abs=1e-4)
        assert found.same_speaker[number] == alone.same_speaker
    assert np.isnan(found.ratios[~found.scored]).all()
    assert not found.same_speaker[~found.scored].any()
    model.calibration = None
    assert verify_pairs(model, table_of_paths(pairs, tmp_path), pairs).same_speaker is None


def test_no_pair_that_can_be_compared_is_an_error(model, tmp_path):
    for name in ("0.wav", "1.wav"):
        soundfile.write(tmp_path / name, 0.1 * np.random.default_rng(0).standard_normal(16_000), 16_000)
    lonely = TrialList(["0.wav", "gone.wav"], ["lost.wav", "1.wav"], [0, 0])
    with pytest.raises(InputError, match="none of 2 pairs can be compared: 2 recordings cannot be read, the first is"):
        verify_pairs(model, table_of_paths(lonely, tmp_path), lonely)
