"""Who speaks when in the recordings of an utterance table, as RTTM and UEM."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from voxmetric.audio.reading import info
from voxmetric.data.rttm import write_rttm
from voxmetric.data.turns import Turns
from voxmetric.data.uem import write_uem
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def turns_of_recordings(table: UtteranceTable) -> dict[str, dict[str, tuple[Path, Turns]]]:
    """For each split, every recording by its file's name without ending: where it is and who speaks in it.

    Raises:
        InputError: if two recordings of a split have one name, a name or a speaker has blanks, which RTTM cannot have,
            or an utterance reaches to an end that nothing states.
    """
    unknown = np.flatnonzero(np.isnan(table.durations))
    if len(unknown):
        raise InputError(
            f"utterance {table.ids[unknown[0]]!r} has no duration: turns are known where every utterance has one"
        )
    blank = next((name for name in table.speakers if len(name.split()) != 1), None)
    if blank is not None:
        raise InputError(f"speaker {blank!r} has blanks in the name, which RTTM cannot have")
    found: dict[str, dict[str, tuple[Path, Turns]]] = {}
    for split in dict.fromkeys(table.splits):
        of_split = np.flatnonzero(table.splits == split)
        paths = table.paths[of_split]
        recordings: dict[str, tuple[Path, Turns]] = {}
        for path in dict.fromkeys(paths):
            name = Path(path).stem
            if name in recordings or len(name.split()) != 1:
                other = f"{recordings[name][0]} as well" if name in recordings else "a name with blanks"
                raise InputError(f"{path}: RTTM names a recording by its file, found {other}: rename the file")
            rows = of_split[paths == path]
            start = table.starts[rows]
            turns = Turns.of_names(start, start + table.durations[rows], table.speakers[rows].tolist())
            recordings[name] = Path(path), turns
        found[split] = recordings
    return found


def write_reference(table_path: Path, split: str, recordings: dict[str, tuple[Path, Turns]]) -> Path:
    """Write the turns of a split as RTTM beside its table, and that all of each recording is scored as UEM.

    Returns:
        The path of the RTTM.
    """
    from pyannote.core import Segment, Timeline

    path = table_path.with_name(f"{table_path.stem}-{split}.rttm" if split else f"{table_path.stem}.rttm")
    write_rttm(path, {name: turns.to_annotation(name) for name, (_, turns) in recordings.items()})
    lengths = {name: info(file).duration for name, (file, _) in recordings.items()}
    write_uem(
        path.with_suffix(".uem"),
        {name: Timeline([Segment(0.0, max(0.001, seconds))]) for name, seconds in lengths.items()},
    )
    return path
