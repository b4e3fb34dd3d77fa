"""CSV: a row for each turn."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyannote.core import Annotation


def render(annotation: Annotation, duration: float) -> str:  # noqa: ARG001 (not part of the format)
    """Columns `recording`, `start`, `end`, `duration` (seconds) and `speaker`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("recording", "start", "end", "duration", "speaker"))
    writer.writerows(
        (annotation.uri, f"{segment.start:.3f}", f"{segment.end:.3f}", f"{segment.duration:.3f}", name)
        for segment, _, name in annotation.itertracks(yield_label=True)
    )
    return text.getvalue()
