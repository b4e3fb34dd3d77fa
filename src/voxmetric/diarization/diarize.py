"""`diarize`: who spoke when in a recording."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from voxmetric.audio.source import AudioSource
from voxmetric.diarization.embedding import WindowEmbeddings, embed_windows
from voxmetric.diarization.labelling import label
from voxmetric.diarization.settings import DiarizationSettings, Overlap
from voxmetric.diarization.speech import GivenRegions, detected_regions, given_regions
from voxmetric.speaker_model import SpeakerModel, load_model

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.identification.gallery import Gallery

Progress = Callable[[str, float, float], None]
"""Called with the stage, and the seconds of the recording done and in all."""


def diarize(
    source: str | os.PathLike[str] | NDArray[Any],
    model: SpeakerModel | str | os.PathLike[str] = "default",
    *,
    num_speakers: int | None = None,
    min_speakers: int | None = None,
    max_speakers: int | None = None,
    clustering: str | None = None,
    voice_activity: str | None = None,
    overlap: Overlap | None = None,
    regions: GivenRegions | None = None,
    gallery: Gallery | str | os.PathLike[str] | None = None,
    settings: DiarizationSettings | None = None,
    sample_rate: int | None = None,
    on_progress: Progress | None = None,
) -> Annotation:
    """Who spoke when.

    Args:
        source: a path, or float samples (T,) in [-1, 1].
        model: a model, or what `voxmetric.load_model` loads.
        num_speakers: where it is known; it overrides the bounds.
        min_speakers: the least number to be found.
        max_speakers: the largest.
        clustering: a name of `voxmetric.clustering.available`.
        voice_activity: a name of `voxmetric.audio.voice_activity.available`.
        overlap: `none` or `posterior`; see `DiarizationSettings`.
        regions: where somebody speaks, in place of a detector: an annotation, a timeline or (start, end) pairs.
        gallery: enrolled people of the same model, or where they are kept, after whom speakers are named.
        settings: everything else that can be chosen; the arguments above go before it.
        sample_rate: of samples given as an array, Hz.
        on_progress: called with the stage, and the seconds of the recording done and in all.

    Returns:
        Turns with names, `SPEAKER_00` being the first stranger to speak; its `uri` is the file's name without ending.
        Empty where nobody speaks.

    Raises:
        InputError: if the recording cannot be read, or for an option that is wrong.
    """
    chosen = DiarizationSettings.of(
        settings,
        num_speakers=num_speakers,
        min_speakers=min_speakers,
        max_speakers=max_speakers,
        clustering=clustering,
        voice_activity=voice_activity,
        overlap=overlap,
    )
    recording = AudioSource(source, sample_rate=sample_rate)
    if isinstance(model, str | os.PathLike):
        model = load_model(model)
    embedded = prepare(recording, model, chosen, regions, on_progress)
    if gallery is None or not isinstance(gallery, str | os.PathLike):
        return label(embedded, chosen, gallery)
    from voxmetric.identification.gallery import Gallery

    with Gallery.open(gallery, model=model) as opened:
        return label(embedded, chosen, opened)


def prepare(
    recording: AudioSource,
    model: SpeakerModel,
    settings: DiarizationSettings,
    regions: GivenRegions | None = None,
    on_progress: Progress | None = None,
) -> WindowEmbeddings:
    """Find speech and embed its windows: everything before clustering, which `label` then does as often as needed.

    Args:
        recording: opened.
        model: what embeds.
        settings: those of voice activity and windows matter here.
        regions: where somebody speaks, in place of a detector.
        on_progress: as of `diarize`.

    Raises:
        InputError: if the recording cannot be read.
    """

    def stage(name: str) -> Callable[[float], None] | None:
        return None if on_progress is None else lambda done: on_progress(name, done, recording.duration)

    if regions is None:
        speech = detected_regions(recording, settings, stage("voice activity"))
    else:
        speech = given_regions(regions, recording.duration)
    return embed_windows(recording, model, speech, settings, stage("embedding"))
