"""TED-LIUM, release 2 or 3, as it is unpacked."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from voxmetric.data.corpora.lhotse_recipe import read_with_recipe
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_PARTS = ("train", "dev", "test")
_YEAR = re.compile(r"_\d{4}[A-Za-z]*$")


class TedLium:
    """The folder `TEDLIUM_release2` or `TEDLIUM_release-3` (its `legacy` part), with `sph` and `stm` in each part.

    Every line of an STM file is an utterance and its talk the session. Talks of one person, such as `AlGore_2006` and
    `AlGore_2009`, are of one speaker. Splits are `train`, `dev` and `test`.
    """

    def matches(self, path: Path) -> bool:
        return any(_is_part(_root(path) / part) for part in _PARTS)

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        if audio_folder is not None:
            raise InputError("TED-LIUM's recordings lie beside their transcripts: leave --audio-folder out")
        third = (path / "legacy").is_dir()
        parts = [part for part in _PARTS if _is_part(_root(path) / part)]
        module = "tedlium" if third else "tedlium2"
        table = read_with_recipe(
            "tedlium", module, f"prepare_{module}", lambda recipe: dict(recipe(path.absolute(), None, parts)), path
        )
        speakers = [_YEAR.sub("", speaker) for speaker in table.speakers]
        return table.with_column("speaker", np.array(speakers, dtype=object))


def _root(path: Path) -> Path:
    return path / "legacy" if (path / "legacy").is_dir() else path


def _is_part(path: Path) -> bool:
    return (path / "sph").is_dir() and (path / "stm").is_dir()
