"""From embedded windows to who spoke when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxmetric.diarization.embedding import WindowEmbeddings
from voxmetric.diarization.frames import Frames, frame_scores, posteriors
from voxmetric.diarization.known_voices import speaker_names
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.diarization.speakers import find_speakers, means
from voxmetric.diarization.turns import turns_of

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.identification.gallery import Gallery


def label(
    embedded: WindowEmbeddings, settings: DiarizationSettings | None = None, gallery: Gallery | None = None
) -> Annotation:
    """Cluster windows into speakers, decide frame by frame, and name the speakers.

    Args:
        embedded: the windows; the same ones can be labelled again with other settings.
        settings: those of clustering, smoothing and turns matter here.
        gallery: enrolled people, of the same model, after whom speakers are named.

    Returns:
        Turns of speakers named `SPEAKER_00` and so on in order of appearance, or as in the gallery; empty where there
        is no speech.

    Raises:
        InputError: for wrong options of the clustering, a gallery of another model, or one that can reject nobody.
    """
    from pyannote.core import Annotation

    settings = settings or DiarizationSettings()
    if not len(embedded.starts):
        return Annotation(uri=embedded.name)
    vectors = embedded.fused
    labels = find_speakers(vectors, embedded.ends - embedded.starts, settings)
    frames = Frames.of(embedded.regions, settings.frame_seconds)
    scores = frame_scores(
        frames, embedded.starts, embedded.ends, (vectors @ means(vectors, labels).T).astype(np.float64)
    )
    likely = posteriors(scores, settings.sharpness, settings.frame_seconds, settings.turn_seconds)
    active = np.zeros(likely.shape, dtype=np.bool_)
    active[np.arange(len(likely)), likely.argmax(axis=1)] = True
    if settings.overlap == "posterior":
        active |= likely >= settings.overlap_threshold
    turns = turns_of(frames, active, settings.longest_bridged)
    return turns.annotation(embedded.name, speaker_names(embedded.vectors, labels, turns, settings, gallery))
