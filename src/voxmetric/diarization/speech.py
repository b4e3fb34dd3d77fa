"""Where somebody speaks in a recording: detected, or given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from voxmetric.audio.source import AudioSource, Waveform
from voxmetric.audio.voice_activity import SAMPLE_RATE, Regions, speech_curve
from voxmetric.diarization.settings import DiarizationSettings

if TYPE_CHECKING:
    from pyannote.core import Annotation, Timeline

GivenRegions: TypeAlias = "Regions | Annotation | Timeline | Iterable[tuple[float, float]]"


def detected_regions(
    source: AudioSource, settings: DiarizationSettings, on_progress: Callable[[float], None] | None = None
) -> Regions:
    """Regions that the chosen detector finds.

    Args:
        source: the recording.
        settings: the detector and what becomes a region.
        on_progress: called with the seconds done so far.

    Raises:
        InputError: if the recording cannot be read.
    """
    curve = speech_curve(_told(source, on_progress), settings.voice_activity, settings.voice_activity_options)
    return curve.regions(settings.hysteresis)


def given_regions(regions: GivenRegions, duration: float) -> Regions:
    """Regions of an annotation (whoever speaks), a timeline or (start, end) pairs, within [0, duration].

    Raises:
        InputError: for times that are no regions.
    """
    if isinstance(regions, Regions):
        return regions.within(duration)
    if hasattr(regions, "get_timeline"):
        regions = regions.get_timeline()
    return Regions.between((float(start), float(end)) for start, end in regions).within(duration)


def _told(source: AudioSource, on_progress: Callable[[float], None] | None) -> Iterator[Waveform]:
    done = 0.0
    for block in source.blocks(SAMPLE_RATE):
        yield block
        done += len(block) / SAMPLE_RATE
        if on_progress:
            on_progress(done)
