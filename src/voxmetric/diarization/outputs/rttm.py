"""RTTM (NIST RT-09 evaluation plan, appendix A): a line for each turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxmetric.data.turns import Turns

if TYPE_CHECKING:
    from pyannote.core import Annotation


def render(annotation: Annotation, duration: float) -> str:  # noqa: ARG001 (not part of the format)
    """Times in milliseconds; blanks in names, which would part fields, become `_`."""
    turns = Turns.of_annotation(annotation)
    recording = _word(annotation.uri or "recording")
    speakers = [_word(speaker) for speaker in turns.speakers]
    lines = (
        f"SPEAKER {recording} 1 {start:.3f} {end - start:.3f} <NA> <NA> {speakers[code]} <NA> <NA>\n"
        for start, end, code in zip(
            turns.start.round(3).tolist(), turns.end.round(3).tolist(), turns.speaker.tolist(), strict=True
        )
    )
    return "".join(lines)


def _word(name: str) -> str:
    return "_".join(name.split())
