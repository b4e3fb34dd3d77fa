"""WebVTT (w3.org/TR/webvtt1): a cue for each turn, in the speaker's voice."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyannote.core import Annotation


def render(annotation: Annotation, duration: float) -> str:  # noqa: ARG001 (not part of the format)
    """Each cue says the speaker's name, where a caption would stand."""
    cues = ["WEBVTT\n"]
    for segment, _, label in annotation.itertracks(yield_label=True):
        name = html.escape(" ".join(str(label).split()), quote=False)
        cues.append(f"{_time(segment.start)} --> {_time(segment.end)}\n<v {name}>{name}</v>\n")
    return "\n".join(cues)


def _time(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
