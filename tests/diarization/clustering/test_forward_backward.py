"""The blocked recursions against the textbook's, one time after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.diarization.clustering.forward_backward import forward_backward


@given(times=st.integers(1, 40), states=st.integers(1, 5), loop=st.floats(0.0, 0.99), seed=st.integers(0, 1000))
def test_equals_the_recursion_over_time(times: int, states: int, loop: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    observed = rng.normal(scale=3.0, size=(times, states))
    priors = rng.dirichlet(np.ones(states))
    transitions = loop * np.eye(states) + (1.0 - loop) * priors
    likelihoods = np.exp(observed)

    forwards = [priors * likelihoods[0]]
    for likelihood in likelihoods[1:]:
        forwards.append(forwards[-1] @ transitions * likelihood)
    backwards = [np.ones(states)]
    for likelihood in likelihoods[:0:-1]:
        backwards.insert(0, transitions @ (likelihood * backwards[0]))
    total = forwards[-1].sum()
    entries = priors * likelihoods[0] * backwards[0] / total
    for before, likelihood, after in zip(forwards[:-1], likelihoods[1:], backwards[1:], strict=True):
        entries = entries + before.sum() * (1.0 - loop) * priors * likelihood * after / total

    found = forward_backward(observed, priors, loop)
    assert found.states == pytest.approx(np.array(forwards) * np.array(backwards) / total, abs=1e-9)
    assert found.entries == pytest.approx(entries, abs=1e-9)
    assert found.log_likelihood == pytest.approx(np.log(total))


def test_far_apart_likelihoods_do_not_underflow() -> None:
    observed = np.where(np.arange(3000)[:, None] // 500 % 2 == [0, 1], 0.0, -500.0)
    found = forward_backward(observed, np.array([0.5, 0.5]), 0.99)
    assert found.states.argmax(axis=1).tolist() == (np.arange(3000) // 500 % 2).tolist()
    assert found.log_likelihood == pytest.approx(np.log(0.5) + 5 * np.log(0.005) + 2994 * np.log(0.995))
