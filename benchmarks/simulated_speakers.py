"""Made embeddings of conversations, for benchmarks of clustering: what is known is the speaker of every window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256


def conversation(
    rng: np.random.Generator, speakers: int, windows: int, within: float = 0.6, turn: float = 5.0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit embeddings (N, D) of windows in order of time, and their speakers (N,), each of whom speaks.

    Voices differ in 40 directions; windows of one voice differ in all directions, in some of them much more than in
    others, and follow their predecessors as windows that overlap by half do.

    Args:
        rng: of everything drawn.
        speakers: in the conversation.
        windows: N.
        within: mean cosine of two windows of one speaker; that of two speakers is about 0.1.
        turn: mean windows of a turn.
    """
    mean = rng.standard_normal(DIMENSIONS) / DIMENSIONS**0.5
    basis = np.linalg.qr(rng.standard_normal((DIMENSIONS, 40)))[0]
    voices = rng.standard_normal((speakers, 40)) @ basis.T / 40**0.5 * (within - 0.1) ** 0.5 + mean * 0.1**0.5
    spread = np.arange(1, DIMENSIONS + 1) ** -0.35
    spread *= ((1.0 - within) / np.square(spread).sum()) ** 0.5

    noise = rng.standard_normal((windows + 1, DIMENSIONS)) * spread
    noise = (noise[1:] + noise[:-1]) / 2**0.5
    noise = noise @ np.linalg.qr(rng.standard_normal((DIMENSIONS, DIMENSIONS)))[0].T

    shares = rng.dirichlet(np.full(speakers, 3.0))
    starts = np.flatnonzero(np.append(True, rng.random(windows - 1) < 1.0 / turn))
    turns = rng.choice(speakers, len(starts), p=shares)
    turns[rng.permutation(len(starts))[:speakers]] = np.arange(min(speakers, len(starts)))
    labels = np.repeat(turns, np.diff(np.append(starts, windows)))

    vectors = voices[labels] + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels.astype(np.int64)
