"""Names of speakers: those of enrolled people where they are recognised, numbers for everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.speakers import means
from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.identification.gallery import Gallery

Names = list[str | None]


def recognised(
    vectors: NDArray[np.float32], labels: Labels, gallery: Gallery, threshold: float | None = None
) -> tuple[Labels, Names]:
    """Whose voices clusters are: labels (W,) in which clusters of one person are one, and each cluster's name or None.

    Args:
        vectors: (W, D) of the windows, of the gallery's model.
        labels: (W,) speaker of each window.
        gallery: enrolled people.
        threshold: what a cluster's mean must reach: a log-likelihood ratio where the model is calibrated, else a
            cosine. None: decided by the calibration.

    Raises:
        InputError: for a gallery of another model, or if neither a threshold nor a calibration is there to reject by.
    """
    clusters = int(labels.max()) + 1
    if not len(gallery):
        return labels, [None] * clusters
    answers = gallery.identify_embeddings(
        means(vectors, labels), top=1, threshold=threshold, calibration=gallery.calibration
    )
    if answers[0].decision == "ranked":
        raise InputError(
            f"the model of the gallery {gallery.place} has no calibration, so strangers cannot be told from the "
            "enrolled: give a threshold for the gallery, a cosine, or calibrate the model"
        )
    found: dict[str | int, int] = {}
    people = [cluster if answer.speaker is None else answer.speaker for cluster, answer in enumerate(answers)]
    places = np.array([found.setdefault(person, len(found)) for person in people])
    return places[labels], [person if isinstance(person, str) else None for person in found]


def with_numbers(names: Names, order: Sequence[int]) -> list[str]:
    """Names in which those who have none are `SPEAKER_00` and so on.

    Args:
        names: of K speakers.
        order: all K, by when they first speak.
    """
    taken = set(names)
    numbers = (name for number in range(len(names) + len(taken)) if (name := f"SPEAKER_{number:02d}") not in taken)
    complete = list(names)
    for speaker in order:
        if complete[speaker] is None:
            complete[speaker] = next(numbers)
    return [str(name) for name in complete]
