from __future__ import annotations

import numpy as np
import pytest

import voxmetric as vm
from voxmetric.diarization.clustering.threshold import calibrated_threshold
from voxmetric.errors import InputError


def test_the_threshold_lies_between_voices() -> None:
    rng = np.random.default_rng(0)
    recordings = []
    for speakers in (1, 2, 4):
        labels = np.arange(80) % speakers
        voices = np.linalg.qr(rng.standard_normal((32, 32)))[0][:speakers]
        recordings.append((voices[labels] + 0.15 * rng.standard_normal((80, 32)), labels))
    threshold = calibrated_threshold(recordings)
    for embeddings, labels in recordings:
        found = vm.clustering.cluster(embeddings, "agglomerative", threshold=threshold)
        assert found.tolist() == labels.tolist()


def test_recordings_are_needed() -> None:
    with pytest.raises(InputError):
        calibrated_threshold([])
    with pytest.raises(InputError):
        calibrated_threshold([(np.eye(3), [0, 1])])
