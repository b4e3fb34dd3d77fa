from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.voice_activity import Hysteresis, SpeechCurve
from voxmetric.errors import InputError


def regions_frame_by_frame(probabilities: np.ndarray, frame: float, rule: Hysteresis) -> list[list[float]]:
    """The definition, one frame after the other."""
    speech, found = False, []
    for number, probability in enumerate(probabilities):
        if not speech and probability >= rule.onset:
            speech = True
            found.append([number * frame, 0.0])
        if speech and probability < rule.offset:
            speech = False
            found[-1][1] = number * frame
    if speech:
        found[-1][1] = len(probabilities) * frame
    joined: list[list[float]] = []
    for start, end in found:
        if joined and start - joined[-1][1] < rule.shortest_pause:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    kept = [each for each in joined if each[1] - each[0] >= rule.shortest_speech]
    padded: list[list[float]] = []
    for start, end in kept:
        start, end = max(0.0, start - rule.padding), min(len(probabilities) * frame, end + rule.padding)
        if padded and start <= padded[-1][1]:
            padded[-1][1] = end
        else:
            padded.append([start, end])
    return padded


@pytest.mark.parametrize("seed", range(20))
def test_regions_are_those_found_frame_by_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = np.clip(np.cumsum(rng.normal(0, 0.25, 400)) % 1.4 - 0.2, 0, 1).astype(np.float32)
    rule = Hysteresis(0.6, 0.3, shortest_pause=0.31, shortest_speech=0.41, padding=0.05)
    found = SpeechCurve(probabilities, 0.1, 40.0).regions(rule)
    expected = np.array(regions_frame_by_frame(probabilities, 0.1, rule)).reshape(-1, 2)
    assert len(found) > 3
    np.testing.assert_allclose(np.stack((found.starts, found.ends), axis=1), expected, atol=1e-9)


def test_there_may_be_no_speech_and_no_frame() -> None:
    for probabilities in (np.zeros(10, np.float32), np.zeros(0, np.float32)):
        assert len(SpeechCurve(probabilities, 0.1, 1.0).regions()) == 0


def test_regions_end_with_the_recording() -> None:
    found = SpeechCurve(np.ones(10, np.float32), 0.1, 0.95).regions(Hysteresis(padding=0.5))
    assert (found.starts.tolist(), found.ends.tolist()) == ([0.0], [0.95])


def test_thresholds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(InputError, match="offset <= onset"):
        Hysteresis(onset=0.3, offset=0.5)
