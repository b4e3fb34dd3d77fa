"""Recordings with the truth of who spoke when: a folder of audio files, RTTM and, where there is any, UEM."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voxmetric.audio.reading import SUFFIXES
from voxmetric.data.rttm import read_turns
from voxmetric.data.turns import Turns
from voxmetric.data.uem import read_uem
from voxmetric.errors import InputError

if TYPE_CHECKING:
    from pyannote.core import Timeline


@dataclass(frozen=True)
class AnnotatedRecordings:
    """Recordings whose turns are known.

    Attributes:
        folder: where they are.
        paths: file of each recording, by name, in the order of the reference.
        turns: who speaks in each.
        scored: what of each is to be scored; those without an entry in full. None where nothing says it.
        sha256: hash of the reference, and of the names and sizes of the audio files.
    """

    folder: Path
    paths: dict[str, Path]
    turns: dict[str, Turns]
    scored: dict[str, Timeline] | None
    sha256: str

    @classmethod
    def read(cls, place: str | os.PathLike[str]) -> AnnotatedRecordings:
        """Read every `*.rttm` and `*.uem` in a folder, and find the recordings they name in it or in its sub-folders.

        Args:
            place: the folder; or one RTTM file in it, with which the UEM of the same name goes.

        Raises:
            InputError: for a folder without RTTM, a recording named in two of them, or one that has no file or several.
        """
        root = Path(place)
        references, regions = sorted(root.glob("*.rttm")), sorted(root.glob("*.uem"))
        if root.is_file():
            references, regions = [root], [one for one in [root.with_suffix(".uem")] if one.exists()]
            root = root.parent
        if not references:
            raise InputError(f"expected recordings with their turns as *.rttm in {root}, found no such file")
        digest = hashlib.sha256()
        turns: dict[str, Turns] = {}
        for path in references:
            read = read_turns(path)
            twice = sorted(read.keys() & turns.keys())
            if twice:
                raise InputError(f"{root}: recording {twice[0]!r} is in {path.name} and in another RTTM file: keep one")
            turns |= read
            digest.update(path.read_bytes())
        if not turns:
            raise InputError(f"{root}: expected turns in {references[0].name}, found none")
        scored: dict[str, Timeline] = {}
        for path in regions:
            scored |= read_uem(path)
            digest.update(path.read_bytes())
        paths = {name: _only(root, name, files) for name, files in _by_stem(root, turns).items()}
        for name, path in paths.items():
            digest.update(f"{name} {path.stat().st_size}\n".encode())
        return cls(root, paths, turns, scored if regions else None, digest.hexdigest())


def _by_stem(root: Path, names: dict[str, Turns]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {name: [] for name in names}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stem in found:
            found[path.stem].append(path)
    return found


def _only(root: Path, name: str, files: list[Path]) -> Path:
    if len(files) != 1:
        what = "none" if not files else f"{len(files)}, {files[0]} and {files[1]}"
        raise InputError(f"expected one audio file named {name} in {root}, as its RTTM has turns of it, found {what}")
    return files[0]
