"""Scores of simulated trials, with and without ties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trials:
    scores: NDArray[np.floating]
    labels: NDArray[np.int64]


@pytest.fixture(params=["distinct", "tied", "separable", "useless", "few"])
def trials(request: pytest.FixtureRequest) -> Trials:
    """Scored trials of several characters; labels 1 = same speaker."""
    rng = np.random.default_rng(7)
    labels = np.tile([1, 0, 0], 4 if request.param == "few" else 60)
    distance = {"separable": 20.0, "useless": 0.0}.get(request.param, 1.5)
    scores = rng.standard_normal(len(labels)) + distance * labels
    return Trials(np.round(scores, 1) if request.param == "tied" else scores, labels)
