"""What can be chosen about a diarization, with the defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from voxmetric.audio import voice_activity
from voxmetric.audio.voice_activity import Hysteresis
from voxmetric.diarization import clustering
from voxmetric.errors import InputError, unknown_name

Overlap = Literal["none", "posterior"]


@dataclass(frozen=True)
class DiarizationSettings:
    """How a recording is diarized.

    Attributes:
        num_speakers: where it is known; it overrides the bounds.
        min_speakers: the least number to be found.
        max_speakers: the largest; None: no bound.
        voice_activity: a name of `audio.voice_activity.available`.
        voice_activity_options: the detector's own.
        hysteresis: what becomes a region of speech.
        window_seconds: length of what is embedded at once.
        hop_seconds: from one window to the next, at most.
        other_windows: seconds; windows of these lengths around the same centres are embedded too, and the similarity of
            two windows is the mean over all lengths.
        shortest_clustered: seconds; shorter windows do not shape the clusters, they join the nearest one.
        clustering: a name of `clustering.available`.
        clustering_options: the clustering's own. Without a `threshold`, where it takes one, the model's calibration
            says up to which distance two voices are one, see `same_voice`.
        smallest_speaker: seconds of speech; a smaller cluster is dissolved unless the number of speakers is given.
        smallest_share: of all speech, likewise, up to `speakers.LARGEST_DISSOLVED` seconds.
        reassignments: rounds in which windows move to the speaker with the nearest mean, after clustering.
        frame_seconds: at most; turns change between frames.
        sharpness: how much a frame's cosine with a speaker's mean says: factor from cosine to nats.
        turn_seconds: mean length of a turn, to which the smoothing of frames is set.
        overlap: `none`: one speaker at a time; `posterior`: a second one where frames around a change speak for both,
            which loses as much as it gains on everything measured (docs/diarization.md).
        overlap_threshold: probability from which on a second speaker is there.
        longest_bridged: seconds; pauses inside one speaker's turn that are shorter are part of it.
        gallery_threshold: what a cluster must reach to be named after an enrolled person: a log-likelihood ratio where
            the model is calibrated, else a cosine. None: decided by the calibration.
    """

    num_speakers: int | None = None
    min_speakers: int = 1
    max_speakers: int | None = None
    voice_activity: str = "silero"
    voice_activity_options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    hysteresis: Hysteresis = field(default_factory=Hysteresis)
    window_seconds: float = 1.5
    hop_seconds: float = 0.75
    other_windows: tuple[float, ...] = ()
    shortest_clustered: float = 0.75
    clustering: str = "vbx"
    clustering_options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    smallest_speaker: float = 1.5
    smallest_share: float = 0.01
    reassignments: int = 10
    frame_seconds: float = 0.1
    sharpness: float = 4.0
    turn_seconds: float = 3.0
    overlap: Overlap = "none"
    overlap_threshold: float = 0.4
    longest_bridged: float = 0.3
    gallery_threshold: float | None = None

    def __post_init__(self) -> None:
        """Raises:
        InputError: for an unknown name or a value out of range.
        """
        if self.voice_activity not in voice_activity.available():
            raise unknown_name("voice activity detector", self.voice_activity, voice_activity.available())
        if self.clustering not in clustering.available():
            raise unknown_name("clustering", self.clustering, clustering.available())
        if self.overlap not in ("none", "posterior"):
            raise unknown_name("overlap", self.overlap, ("none", "posterior"))
        if not 0.0 < self.hop_seconds <= self.window_seconds:
            raise InputError(
                f"expected 0 < hop_seconds <= window_seconds, found {self.hop_seconds} and {self.window_seconds}"
            )
        if not all(seconds > 0.0 for seconds in (*self.other_windows, self.frame_seconds, self.turn_seconds)):
            raise InputError("expected other_windows, frame_seconds and turn_seconds above 0")
        least, most = self.bounds
        if least < 1 or (most is not None and most < least):
            raise InputError(f"expected 1 <= min_speakers <= max_speakers, found {least} and {most}")

    @classmethod
    def of(cls, base: DiarizationSettings | None = None, **options: Any) -> DiarizationSettings:
        """Settings with those options in their place that are not None.

        Args:
            base: the settings otherwise; None: the defaults.
            **options: attributes of the settings.

        Raises:
            InputError: for an unknown name or a value out of range.
        """
        given = {name: value for name, value in options.items() if value is not None}
        return dataclasses.replace(base or cls(), **given)

    @property
    def bounds(self) -> tuple[int, int | None]:
        """The least and the largest number of speakers."""
        if self.num_speakers is not None:
            return self.num_speakers, self.num_speakers
        return self.min_speakers, self.max_speakers
