"""CALLHOME as the NIST speaker recognition evaluation 2000 has it (LDC2001S97, disc 8), with its speakers' turns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxmetric.data.corpora.lhotse_recipe import Manifests, read_with_recipe
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_TURNS = "fullref.rttm"


class CallHome:
    """A folder with the conversations (`*.sph`, anywhere in it) and the `fullref.rttm` of openslr.org/10 (there, or in
    one of its folders).

    Every turn is an utterance; speakers are named after their conversation.
    """

    def matches(self, path: Path) -> bool:
        return path.is_dir() and bool(_turns(path))

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        found = _turns(path)
        if len(found) != 1:
            raise InputError(f"{path}: expected one {_TURNS}, found {len(found)}")
        folder = (audio_folder or path).absolute()

        def prepare(recipe: Callable[..., Any]) -> Manifests:
            with tempfile.TemporaryDirectory() as beside:
                (Path(beside) / _TURNS).write_text(_of_one_channel(found[0]), encoding="utf-8")
                return {"all": recipe(folder, rttm_dir=Path(beside), absolute_paths=True)}

        table = read_with_recipe("callhome", "callhome_english", "prepare_callhome_english", prepare, path)
        return table.with_column("split", "")


def _turns(path: Path) -> list[Path]:
    return sorted([*path.glob(_TURNS), *path.glob(f"*/{_TURNS}")])


def _of_one_channel(path: Path) -> str:
    """The turns with channel 0: conversations are recorded in one, which files number in several ways."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    speakers = [[*fields[:2], "0", *fields[3:9], "<NA>"] for fields in lines if fields[:1] == ["SPEAKER"]]
    if any(len(fields) != 10 for fields in speakers):
        raise InputError(f"{path}: expected `SPEAKER recording channel start duration <NA> <NA> speaker <NA>` lines")
    return "".join(f"{' '.join(fields)}\n" for fields in speakers)
