from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from voxmetric.errors import InputError
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.model_calibration import FittedOn, ModelCalibration
from voxmetric.scoring.speaker_changes import two_voices_score
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000


def noise(seconds: float, seed: int = 0, level: float = 0.1) -> np.ndarray:
    """Noise with pauses in it, as speech has."""
    count = int(seconds * RATE)
    loud = np.arange(count) // 4_000 % 4 != 3
    return (level * np.where(loud, 1.0, 0.01) * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


def test_the_score_is_the_cosine(model):
    a, b = noise(1.5, 0), noise(1.5, 1)
    found = model.verify(a, b)
    assert found.score == pytest.approx(float(model.embed(a) @ model.embed(b)), abs=1e-5)
    assert model.verify(torch.from_numpy(a), [torch.from_numpy(b)]) == found
    assert (found.log_likelihood_ratio, found.same_speaker, found.threshold) == (None, None, None)
    assert "voxmetric threshold" in found.basis
    assert found.warnings == ()


def test_a_threshold_given_decides(model):
    a = noise(1.5)
    assert model.verify(a, a, threshold=0.9).same_speaker is True
    assert model.verify(a, a, threshold=1.1).same_speaker is False


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (noise(0.5), "too short: 0.50 s"),
        (noise(1.5, level=0.0005), "too quiet"),
        (np.clip(noise(1.5, level=2.0), -1, 1), "clipped"),
        (0.1 * np.random.default_rng(0).standard_normal(RATE * 2).astype(np.float32), "noisy"),
    ],
)
def test_poor_recordings_are_warned_of(model, samples, words):
    warnings = model.verify(noise(1.5), samples).warnings
    assert any(words in warning and warning.startswith("recording 2") for warning in warnings)
    assert not any(warning.startswith("recording 1") for warning in warnings)


def test_a_lower_sample_rate_is_warned_of(model, tmp_path):
    soundfile.write(tmp_path / "telephone.wav", noise(1.5)[::2], RATE // 2)
    soundfile.write(tmp_path / "studio.wav", noise(1.5).repeat(2), 2 * RATE)
    (warning,) = model.verify(tmp_path / "telephone.wav", tmp_path / "studio.wav").warnings
    assert warning.startswith("telephone.wav has 8,000 samples a second, the model expects 16,000")
    (warning,) = model.verify(noise(3.0)[::2], noise(3.0)[1::2], sample_rate=RATE // 2).warnings[:1]
    assert warning.startswith("recording 1 has 8,000 samples a second")


def test_recordings_shorter_than_the_calibration_knows_are_warned_of(model):
    calibrated = SpeakerModel(model.encoder)
    fitted_on = FittedOn("table", "dev", "trials", 10, 90, 5, 0.5, shortest_seconds=3.0)
    calibrated.calibration = ModelCalibration("logistic", LogisticCalibration(1.0, 0.0), model.fingerprint, fitted_on)
    found = calibrated.verify(noise(1.5), noise(4.0))
    assert [warning.startswith("recording 1 is shorter") for warning in found.warnings] == [True]


def test_two_voices_are_told_from_one():
    rng = np.random.default_rng(0)
    voices = np.eye(16)[:2]
    windows = np.repeat(voices, 6, axis=0) + 0.15 * rng.standard_normal((12, 16))
    unit = windows / np.linalg.norm(windows, axis=1, keepdims=True)
    assert two_voices_score(unit) < 0.3
    assert two_voices_score(unit[:6]) > 0.6
    assert two_voices_score(np.eye(16)[[0, 0, 0, 0, 1]]) is None


def test_no_recordings_and_a_strange_threshold_are_refused(model):
    with pytest.raises(InputError, match="recordings of two voices"):
        model.verify([], noise(1.5))
    with pytest.raises(InputError, match="finite number"):
        model.verify(noise(1.5), noise(1.5), threshold=float("inf"))
