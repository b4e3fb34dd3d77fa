"""The utterance table of a round of pseudo-labels, in which clusters stand in place of speakers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from voxmetric.data.utterances import UtteranceTable
from voxmetric.training.recipe import Data
from voxmetric.training.subsets import Subsets

PART = "part"
"""Column that tells what a row is for: `train`, `development` or `test`."""


def write_pseudo_labelled(path: Path, subsets: Subsets, ids: NDArray[np.str_], clusters: NDArray[np.int64]) -> None:
    """Write the training utterances `ids` (M,) with their clusters (M,) as speakers, and all that is for evaluation.

    Raises:
        InputError: if the file cannot be written.
    """
    train = subsets.train.take(subsets.train.indices(ids.astype(object)))
    names = np.char.mod("cluster-%07d", clusters).astype(object)
    parts = {"train": train.with_column("speaker", names), "development": subsets.development, "test": subsets.test}
    marked = [table.with_column(PART, part).arrow for part, table in parts.items() if table is not None]
    UtteranceTable(pa.concat_tables(marked), subsets.train.folder).write(path)


def read_pseudo_labelled(path: Path) -> UtteranceTable:
    """The training utterances of a table that `write_pseudo_labelled` wrote."""
    return UtteranceTable.read(path).where(**{PART: "train"})


def pseudo_labelled_data(data: Data, path: Path, subsets: Subsets) -> Data:
    """The recipe's data with the table at `path` in place of its own."""
    return dataclasses.replace(
        data,
        table=str(path.absolute()),
        train={PART: "train"},
        development=None if subsets.development is None else {PART: "development"},
        development_speakers=0,
        test=None if subsets.test is None else {PART: "test"},
        labelled_share=1.0,
    )
