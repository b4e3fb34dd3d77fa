"""Enrolment models: speakers that are known by one recording or several."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable

EXPECTED = "`model id` lines, one for each recording of a model, or `model id id ...` lines"


class Enrolments:
    """Which recordings each model is made of. An id that is no model stands for the recording of that name.

    Args:
        recordings: model to the ids of its recordings, at least one each, none twice in one model.

    Raises:
        InputError: for a model without recordings, or with one of them twice.
    """

    def __init__(self, recordings: Mapping[str, Sequence[str]]) -> None:
        for model, ids in recordings.items():
            if not ids or len(set(ids)) < len(ids):
                raise InputError(f"expected different recordings of model {model!r}, at least one, found {list(ids)}")
        self.recordings = {model: tuple(ids) for model, ids in recordings.items()}

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Enrolments:
        """Read a text file of `model id` or `model id id ...` lines; a model may have several lines.

        Raises:
            InputError: if the file is missing or malformed, with the number of the line.
        """
        file = Path(path)
        found: dict[str, list[str]] = {}
        try:
            for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
                model, *ids = line.split() or [""]
                if model and not ids:
                    raise InputError(f"{file}, line {number}: expected {EXPECTED}, found {line.strip()!r}")
                if model:
                    found.setdefault(model, []).extend(ids)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read enrolments from {file}: expected {EXPECTED}; {error}") from error
        if not found:
            raise InputError(f"cannot read enrolments from {file}: expected {EXPECTED}, found nothing")
        return cls(found)

    def of(self, ids: Sequence[str] | NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        """The recordings (R,) of models or recordings `ids` (M,), those of one together, and whose each is (R,)."""
        found = [self.recordings.get(name, (name,)) for name in ids]
        owners = np.repeat(np.arange(len(found)), [len(each) for each in found])
        return np.array([name for each in found for name in each], dtype=object), owners

    def with_models(self, table: UtteranceTable) -> UtteranceTable:
        """The table with a row more for each model, as if it were an utterance: that of its first recording, renamed.

        Raises:
            InputError: if a recording is not in the table, a model has the name of an utterance, or its recordings are
                of several speakers.
        """
        import pyarrow as pa

        from voxmetric.data.utterances import UtteranceTable

        models = list(self.recordings)
        taken = sorted(set(models) & set(table.ids))
        if taken:
            raise InputError(f"{taken[0]!r} is both a model and an utterance: give models names of their own")
        recordings, owners = self.of(models)
        speakers = table.speakers[table.indices(recordings)]
        first = np.searchsorted(owners, np.arange(len(models)))
        mixed = np.flatnonzero(speakers != speakers[first][owners])
        if len(mixed):
            owner = owners[mixed[0]]
            raise InputError(
                f"model {models[owner]!r} has recordings of several speakers, {speakers[first[owner]]!r} and "
                f"{speakers[mixed[0]]!r}: a model is one speaker"
            )
        rows = table.take(table.indices(recordings[first])).with_column("id", models)
        return UtteranceTable(pa.concat_tables([table.arrow, rows.arrow.select(table.columns)]), table.folder)
