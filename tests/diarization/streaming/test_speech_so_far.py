"""Speech of the last seconds is that of the whole recording, and little is kept."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.voice_activity import Hysteresis, SpeechCurve
from voxmetric.diarization.streaming import speech_so_far
from voxmetric.diarization.streaming.speech_so_far import FRAME_SECONDS, KEPT_FRAMES, SpeechSoFar


class Given:
    """Stands for the detector: every sample is the probability of a frame."""

    def push(self, samples: np.ndarray) -> np.ndarray:
        return samples

    def finish(self) -> np.ndarray:
        return np.ones(1, dtype=np.float32)


@pytest.fixture
def probabilities(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    monkeypatch.setattr(speech_so_far, "SileroStream", Given)
    rng = np.random.default_rng(0)
    speaks = np.repeat(np.arange(1000) % 2, rng.integers(1, 40, 1000))[: 3 * KEPT_FRAMES]
    return np.where(speaks, 0.9, 0.01).astype(np.float32)


def test_it_is_that_of_the_whole_but_for_what_is_still_to_come(probabilities: np.ndarray) -> None:
    rule = Hysteresis()
    regions = SpeechCurve(probabilities, FRAME_SECONDS, len(probabilities) * FRAME_SECONDS).regions(rule)
    centres = (np.arange(len(probabilities)) + 0.5) * FRAME_SECONDS
    whole = np.searchsorted(regions.starts, centres, "right") > np.searchsorted(regions.ends, centres, "right")
    assert 0.2 < whole.mean() < 0.9
    sure = round((rule.shortest_pause + rule.shortest_speech) / FRAME_SECONDS) + 1
    speech = SpeechSoFar(rule)
    for first in range(0, len(probabilities), 500):
        speech.add(probabilities[first : first + 500])
        heard = first + 500
        assert speech.num_frames == heard
        since = max(0, heard - 700)
        np.testing.assert_array_equal(speech.frames(since, heard - sure), whole[since : heard - sure])
        assert len(speech._probabilities) <= 2 * KEPT_FRAMES
    speech.finish()
    assert speech.num_frames == len(probabilities) + 1
