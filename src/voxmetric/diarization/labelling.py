"""From embedded windows to who spoke when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxmetric.data.turns import NO_TURNS
from voxmetric.diarization.embedding import WindowEmbeddings
from voxmetric.diarization.frames import Frames, frame_scores, posteriors
from voxmetric.diarization.known_voices import Names, recognised, with_numbers
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
    settings = settings or DiarizationSettings()
    if not len(embedded.starts):
        return NO_TURNS.to_annotation(embedded.name)
    vectors = embedded.fused
    seconds = embedded.ends - embedded.starts
    labels = find_speakers(vectors, seconds, embedded.regions.total, settings, embedded.same_voice)
    names: Names = [None] * (int(labels.max()) + 1)
    if gallery is not None:
        labels, names = recognised(embedded.vectors, labels, gallery, settings.gallery_threshold)
    frames = Frames.of(embedded.regions, settings.frame_seconds)
    scores = (vectors @ means(vectors, labels).T).astype(np.float64)
    scores = frame_scores(frames, embedded.starts, embedded.ends, scores)
    likely = posteriors(scores, settings.sharpness, settings.frame_seconds, settings.turn_seconds)
    active = likely.argmax(axis=1)[:, None] == np.arange(likely.shape[1])
    if settings.overlap == "posterior":
        active |= likely >= settings.overlap_threshold
    turns = turns_of(frames, active, settings.longest_bridged)
    named = with_numbers(names, np.argmax(active, axis=0).argsort(kind="stable").tolist())
    return replace(turns, speakers=tuple(named[int(speaker)] for speaker in turns.speakers)).to_annotation(
        embedded.name
    )
