"""Voice activity by name: where in a recording somebody speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from voxmetric.audio.voice_activity.curve import SAMPLE_RATE, Hysteresis, SpeechCurve, Waveform
from voxmetric.audio.voice_activity.regions import Regions
from voxmetric.registry import Entry, Registry

_HERE = "voxmetric.audio.voice_activity"

detectors = Registry(
    "voice activity detector",
    {
        "silero": Entry(f"{_HERE}.silero:silero", "the packaged neural detector, robust to noise"),
        "energy": Entry(
            f"{_HERE}.energy:energy", "louder than the noise around; needs nothing, knows nothing of voices"
        ),
    },
)


def available() -> dict[str, str]:
    """Every detector's name with its one-line summary."""
    return detectors.available()


def speech_curve(
    blocks: Iterable[Waveform], method: str = "silero", options: Mapping[str, Any] | None = None
) -> SpeechCurve:
    """How likely there is speech in each frame of a recording.

    Args:
        blocks: (T,) float32 at 16 kHz, consecutive, of any lengths; memory does not grow with their number.
        method: one of `available()`.
        options: the method's own; see its function.

    Raises:
        InputError: for an unknown method or option, or as reading the blocks.
    """
    curve: SpeechCurve = detectors.create(method, options or {}, {"blocks": blocks})
    return curve


__all__ = ["SAMPLE_RATE", "Hysteresis", "Regions", "SpeechCurve", "available", "detectors", "speech_curve"]
