"""Up to which distance two groups of windows are one voice, by what a model's calibration says of its cosines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxmetric.diarization.clustering import clusterings
from voxmetric.diarization.clustering.agglomerative import DEFAULT_THRESHOLD

if TYPE_CHECKING:
    from voxmetric.speaker_model import SpeakerModel

LOG_LIKELIHOOD_RATIO = 1.0
"""What the mean cosine of two groups must be worth for them to be one voice; measured in docs/diarization.md."""

_COSINES = np.linspace(-1.0, 1.0, 2001)


def same_voice_distance(model: SpeakerModel) -> float:
    """The cosine distance, in [0, 2], at which a model's calibration finds `LOG_LIKELIHOOD_RATIO`.

    Without a calibration of cosines alone, that of `clustering.agglomerative`, which fits no model in particular.
    """
    calibration = model.calibration
    if calibration is None or calibration.needs_qualities:
        return DEFAULT_THRESHOLD
    enough = calibration.apply(_COSINES) >= LOG_LIKELIHOOD_RATIO
    return float(1.0 - _COSINES[enough.argmax()]) if enough.any() else 0.0


def takes_threshold(method: str) -> bool:
    """Whether a clustering is told the distance."""
    return "threshold" in clusterings.options(method)
