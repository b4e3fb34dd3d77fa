"""Voice activity by the network of the package `silero-vad`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from voxmetric.audio.voice_activity.curve import SAMPLE_RATE, SpeechCurve, Waveform
from voxmetric.audio.voice_activity.silero_network import CONTEXT_SAMPLES, FRAME_SAMPLES, State, load_network

FRAMES_AT_ONCE = 512
"""Enough to make little of the cost of a call, little enough for the cache."""

PIECE_FRAMES = 250
"""The network forgets after 8 s: carried on for longer, its state may get stuck where nothing is speech any more."""

WARM_UP_FRAMES = 62
"""What it then listens to again before its answers count, 2 s."""


class SileroStream:
    """Speech probabilities of a recording that comes piece by piece; the pieces' lengths make no difference."""

    def __init__(self) -> None:
        self._network = load_network()
        self._state: State | None = None
        self._rest: Waveform = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
        self._num_frames = 0
        self._recent: Tensor | None = None  # features (1, up to WARM_UP_FRAMES, 128) of the last frames

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
        with _one_thread():
            new = torch.cat([self._network.features(some) for some in frames.split(FRAMES_AT_ONCE)]).unsqueeze(0)
            features = new if self._recent is None else torch.cat([self._recent, new], dim=1)
            found: NDArray[np.float32] = self._probabilities(features, num_frames).numpy()
        self._recent = features[:, -WARM_UP_FRAMES:]
        self._num_frames += num_frames
        return found

    def _probabilities(self, features: Tensor, num_frames: int) -> Tensor:
        """Those (F,) of the last F frames of the features (1, H + F, 128), piece by piece."""
        before = features.shape[1] - num_frames
        first, found = 0, []
        while first < num_frames:
            into_piece = (self._num_frames + first) % PIECE_FRAMES
            if into_piece == 0:
                warm_up = features[:, max(0, before + first - WARM_UP_FRAMES) : before + first]
                self._state = self._network.probabilities(warm_up, None)[1] if warm_up.shape[1] else None
            stop = min(num_frames, first + PIECE_FRAMES - into_piece)
            piece, self._state = self._network.probabilities(features[:, before + first : before + stop], self._state)
            found.append(piece[0])
            first = stop
        return torch.cat(found)

    def finish(self) -> NDArray[np.float32]:
        """Probabilities (F,), F 0 or 1, of what is left, with silence after it."""
        left = len(self._rest) - CONTEXT_SAMPLES
        return self.push(np.zeros(-left % FRAME_SAMPLES, dtype=np.float32))


def silero(blocks: Iterable[Waveform]) -> SpeechCurve:
    """Frames of 32 ms, by a network that was trained on speech in many languages and noises.

    Equal to the package's own, frame by frame in order of time, to rounding, but for the state, which begins anew every
    `PIECE_FRAMES`, after listening again to the `WARM_UP_FRAMES` before.

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


@contextmanager
def _one_thread() -> Iterator[None]:
    """Layers so small take twice as long in two threads that wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
