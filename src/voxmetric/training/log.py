"""A run's history: one JSON object a line, for people, plots and resumption."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from voxmetric.errors import InputError
from voxmetric.files import write_text


class TrainingLog:
    """Appends records to `path`; each has `step`, the number of updates made.

    Args:
        path: a JSON-lines file.
        step: records after this step are dropped first: they belong to updates that a resumed run makes again.
        tensorboard: folder for TensorBoard files too, or none.
    """

    def __init__(self, path: Path, step: int, tensorboard: Path | None = None) -> None:
        kept = [record for record in read_log(path) if record["step"] <= step]
        write_text(path, "".join(json.dumps(record) + "\n" for record in kept))
        self._path = path
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._board = _summary_writer(tensorboard, step) if tensorboard else None

    def write(self, step: int, **values: Any) -> None:
        """Append one record."""
        try:
            self._file.write(json.dumps({"step": step, **values}) + "\n")
            self._file.flush()
        except OSError as error:
            raise InputError(f"cannot write {self._path}: {error.strerror}; free some space and run again") from error
        if self._board:
            for name, value in values.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush and close."""
        self._file.close()
        if self._board:
            self._board.close()


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a log; a last line that an interruption cut short is left out."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            return


def _summary_writer(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InputError('training.tensorboard needs an extra: pip install "voxmetric[tensorboard]"') from error
    return SummaryWriter(str(folder), purge_step=step + 1)
