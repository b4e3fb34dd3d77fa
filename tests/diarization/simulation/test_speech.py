"""Finding speech by energy."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.diarization.simulation.speech import find_speech

RATE = 8000


def bursts(*spans: tuple[float, float], seconds: float, noise: float = 0.0) -> np.ndarray:
    """A tone within the spans (in seconds), noise everywhere."""
    time = np.arange(round(seconds * RATE)) / RATE
    inside = np.any([(time >= start) & (time < end) for start, end in spans], axis=0)
    wave = 0.3 * np.sin(2 * np.pi * 440.0 * time) * inside
    return (wave + noise * np.random.default_rng(0).standard_normal(len(time))).astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.02])
def test_stretches_are_found_with_their_margins(noise: float) -> None:
    found = find_speech(bursts((0.5, 1.5), (2.2, 3.0), seconds=4.0, noise=noise), RATE)
    assert found.spans.shape == (2, 2)
    expected = np.array([[50, 150], [220, 300]])
    # 50 ms of margin, and up to 30 ms by which levels over 50 ms see a sound coming.
    early, late = expected[:, 0] - found.spans[:, 0], found.spans[:, 1] - expected[:, 1]
    assert (early >= 5).all()
    assert (early <= 8).all()
    assert (late >= 5).all()
    assert (late <= 8).all()
    assert found.level == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(("pause", "stretches"), [(0.2, 1), (0.4, 1), (0.5, 2)])
def test_short_pauses_belong_to_the_speech(pause: float, stretches: int) -> None:
    found = find_speech(bursts((0.5, 1.5), (1.5 + pause, 2.5), seconds=3.0), RATE)
    assert len(found.spans) == stretches


def test_a_recording_without_contrast_is_speech_throughout() -> None:
    found = find_speech(bursts((0.0, 1.0), seconds=1.0), RATE)
    assert found.spans.tolist() == [[0, 100]]


def test_silence_has_no_speech() -> None:
    for waveform in (np.zeros(RATE, np.float32), np.zeros(3, np.float32), np.zeros(0, np.float32)):
        found = find_speech(waveform, RATE)
        assert len(found.spans) == 0
        assert found.level == 0.0


def test_a_click_is_no_speech() -> None:
    waveform = bursts((1.0, 2.0), seconds=3.0)
    waveform[RATE // 2] = 0.5
    assert len(find_speech(waveform, RATE).spans) == 1


def test_level_does_not_matter() -> None:
    waveform = bursts((0.5, 1.5), (2.2, 3.0), seconds=4.0, noise=1e-3)
    loud, quiet = find_speech(waveform, RATE), find_speech(waveform * np.float32(0.01), RATE)
    assert np.array_equal(loud.spans, quiet.spans)
    assert quiet.level == pytest.approx(0.01 * loud.level, rel=1e-4)
