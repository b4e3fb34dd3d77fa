"""What simulated conversations are like."""

from __future__ import annotations

import math
from dataclasses import dataclass

from voxmetric.errors import InputError

MOST_SPEAKERS = 10
MOST_OVERLAP = 0.4
"""Turns of two people at most overlap, and not those that a speaker goes on with: more could not be met."""


@dataclass(frozen=True, kw_only=True)
class ConversationSettings:
    """Pairs are the lowest and the highest value; each conversation draws its own between them, uniformly.

    Attributes:
        speakers: fewest and most speakers, 1 to 10. Conversation k takes the k-th number between them, and begins anew
            after the last, so that every number is there equally often.
        seconds: length.
        turn_seconds: median length of a turn; lengths are log-normal.
        turn_spread: standard deviation of the logarithm of a turn's length.
        pause_seconds: mean pause between two turns; pauses are exponential.
        overlap: share of the time with speech in which two speak, up to 0.4; never more than two do. It is met to
            two hundredths up to 0.2 in conversations of minutes; beyond, the turns may not allow it.
        overlap_seconds: mean length of an overlap; lengths are exponential, and longer where the share needs it.
        continue_probability: chance that a speaker goes on after a pause.
        return_probability: chance that otherwise the one before answers; else anyone does, talkative ones more often.
        level: of speech, in dB below full scale (root mean square, pauses left out).
        level_spread: standard deviation of the speakers' levels in dB.
        room: `none`; `simulated`: a reverberation time for each conversation and a response of its own for each
            speaker, from a statistical model; `shoebox`: a traced room with a place for each speaker (extra `rir`); or
            a folder of impulse responses, in which a sub-folder is a room and its files are places, and a file outside
            sub-folders is a room that all speakers share.
        noise: `none`, `pink`, or a folder of recordings, of which one goes on through the whole conversation.
        snr: mean power of the speakers' speech over that of the noise, in dB.
        repeat: say things again when a speaker's recordings are used up. If not, that speaker falls silent, and the
            conversation ends when no two have anything left to say.
        sample_rate: in Hz, a multiple of 1000: the truth is exact to the millisecond.
    """

    speakers: tuple[int, int] = (2, 4)
    seconds: tuple[float, float] = (120.0, 120.0)
    turn_seconds: float = 2.5
    turn_spread: float = 0.7
    pause_seconds: float = 0.5
    overlap: tuple[float, float] = (0.1, 0.1)
    overlap_seconds: float = 0.7
    continue_probability: float = 0.2
    return_probability: float = 0.4
    level: float = -26.0
    level_spread: float = 3.0
    room: str = "none"
    noise: str = "pink"
    snr: tuple[float, float] = (20.0, 30.0)
    repeat: bool = True
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        _range("speakers", self.speakers, 1, MOST_SPEAKERS)
        _range("seconds", self.seconds, 1.0, math.inf)
        _range("overlap", self.overlap, 0.0, MOST_OVERLAP)
        _range("snr", self.snr, -math.inf, math.inf)
        for name, lowest, highest in (
            ("turn_seconds", 0.2, 600.0),
            ("turn_spread", 0.0, 3.0),
            ("pause_seconds", 0.0, 600.0),
            ("overlap_seconds", 0.05, 60.0),
            ("continue_probability", 0.0, 0.95),
            ("return_probability", 0.0, 1.0),
            ("level", -60.0, -10.0),
            ("level_spread", 0.0, 20.0),
        ):
            _range(name, (getattr(self, name), getattr(self, name)), lowest, highest)
        if self.sample_rate < 1000 or self.sample_rate % 1000:
            raise InputError(f"sample_rate is {self.sample_rate}: expected a multiple of 1000 Hz, such as 16000")


def _range(name: str, pair: tuple[float, float], lowest: float, highest: float) -> None:
    low, high = pair
    if not (lowest <= low <= high <= highest and math.isfinite(low) and math.isfinite(high)):
        given = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        bounds = f"at least {lowest:g}" if math.isinf(highest) else f"{lowest:g} to {highest:g}"
        raise InputError(f"{name} is {given}: expected {'finite numbers' if math.isinf(lowest) else bounds}")
