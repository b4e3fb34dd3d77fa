"""Pairs to compare of which nobody knows whether they are one speaker's, and recordings without a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voxmetric.errors import InputError, reason

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable


def read_pairs(path: str | os.PathLike[str]) -> TrialList:
    """Read pairs to score: a trial list of any form, or one without labels (`enrol test` lines, a CSV file so headed).

    The labels of a list without any are all 0 and mean nothing: use the result for scoring only.

    Raises:
        InputError: if the file is missing or malformed.
    """
    import pyarrow as pa
    import pyarrow.csv

    from voxmetric.data.trials import TrialList

    file = Path(path)
    try:
        with file.open(encoding="utf-8-sig") as lines:
            first = next((line.strip() for line in lines if line.strip()), "")
        has_header = first.replace(" ", "") == "enrol,test"
        if not has_header and len(first.split()) != 2:
            return TrialList.read(file)
        pairs = pyarrow.csv.read_csv(
            file,
            read_options=pyarrow.csv.ReadOptions(column_names=["enrol", "test"], skip_rows=int(has_header)),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="," if has_header else "\t" if "\t" in first else " ",
                quote_char='"' if has_header else False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(("enrol", "test"), pa.dictionary(pa.int32(), pa.string()))
            ),
        )
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise InputError(
            f"cannot read pairs from {file}: expected a trial list or `enrol test` lines; {reason(error)}"
        ) from error
    return TrialList(pairs["enrol"], pairs["test"], np.zeros(len(pairs), dtype=np.int8), file.name)


def table_of_paths(trials: TrialList, folder: str | os.PathLike[str]) -> UtteranceTable:
    """A table for trials whose ids are paths of recordings, relative ones starting from `folder`.

    Recordings that trials of one speaker join, directly or through others, get one speaker; any other recording is
    taken for a speaker of its own, which makes intervals too narrow if it is not.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    from voxmetric.data.utterances import UtteranceTable

    same = trials.labels == 1
    enrol, test = (side[same] for side in trials.indices(trials.ids))
    size = (len(trials.ids), len(trials.ids))
    _, speakers = connected_components(coo_array((np.ones(len(enrol)), (enrol, test)), shape=size), directed=False)
    columns = {"id": trials.ids, "path": trials.ids, "speaker": [f"speaker {number}" for number in speakers]}
    return UtteranceTable.from_columns(columns, folder, trials.name)
