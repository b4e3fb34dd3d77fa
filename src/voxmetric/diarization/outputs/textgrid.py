"""Praat's TextGrid, the long form (fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html): a tier for each speaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyannote.core import Annotation

Interval = tuple[float, float, str]


def render(annotation: Annotation, duration: float) -> str:
    """Intervals of each tier cover the whole recording, empty ones where the speaker is silent."""
    speakers = [str(name) for name in annotation.labels()]
    end = max([duration, *(segment.end for segment in annotation.itersegments())])
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end:.3f}"]
    lines += [f"tiers? {'<exists>' if speakers else '<absent>'}"]
    if speakers:
        lines += [f"size = {len(speakers)}", "item []:"]
    for number, name in enumerate(speakers, start=1):
        intervals = _covered(annotation, name, end)
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f"        name = {_quoted(name)}"]
        lines += ["        xmin = 0", f"        xmax = {end:.3f}", f"        intervals: size = {len(intervals)}"]
        for place, (first, last, text) in enumerate(intervals, start=1):
            lines += [
                f"        intervals [{place}]:",
                f"            xmin = {first:.3f}",
                f"            xmax = {last:.3f}",
            ]
            lines += [f"            text = {_quoted(text)}"]
    return "\n".join(lines) + "\n"


def _covered(annotation: Annotation, name: str, end: float) -> list[Interval]:
    """The speaker's turns and what lies between them, to the millisecond."""
    intervals: list[Interval] = []
    reached = 0.0
    for segment in annotation.label_timeline(name).support():
        start, stop = round(segment.start, 3), round(segment.end, 3)
        if start > reached:
            intervals.append((reached, start, ""))
        intervals.append((start, stop, name))
        reached = stop
    if reached < round(end, 3):
        intervals.append((reached, round(end, 3), ""))
    return intervals


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
