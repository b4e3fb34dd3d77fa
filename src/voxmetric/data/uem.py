"""UEM files: which regions of each recording are scored, `recording channel start end` lines in seconds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.rttm import check_name, read_lines, read_seconds, refuse
from voxmetric.files import write_text

if TYPE_CHECKING:
    from pyannote.core import Timeline

_EXPECTED = "`recording channel start end`"


def read_uem(path: str | os.PathLike[str]) -> dict[str, Timeline]:
    """The scored regions of each recording, by name, in order of appearance.

    Comments (`;` or `#` in front) are skipped and the channel is not looked at.

    Raises:
        InputError: for a file that cannot be read, naming the first line that is wrong and what was expected there.
    """
    from pyannote.core import Segment, Timeline

    return {
        recording: Timeline([Segment(*region) for region in regions.tolist()], uri=recording)
        for recording, regions in read_regions(path).items()
    }


def read_regions(path: str | os.PathLike[str]) -> dict[str, NDArray[np.float64]]:
    """As `read_uem`, each recording's regions as an array (R, 2) of start and end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    source = Path(path)
    lines, numbers = read_lines(source, _EXPECTED)
    fields = pc.ascii_split_whitespace(lines)
    refuse(source, lines, numbers, pc.not_equal(pc.list_value_length(fields), 4), f"4 fields, {_EXPECTED}")
    start, end = (read_seconds(source, lines, numbers, fields, place, _EXPECTED) for place in (2, 3))
    refuse(
        source, lines, numbers, pa.array((start < 0.0) | (end <= start)), "an end after the start, in seconds from 0"
    )
    recording = pc.list_element(fields, 0).dictionary_encode()
    codes = recording.indices.to_numpy()
    return {
        name: np.stack([start[codes == code], end[codes == code]], axis=1)
        for code, name in enumerate(recording.dictionary.to_pylist())
    }


def write_uem(path: str | os.PathLike[str], regions: Mapping[str, Timeline]) -> None:
    """Write the scored regions of each recording, exact to the millisecond, in one step.

    Raises:
        InputError: for a name with blanks in it, or a file that cannot be written.
    """
    lines = []
    for recording, timeline in regions.items():
        check_name(recording, "recording")
        lines += [f"{recording} 1 {segment.start:.3f} {segment.end:.3f}\n" for segment in timeline]
    write_text(path, "".join(lines))
