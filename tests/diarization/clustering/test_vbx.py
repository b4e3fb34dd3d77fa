"""The updates of VBx against those of the paper, one window after the other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from voxmetric.diarization.clustering.vbx import FEWEST_FRAMES, SMOOTHING, Voices, _posteriors, _voices

LOOP, ACOUSTIC, SPEAKER = 0.8, 0.4, 3.0


def naive(rows: np.ndarray, variances: np.ndarray, start: np.ndarray, iterations: int, tolerance: float) -> np.ndarray:
    """Landini et al. 2022, equations 16, 17, 23 to 25; the recursions in logarithms."""
    windows, states = len(rows), int(start.max()) + 1
    gamma = np.array([[np.exp(SMOOTHING * (label == state)) for state in range(states)] for label in start])
    gamma /= gamma.sum(axis=1, keepdims=True)
    priors = np.full(states, 1.0 / states)
    bound = -np.inf
    for _ in range(iterations):
        heard = np.zeros((windows, states))
        gain = 0.0
        for state in range(states):
            inverse = 1.0 / (1.0 + ACOUSTIC / SPEAKER * gamma[:, state].sum() * variances)
            mean = ACOUSTIC / SPEAKER * inverse * (np.sqrt(variances) * (gamma[:, state] @ rows))
            for window, row in enumerate(rows):
                heard[window, state] = ACOUSTIC * (
                    (np.sqrt(variances) * row) @ mean
                    - 0.5 * variances @ (inverse + mean**2)
                    - 0.5 * (len(row) * np.log(2 * np.pi) + row @ row)
                )
            gain += 0.5 * SPEAKER * (np.log(inverse) - inverse - mean**2 + 1.0).sum()
        moves = np.log(LOOP * np.eye(states) + (1.0 - LOOP) * priors)
        before, after = [np.log(priors) + heard[0]], [np.zeros(states)]
        for window in range(1, windows):
            before.append(logsumexp(before[-1][:, None] + moves, axis=0) + heard[window])
            after.insert(0, logsumexp(moves + heard[-window] + after[0], axis=1))
        total = logsumexp(before[-1])
        gamma = np.exp(np.array(before) + np.array(after) - total)
        drawn = gamma[0].copy()
        for window in range(1, windows):
            entered = logsumexp(before[window - 1]) + np.log((1.0 - LOOP) * priors) + heard[window] + after[window]
            drawn += np.exp(entered - total)
        priors = np.maximum(drawn, FEWEST_FRAMES)
        priors /= priors.sum()
        previous, bound = bound, total + gain
        if bound - previous < tolerance * windows:
            break
    return gamma


@pytest.mark.parametrize(("iterations", "tolerance"), [(1, 0.0), (4, -np.inf), (20, 0.05), (20, 0.02), (20, 0.005)])
def test_posteriors_are_those_of_the_paper(iterations: int, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    variances = np.array([4.0, 2.0, 0.5])
    truth = np.repeat([0, 1, 0, 2, 1], 6)
    rows = rng.standard_normal((30, 3)) + (rng.standard_normal((3, 3)) * np.sqrt(variances))[truth]
    start = (truth + (rng.random(30) < 0.3)) % 4
    found = _posteriors(Voices(rows, variances), start, LOOP, (ACOUSTIC, SPEAKER), iterations, tolerance)
    np.testing.assert_allclose(found, naive(rows, variances, start, iterations, tolerance), atol=1e-8)


def test_voices_are_seen_from_the_middle_between_speakers_not_between_windows() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [90, 10, 10])
    places = 3.0 * np.eye(12)[:3] + 6.0
    voices = _voices((places[labels] + 0.3 * rng.standard_normal((110, 12))).astype(np.float32), labels, None)
    assert voices is not None
    means = np.array([voices.rows[labels == speaker].mean(axis=0) for speaker in range(3)])
    spread = np.linalg.norm(means - means.mean(axis=0), axis=1).mean()
    assert np.linalg.norm(means.mean(axis=0)) < 0.05 * spread
    assert np.linalg.norm(voices.rows.mean(axis=0)) > 0.3 * spread  # nine windows of ten are of one speaker
