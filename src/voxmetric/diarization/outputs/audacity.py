"""Audacity's label track (manual.audacityteam.org, "Importing and Exporting Labels"): start, end and label, by tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyannote.core import Annotation


def render(annotation: Annotation, duration: float) -> str:  # noqa: ARG001 (not part of the format)
    """A line for each turn; blanks of any kind in a name become single spaces."""
    return "".join(
        f"{segment.start:.6f}\t{segment.end:.6f}\t{' '.join(str(name).split())}\n"
        for segment, _, name in annotation.itertracks(yield_label=True)
    )
