"""JSON: who spoke how long, and every turn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from voxmetric.diarization.speaking_times import speaking_times

if TYPE_CHECKING:
    from pyannote.core import Annotation


def render(annotation: Annotation, duration: float) -> str:
    """One object; see `as_dictionary`."""
    return json.dumps(as_dictionary(annotation, duration), ensure_ascii=False, indent=1) + "\n"


def as_dictionary(annotation: Annotation, duration: float) -> dict[str, Any]:
    """`recording`, `duration`, `speech`, `overlap`, `speakers` and `turns`, times in seconds."""
    times = speaking_times(annotation)
    return {
        "recording": annotation.uri,
        "duration": round(duration, 3),
        "speech": round(times.speech, 3),
        "overlap": round(times.overlap, 3),
        "speakers": [
            {
                "name": speaker.name,
                "seconds": round(speaker.seconds, 3),
                "share": round(speaker.share, 4),
                "turns": speaker.turns,
                "overlapped": round(speaker.overlapped, 3),
            }
            for speaker in times.speakers
        ],
        "turns": [
            {"start": round(segment.start, 3), "end": round(segment.end, 3), "speaker": str(name)}
            for segment, _, name in annotation.itertracks(yield_label=True)
        ],
    }
