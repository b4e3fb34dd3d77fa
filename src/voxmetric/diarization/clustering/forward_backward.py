"""Posteriors of a hidden Markov model that stays in its state or draws a new one, without a loop over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voxmetric.diarization.clustering.quality.distances import Floats


@dataclass(frozen=True, eq=False)
class Posteriors:
    """What the observations say of the states.

    Attributes:
        states: (T, S) probability of each state at each time, given all observations.
        entries: (S,) expected number of times that a state was drawn, the first time included.
        log_likelihood: of all observations, in nats.
    """

    states: Floats
    entries: Floats
    log_likelihood: float


def forward_backward(log_likelihoods: Floats, priors: Floats, loop_probability: float) -> Posteriors:
    """Posteriors by the forward-backward recursion over blocks of time.

    From one time to the next a state stays with `loop_probability`; else one is drawn from the priors. The recursions
    are linear: a matrix (S, S) carries them over a block, and those of about sqrt(T) blocks are computed side by side.
    Thus the loops are over sqrt(T) places: O(T S^2) arithmetic in few calls.

    Args:
        log_likelihoods: (T, S) of the observation at each time given each state.
        priors: (S,) that sum to 1.
        loop_probability: in [0, 1).
    """
    times, states = log_likelihoods.shape
    length = int(np.ceil(times**0.5))
    blocks = -(-times // length)
    peaks = log_likelihoods.max(axis=1, keepdims=True)
    likelihoods = np.ones((blocks * length, states))  # what is added at the end says nothing about the states
    np.exp(log_likelihoods - peaks, out=likelihoods[:times])
    likelihoods = likelihoods.reshape(blocks, length, states)
    jump = (1.0 - loop_probability) * priors

    def forward(message: Floats) -> Floats:
        moved: Floats = loop_probability * message + message.sum(axis=-1, keepdims=True) * jump
        return moved

    def backward(message: Floats) -> Floats:
        moved: Floats = loop_probability * message + (message @ jump)[..., None]
        return moved

    carriers = np.broadcast_to(np.eye(states), (blocks, states, states))
    for place in range(length):
        carriers = forward(carriers) * likelihoods[:, place, None]
        carriers /= carriers.max(axis=(1, 2), keepdims=True)
    starts, ends = np.empty((blocks, states)), np.ones((blocks, states))
    starts[0] = priors
    for block in range(blocks - 1):
        starts[block + 1] = _scaled(starts[block] @ carriers[block])
        ends[-block - 2] = _scaled(carriers[-block - 1] @ ends[-block - 1])

    predicted, scales, later = np.empty_like(likelihoods), np.empty((blocks, length, 1)), np.empty_like(likelihoods)
    for place in range(length):
        predicted[:, place] = forward(starts)
        starts = predicted[:, place] * likelihoods[:, place]
        scales[:, place] = starts.sum(axis=-1, keepdims=True)
        starts /= scales[:, place]
        later[:, -place - 1] = ends
        ends = _scaled(backward(ends * likelihoods[:, -place - 1]))

    predicted, later = (part.reshape(-1, states)[:times] for part in (predicted, later))
    posteriors = _scaled(predicted * likelihoods.reshape(-1, states)[:times] * later)
    drawn = posteriors * jump / np.maximum(predicted, np.finfo(np.float64).tiny)
    drawn[0] = posteriors[0]
    log_likelihood = float(np.log(scales.reshape(-1)[:times]).sum() + peaks.sum())
    return Posteriors(posteriors, drawn.sum(axis=0), log_likelihood)


def _scaled(messages: Floats) -> Floats:
    """Messages (..., S) that sum to 1."""
    scaled: Floats = messages / messages.sum(axis=-1, keepdims=True)
    return scaled
