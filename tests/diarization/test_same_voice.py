from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from voxmetric.diarization.clustering.agglomerative import DEFAULT_THRESHOLD
from voxmetric.diarization.same_voice import LOG_LIKELIHOOD_RATIO, same_voice_distance, takes_threshold


def model(slope: float = 10.0, *, qualities: bool = False) -> SimpleNamespace:
    """A model whose cosine 0.6 is worth the ratio that is enough."""
    calibration = SimpleNamespace(
        needs_qualities=qualities, apply=lambda cosines: slope * (np.asarray(cosines) - 0.6) + LOG_LIKELIHOOD_RATIO
    )
    return SimpleNamespace(calibration=calibration)


@pytest.mark.parametrize("slope", [2.0, 10.0, 50.0])
def test_the_distance_is_where_the_calibration_finds_enough(slope: float) -> None:
    np.testing.assert_allclose(same_voice_distance(model(slope)), 0.4, atol=2e-3)


def test_without_a_calibration_of_cosines_it_is_the_clusterings() -> None:
    assert same_voice_distance(SimpleNamespace(calibration=None)) == DEFAULT_THRESHOLD
    assert same_voice_distance(model(qualities=True)) == DEFAULT_THRESHOLD


def test_a_calibration_that_never_finds_enough_parts_everything() -> None:
    never = SimpleNamespace(needs_qualities=False, apply=lambda cosines: np.full(len(cosines), -1.0))
    assert same_voice_distance(SimpleNamespace(calibration=never)) == 0.0


def test_which_clusterings_take_a_threshold() -> None:
    assert takes_threshold("agglomerative")
    assert not takes_threshold("x_means")
