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
from voxmetric.errors import InputError

FRAMES_AT_ONCE = 512
"""Enough to make little of the cost of a call, little enough for the cache."""

PIECE_SECONDS = 8.0
"""Then the network forgets: carried on for longer, its state may get stuck where nothing is speech any more."""

WARM_UP_SECONDS = 2.0
"""What it then listens to again before its answers count."""

_NEVER = 2**62  # frames


class SileroStream:
    """Speech probabilities of a recording that comes block by block; the blocks' lengths make no difference.

    Args:
        piece_seconds: after which the network's state begins anew; None: never.
        warm_up_seconds: of what came before, listened to again then.

    Raises:
        InputError: for pieces shorter than a frame or a warm-up below 0; if the package is missing.
    """

    def __init__(self, piece_seconds: float | None = PIECE_SECONDS, warm_up_seconds: float = WARM_UP_SECONDS) -> None:
        self._piece_frames = _NEVER if piece_seconds is None else _frames(piece_seconds)
        self._warm_up_frames = _frames(warm_up_seconds)
        if self._piece_frames < 1 or self._warm_up_frames < 0:
            raise InputError(
                f"expected piece_seconds of at least a frame of {FRAME_SAMPLES / SAMPLE_RATE} s and warm_up_seconds of "
                f"0 or more, found {piece_seconds} and {warm_up_seconds}"
            )
        self._network = load_network()
        self._state: State | None = None
        self._rest: Waveform = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
        self._num_frames = 0
        self._recent: Tensor | None = None  # features (1, F, 128) of the last frames, for a warm-up

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
        self._recent = features[:, max(0, features.shape[1] - self._warm_up_frames) :]
        self._num_frames += num_frames
        return found

    def _probabilities(self, features: Tensor, num_frames: int) -> Tensor:
        """Those (F,) of the last F frames of the features (1, H + F, 128), piece by piece."""
        before = features.shape[1] - num_frames
        first, found = 0, []
        while first < num_frames:
            into_piece = (self._num_frames + first) % self._piece_frames
            if into_piece == 0:
                warm_up = features[:, max(0, before + first - self._warm_up_frames) : before + first]
                self._state = self._network.probabilities(warm_up, None)[1] if warm_up.shape[1] else None
            stop = min(num_frames, first + self._piece_frames - into_piece)
            piece, self._state = self._network.probabilities(features[:, before + first : before + stop], self._state)
            found.append(piece[0])
            first = stop
        return torch.cat(found)

    def finish(self) -> NDArray[np.float32]:
        """Probabilities (F,), F 0 or 1, of what is left, with silence after it."""
        left = len(self._rest) - CONTEXT_SAMPLES
        return self.push(np.zeros(-left % FRAME_SAMPLES, dtype=np.float32))


def silero(
    blocks: Iterable[Waveform], *, piece_seconds: float | None = PIECE_SECONDS, warm_up_seconds: float = WARM_UP_SECONDS
) -> SpeechCurve:
    """Frames of 32 ms, by a network that was trained on speech in many languages and noises.

    Equal to the package's own, frame by frame in order of time, to rounding, but for the state, which begins anew with
    every piece, after listening again to what came before it.

    Args:
        blocks: (T,) float32 at 16 kHz, consecutive.
        piece_seconds: after which the network's state begins anew; None: never, as in the package.
        warm_up_seconds: of what came before, listened to again then.

    Raises:
        InputError: for an option out of range, or if the package is missing.

    Source:
        github.com/snakers4/silero-vad.
    """
    stream = SileroStream(piece_seconds, warm_up_seconds)
    found, num_samples = [], 0
    for block in blocks:
        found.append(stream.push(block))
        num_samples += len(block)
    found.append(stream.finish())
    return SpeechCurve(np.concatenate(found), FRAME_SAMPLES / SAMPLE_RATE, num_samples / SAMPLE_RATE)


def _frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / FRAME_SAMPLES)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Layers so small take twice as long in two threads that wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
