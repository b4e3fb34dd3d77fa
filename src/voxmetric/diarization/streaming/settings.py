"""What can be chosen about a diarization of sound that is still coming in."""

from __future__ import annotations

from dataclasses import dataclass, field

from voxmetric.audio.voice_activity import Hysteresis
from voxmetric.errors import InputError

LONGEST_DELAY = 300.0
"""Seconds; what waits is clustered window by window at every step."""


@dataclass(frozen=True)
class StreamSettings:
    """How a stream is diarized.

    Attributes:
        delay_seconds: how long a moment waits for what comes after it before its speaker is settled: more is more
            accurate. At least the window and `look_ahead_seconds`, at most `LONGEST_DELAY`.
        longest_turn_seconds: a longer turn is given away in pieces, so that nobody waits for its end.
        window_seconds: sound that an embedding is made of.
        hop_seconds: from one window to the next.
        hysteresis: what becomes speech.
        threshold: mean cosine distance above which two groups of windows are two speakers; None: by
            the model's calibration.
        support: windows that a new speaker needs.
        max_speakers: the largest number of speakers; None: no bound.
        sharpness: how much a tenth of a second's cosine with a speaker's mean says: factor from cosine to nats.
        turn_seconds: mean length of a turn, to which the smoothing is set.
        shortest_pause: seconds; a shorter silence does not end a turn.

    Raises:
        InputError: for values out of range.
    """

    delay_seconds: float = 5.0
    longest_turn_seconds: float = 5.0
    window_seconds: float = 1.5
    hop_seconds: float = 0.5
    hysteresis: Hysteresis = field(default_factory=Hysteresis)
    threshold: float | None = None
    support: int = 4
    max_speakers: int | None = None
    sharpness: float = 4.0
    turn_seconds: float = 3.0
    shortest_pause: float = 0.3

    def __post_init__(self) -> None:
        least = self.window_seconds + self.look_ahead_seconds
        if not (0.0 < self.hop_seconds <= self.window_seconds and least <= self.delay_seconds <= LONGEST_DELAY):
            raise InputError(
                f"expected 0 < hop <= window and a delay from {least:g} to {LONGEST_DELAY:g} s, found a hop of "
                f"{self.hop_seconds:g}, a window of {self.window_seconds:g} and a delay of {self.delay_seconds:g} s"
            )
        if min(self.longest_turn_seconds, self.sharpness, self.turn_seconds) <= 0.0 or self.shortest_pause < 0.0:
            raise InputError("expected a longest turn, sharpness and turn length above 0, and a pause from 0")

    @property
    def look_ahead_seconds(self) -> float:
        """What the rule of speech needs to hear before it is sure of a moment."""
        return self.hysteresis.shortest_pause + self.hysteresis.shortest_speech
