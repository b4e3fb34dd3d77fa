"""Scores of trials as text, one `enrol test score` line for each trial: what other toolkits write and read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.files import replacing

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList

EXPECTED = "`enrol test score` lines, parted by single blanks or tabs"


def write_scores(path: str | os.PathLike[str], trials: TrialList, scores: ArrayLike) -> None:
    """Write one line for each trial, in one step; scores with as many digits as tell single precision apart.

    Raises:
        InputError: if the file cannot be written, or an id has a blank in it.
    """
    import pyarrow as pa
    import pyarrow.csv

    if trials.has_blanks:
        raise InputError(f"cannot write {path}: ids have blanks in them, so its lines could not be read again")
    columns = {"enrol": trials.enrol_ids, "test": trials.test_ids, "score": np.asarray(scores)}
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=" ", quoting_style="none")
    with replacing(path) as beside:
        pyarrow.csv.write_csv(pa.table(columns), beside, options)


def read_scores(path: str | os.PathLike[str], trials: TrialList) -> NDArray[np.float64]:
    """The score (T,) of each trial, wherever in the file it stands; pairs that are no trials are passed over.

    Raises:
        InputError: if the file is missing or malformed, holds a pair twice, or lacks a trial.
    """
    enrol, test, scores = _columns(Path(path))
    ids = trials.ids
    keys = _keys(enrol, ids) * len(ids) + _keys(test, ids)
    known = (_keys(enrol, ids) >= 0) & (_keys(test, ids) >= 0)
    keys, scores = keys[known], scores[known]
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    if (ordered[1:] == ordered[:-1]).any():
        twice = ordered[1:][ordered[1:] == ordered[:-1]][0]
        raise InputError(f"{path} scores the pair {ids[twice // len(ids)]} {ids[twice % len(ids)]} more than once")
    first, second = trials.indices(ids)
    wanted = first * len(ids) + second
    place = np.minimum(np.searchsorted(ordered, wanted), max(0, len(ordered) - 1))
    missing = np.flatnonzero(ordered[place] != wanted) if len(ordered) else np.arange(len(wanted))
    if len(missing):
        raise InputError(
            f"{path} has no score for {len(missing)} of {len(wanted)} trials, the first is "
            f"{ids[first[missing[0]]]} {ids[second[missing[0]]]}; check that it belongs to trial list {trials.name!r}"
        )
    found: NDArray[np.float64] = scores[order[place]]
    return found


def _columns(path: Path) -> tuple[Any, Any, NDArray[np.float64]]:
    """The two sides as Arrow text columns, and the scores (M,)."""
    import pyarrow as pa
    import pyarrow.csv

    try:
        with path.open(encoding="utf-8") as file:
            delimiter = "\t" if "\t" in file.readline() else " "
        table = pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(column_names=["enrol", "test", "score"]),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={"enrol": pa.large_string(), "test": pa.large_string(), "score": pa.float64()},
                null_values=[],
            ),
        )
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise InputError(f"cannot read scores from {path}: expected {EXPECTED}; {error}") from error
    return table["enrol"], table["test"], table["score"].to_numpy()


def _keys(names: Any, ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Place of each name among `ids`, -1 where it is not there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(names, value_set=pa.array(ids, type=pa.large_string()))
    found: NDArray[np.int64] = pc.fill_null(places, -1).to_numpy().astype(np.int64)
    return found
