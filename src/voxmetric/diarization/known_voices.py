"""Names of speakers: those of enrolled people where they are recognised, numbers for everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.diarization.speakers import means
from voxmetric.diarization.turns import Turns
from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.identification.gallery import Gallery


def speaker_names(
    vectors: NDArray[np.float32],
    labels: Labels,
    turns: Turns,
    settings: DiarizationSettings,
    gallery: Gallery | None = None,
) -> list[str]:
    """The name of each of K speakers; two who are recognised as one person get the same one.

    Args:
        vectors: (W, D) of the windows.
        labels: (W,) speaker of each window.
        turns: by which strangers are numbered in order of appearance.
        settings: the threshold of recognition.
        gallery: enrolled people.

    Raises:
        InputError: for a gallery of another model, or if neither a threshold nor a calibration is there to reject by.
    """
    names: list[str | None] = [None] * (int(labels.max()) + 1)
    if gallery is not None and len(gallery):
        answers = gallery.identify_embeddings(
            means(vectors, labels), top=1, threshold=settings.gallery_threshold, calibration=gallery.calibration
        )
        if answers[0].decision == "ranked":
            raise InputError(
                f"the model of the gallery {gallery.place} has no calibration, so strangers cannot be told from the "
                "enrolled: give a threshold (gallery_threshold, a cosine), or calibrate the model"
            )
        names = [answer.speaker for answer in answers]
    first = np.full(len(names), np.inf)
    np.minimum.at(first, turns.speakers, turns.starts)
    strangers = [speaker for speaker in np.argsort(first, kind="stable").tolist() if names[speaker] is None]
    taken = {name for name in names if name is not None}
    numbered = (name for name in (f"SPEAKER_{number:02d}" for number in range(10**6)) if name not in taken)
    for speaker in strangers:
        names[speaker] = next(numbered)
    return [str(name) for name in names]
