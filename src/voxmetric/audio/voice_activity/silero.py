"""Voice activity by the network of the package `silero-vad`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from voxmetric.audio.voice_activity.curve import SAMPLE_RATE, SpeechCurve, Waveform
from voxmetric.audio.voice_activity.silero_network import CONTEXT_SAMPLES, FRAME_SAMPLES, State, load_network

FRAMES_AT_ONCE = 512
"""Enough to make little of the cost of a call, little enough for the cache."""


class SileroStream:
    """Speech probabilities of a recording that comes piece by piece; the pieces' lengths make no difference."""

    def __init__(self) -> None:
        self._network = load_network()
        self._state: State | None = None
        self._rest: Waveform = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)

    @torch.inference_mode()
    def push(self, samples: Waveform) -> NDArray[np.float32]:
        """Probabilities (F,) of the frames of 32 ms that `samples` (T,) at 16 kHz complete."""
        waiting = np.concatenate((self._rest, samples))
        num_frames = (len(waiting) - CONTEXT_SAMPLES) // FRAME_SAMPLES
        self._rest = waiting[num_frames * FRAME_SAMPLES :]
        if not num_frames:
            return np.empty(0, dtype=np.float32)
        used = torch.from_numpy(waiting[: num_frames * FRAME_SAMPLES + CONTEXT_SAMPLES])
        frames = used.unfold(0, FRAME_SAMPLES + CONTEXT_SAMPLES, FRAME_SAMPLES)
        features = torch.cat([self._network.features(some) for some in frames.split(FRAMES_AT_ONCE)])
        probabilities, self._state = self._network.probabilities(features.unsqueeze(0), self._state)
        found: NDArray[np.float32] = probabilities[0].numpy()
        return found

    def finish(self) -> NDArray[np.float32]:
        """Probabilities (F,), F 0 or 1, of what is left, with silence after it."""
        left = len(self._rest) - CONTEXT_SAMPLES
        return self.push(np.zeros(-left % FRAME_SAMPLES, dtype=np.float32))


def silero(blocks: Iterable[Waveform]) -> SpeechCurve:
    """Frames of 32 ms, by a network that was trained on speech in many languages and noises.

    Equal to the package's own, frame by frame in order of time, to rounding.

    Args:
        blocks: (T,) float32 at 16 kHz, consecutive.

    Raises:
        InputError: if the package is missing.

    Source:
        github.com/snakers4/silero-vad.
    """
    stream = SileroStream()
    found, num_samples = [], 0
    for block in blocks:
        found.append(stream.push(block))
        num_samples += len(block)
    found.append(stream.finish())
    return SpeechCurve(np.concatenate(found), FRAME_SAMPLES / SAMPLE_RATE, num_samples / SAMPLE_RATE)
