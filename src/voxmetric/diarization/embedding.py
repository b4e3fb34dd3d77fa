"""Windows of a recording with their embeddings: computed once, labelled as often as one likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.source import AudioSource, Waveform
from voxmetric.audio.voice_activity import Regions
from voxmetric.diarization.same_voice import same_voice_distance
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.diarization.windows import Windows, around, cover
from voxmetric.speaker_model import SpeakerModel

READ_AT_ONCE = 120.0
"""Seconds of audio in memory while its windows are embedded."""

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class WindowEmbeddings:
    """The speech of a recording, cut into windows and embedded.

    Attributes:
        name: of the recording.
        duration: of the recording, in seconds.
        regions: where somebody speaks.
        starts: (W,) of the windows, in seconds, rising.
        ends: (W,) in seconds, rising.
        vectors: (W, D) float32 of unit length.
        others: (S, W, D) float32 of unit length, of windows of other lengths around the same centres.
        same_voice: mean cosine distance up to which two groups of windows are one voice, by the model's calibration.
    """

    name: str
    duration: float
    regions: Regions
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    vectors: Waveform
    others: Waveform
    same_voice: float

    @property
    def fused(self) -> Waveform:
        """(W, D (1 + S)) of unit length, whose cosines are the means of those at each window length."""
        if not len(self.others):
            return self.vectors
        parts = np.concatenate((self.vectors[None], self.others))
        return np.concatenate(list(parts / np.sqrt(len(parts))), axis=1, dtype=np.float32)


def embed_windows(
    source: AudioSource,
    model: SpeakerModel,
    regions: Regions,
    settings: DiarizationSettings,
    on_progress: Progress | None = None,
) -> WindowEmbeddings:
    """Cut regions of a recording into windows and embed them, in memory that does not grow with its length.

    Windows all of whose samples are equal (digital silence) are left out.

    Args:
        source: the recording.
        model: what embeds.
        regions: where somebody speaks.
        settings: lengths and hop of the windows.
        on_progress: called with the seconds of the recording done so far.

    Raises:
        InputError: if the recording cannot be read.
    """
    base = cover(regions, settings.window_seconds, settings.hop_seconds)
    layers = [base, *(around(base, seconds, source.duration) for seconds in settings.other_windows)]
    vectors = np.zeros((len(layers), len(base[0]), model.embedding_size), dtype=np.float32)
    for rows in _stretches(base):
        first = min(float(starts[rows].min()) for starts, _ in layers)
        last = max(float(ends[rows].max()) for _, ends in layers)
        samples = source.read(first, last, model.sample_rate)
        cut = [_cut(samples, first, layer, rows, model.sample_rate) for layer in layers]
        sounding = np.flatnonzero(
            [all(len(each) > 0 and np.ptp(each) > 0 for each in same) for same in zip(*cut, strict=True)]
        )
        if len(sounding):
            chosen = [layer[window] for layer in cut for window in sounding]
            embedded = model.embed_waveforms(chosen).reshape(len(layers), -1, model.embedding_size)
            vectors[:, rows.start + sounding] = embedded
        if on_progress:
            on_progress(last)
    kept = vectors[0].any(axis=1)
    return WindowEmbeddings(
        name=source.name,
        duration=source.duration,
        regions=regions,
        starts=base[0][kept],
        ends=base[1][kept],
        vectors=vectors[0, kept],
        others=vectors[1:, kept],
        same_voice=same_voice_distance(model),
    )


def _stretches(windows: Windows) -> list[slice]:
    """Consecutive windows that lie within `READ_AT_ONCE` of each other, or one alone."""
    starts, ends = windows
    stretches = []
    first = 0
    while first < len(starts):
        stop = max(first + 1, int(np.searchsorted(ends, starts[first] + READ_AT_ONCE, side="right")))
        stretches.append(slice(first, stop))
        first = stop
    return stretches


def _cut(samples: Waveform, origin: float, windows: Windows, rows: slice, sample_rate: int) -> list[Waveform]:
    offset = round(origin * sample_rate)
    firsts = np.rint(windows[0][rows] * sample_rate).astype(np.int64) - offset
    stops = np.rint(windows[1][rows] * sample_rate).astype(np.int64) - offset
    return [samples[max(0, first) : stop] for first, stop in zip(firsts, stops, strict=True)]
