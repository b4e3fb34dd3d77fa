"""Where there was speech in the last seconds of sound that is still coming in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.voice_activity import SAMPLE_RATE, Hysteresis, SpeechCurve
from voxmetric.audio.voice_activity.silero import SileroStream
from voxmetric.audio.voice_activity.silero_network import FRAME_SAMPLES

FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE

KEPT_FRAMES = 2000
"""About a minute, so that what the detector knew when it switched is not forgotten; at most twice as much is held."""


class SpeechSoFar:
    """Frames of speech, of which the last ones may still change as more is heard.

    Args:
        hysteresis: what becomes speech.
    """

    def __init__(self, hysteresis: Hysteresis) -> None:
        self._stream = SileroStream()
        self._hysteresis = hysteresis
        self._probabilities: NDArray[np.float32] = np.empty(0, dtype=np.float32)
        self._dropped = 0

    @property
    def num_frames(self) -> int:
        """Frames heard."""
        return self._dropped + len(self._probabilities)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Listen to more (T,), at 16 kHz."""
        self._append(self._stream.push(samples))

    def finish(self) -> None:
        """There is no more."""
        self._append(self._stream.finish())

    def frames(self, first: int, stop: int) -> NDArray[np.bool_]:
        """Whether there is speech (F,) in the frames from the first to before the last, as it looks now."""
        curve = SpeechCurve(self._probabilities, FRAME_SECONDS, len(self._probabilities) * FRAME_SECONDS)
        regions = curve.regions(self._hysteresis)
        centres = (np.arange(first, stop) - self._dropped + 0.5) * FRAME_SECONDS
        speech: NDArray[np.bool_] = np.searchsorted(regions.starts, centres, "right") > np.searchsorted(
            regions.ends, centres, "right"
        )
        return speech

    def _append(self, probabilities: NDArray[np.float32]) -> None:
        self._probabilities = np.concatenate([self._probabilities, probabilities])
        if len(self._probabilities) > 2 * KEPT_FRAMES:
            self._dropped += len(self._probabilities) - KEPT_FRAMES
            self._probabilities = self._probabilities[-KEPT_FRAMES:]
