"""RTTM files: who spoke when, a line for each turn (NIST RT-09 evaluation plan, appendix A).

`SPEAKER recording channel start duration <NA> <NA> speaker <NA> [<NA>]`, times in seconds. Lines of the format's other
types and comments (`;` or `#` in front) are skipped. The channel is not looked at: a recording is one scene.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxmetric.data.turns import Turns
from voxmetric.errors import InputError, reason
from voxmetric.files import write_text

if TYPE_CHECKING:
    from pyannote.core import Annotation

_EXPECTED = "`SPEAKER recording channel start duration <NA> <NA> speaker <NA> <NA>`"

_OTHER_TYPES = (
    *("SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH", "FILLER", "EDIT", "IP", "SU", "CB"),
    *("A/P", "SPKR-INFO"),
)

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def read_rttm(path: str | os.PathLike[str]) -> dict[str, Annotation]:
    """The annotation of each recording in a file, by name, in order of appearance; see `read_turns`.

    Raises:
        InputError: for a file that cannot be read, naming the first line that is wrong and what was expected there.
    """
    return {recording: turns.to_annotation(recording) for recording, turns in read_turns(path).items()}


def read_turns(path: str | os.PathLike[str]) -> dict[str, Turns]:
    """The turns of each recording in a file, by name, in order of appearance; a million lines take about 2 s.

    Ends are rounded to a nanosecond, so that turns that touch in the file's decimals touch here.

    Raises:
        InputError: as `read_rttm`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    source = Path(path)
    lines, numbers = read_lines(source, _EXPECTED)
    fields = pc.ascii_split_whitespace(lines)
    kinds = pc.ascii_upper(pc.list_element(fields, 0))
    is_speaker = pc.equal(kinds, "SPEAKER")
    other = pc.is_in(kinds, value_set=pa.array(_OTHER_TYPES, kinds.type))
    refuse(source, lines, numbers, pc.invert(pc.or_(is_speaker, other)), f"{_EXPECTED}, or another type of RTTM line")
    lines, numbers, fields = (
        lines.filter(is_speaker),
        numbers[is_speaker.to_numpy(zero_copy_only=False)],
        fields.filter(is_speaker),
    )
    counts = pc.list_value_length(fields)
    refuse(source, lines, numbers, pc.or_(pc.less(counts, 9), pc.greater(counts, 10)), f"9 or 10 fields, {_EXPECTED}")
    start, duration = (read_seconds(source, lines, numbers, fields, place, _EXPECTED) for place in (3, 4))
    refuse(source, lines, numbers, pa.array(start < 0.0), "a start of 0 s or later")
    refuse(source, lines, numbers, pa.array(duration <= 0.0), "a duration above 0 s (take the line out)")
    recording, speaker = (pc.list_element(fields, place).dictionary_encode() for place in (1, 7))
    end = np.asarray(np.round(start + duration, 9), np.float64)
    codes = recording.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    everyone = Turns(start, end, speaker.indices.to_numpy().astype(np.int64), tuple(speaker.dictionary.to_pylist()))
    parts = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else []
    return {name: everyone.take(part) for name, part in zip(recording.dictionary.to_pylist(), parts, strict=True)}


def write_rttm(
    path: str | os.PathLike[str], annotations: Annotation | Iterable[Annotation] | Mapping[str, Annotation]
) -> None:
    """Write one annotation or several, exact to the millisecond, in one step.

    Start and end are rounded, each by itself; a turn that has no millisecond then is left out. The lines of a recording
    are in order of time.

    Args:
        path: the file; it is replaced.
        annotations: each named by its `uri`, or by its key in a mapping.

    Raises:
        InputError: for a recording without a name, a name or a speaker with blanks in it, a name given twice, or a file
            that cannot be written.
    """
    lines: list[str] = []
    for recording, annotation in _named(annotations).items():
        turns = Turns.of_annotation(annotation)
        for speaker in turns.speakers:
            check_name(speaker, "speaker")
        start, end = (np.rint(1000.0 * times).astype(np.int64) for times in (turns.start, turns.end))
        for first, last, code in zip(start.tolist(), end.tolist(), turns.speaker.tolist(), strict=True):
            if last > first:
                lines.append(
                    f"SPEAKER {recording} 1 {first / 1000:.3f} {(last - first) / 1000:.3f} "
                    f"<NA> <NA> {turns.speakers[code]} <NA> <NA>\n"
                )
    write_text(path, "".join(lines))


def read_lines(path: Path, expected: str) -> tuple[Any, np.ndarray[Any, np.dtype[np.int64]]]:
    """The lines of a file that are neither blank nor a comment, as Arrow text (L,), and their numbers (L,) from 1.

    Raises:
        InputError: if the file cannot be read, saying that it was `expected` to hold such lines.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {reason(error)}; expected text with lines {expected}") from error
    lines = pc.ascii_trim_whitespace(pa.array(text.split("\n"), type=pa.large_string()))
    first = pc.utf8_slice_codeunits(lines, 0, 1)
    numbers = np.flatnonzero(
        ~pc.is_in(first, value_set=pa.array(["", ";", "#"], first.type)).to_numpy(zero_copy_only=False)
    )
    return lines.take(pa.array(numbers)), numbers + 1


def read_seconds(
    path: Path, lines: Any, numbers: np.ndarray[Any, np.dtype[np.int64]], fields: Any, place: int, expected: str
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The field at `place` of every line as float64 (L,).

    Raises:
        InputError: naming the first line where it is no finite number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.list_element(fields, place)
    refuse(
        path,
        lines,
        numbers,
        pc.invert(pc.match_substring_regex(text, _NUMBER)),
        f"seconds in field {place + 1} of {expected}",
    )
    return np.asarray(pc.cast(pc.utf8_ltrim(text, "+"), pa.float64()).to_numpy(zero_copy_only=False))


def refuse(path: Path, lines: Any, numbers: Any, wrong: Any, expected: str) -> None:
    where = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    if len(where):
        line = int(where[0])
        more = f" (and {len(where) - 1} lines more)" if len(where) > 1 else ""
        raise InputError(f"{path}, line {numbers[line]}: expected {expected}, found {lines[line].as_py()[:80]!r}{more}")


def _named(annotations: Annotation | Iterable[Annotation] | Mapping[str, Annotation]) -> dict[str, Annotation]:
    if isinstance(annotations, Mapping):
        pairs = list(annotations.items())
    else:
        several: list[Any] = [annotations] if hasattr(annotations, "itertracks") else list(annotations)
        pairs = [(annotation.uri, annotation) for annotation in several]
    named: dict[str, Annotation] = {}
    for name, annotation in pairs:
        check_name(name, "recording")
        if name in named:
            raise InputError(f"expected each recording once, found {name!r} twice")
        named[name] = annotation
    return named


def check_name(name: Any, kind: str) -> None:
    if not isinstance(name, str) or not name or len(name.split()) != 1 or name != name.strip():
        raise InputError(
            f"expected the name of a {kind} without blanks, as RTTM has no other, found {name!r}; rename it"
        )
