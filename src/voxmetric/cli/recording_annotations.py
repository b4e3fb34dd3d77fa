"""What files of turns or regions say of the recordings on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.diarization.speech import GivenRegions


def read_regions(path: Path, names: list[str]) -> dict[str, GivenRegions]:
    """Where somebody speaks in each recording, of a UEM or an RTTM file.

    Raises:
        InputError: for a file that cannot be read, or says nothing of a recording.
    """
    from voxmetric.data.rttm import read_rttm
    from voxmetric.data.uem import read_uem

    found: dict[str, Any] = read_uem(path) if path.suffix.lower() == ".uem" else read_rttm(path)
    return _of_each(found, names, path)


def read_reference(path: Path, names: list[str]) -> dict[str, Annotation]:
    """Who spoke when in each recording, of an RTTM file.

    Raises:
        InputError: as `read_regions`.
    """
    from voxmetric.data.rttm import read_rttm

    return _of_each(read_rttm(path), names, path)


def _of_each(found: dict[str, Any], names: list[str], path: Path) -> dict[str, Any]:
    """What a file says of each recording; the only one in it may have another name.

    Raises:
        InputError: if it says nothing of one.
    """
    if len(found) == len(names) == 1:
        return {names[0]: next(iter(found.values()))}
    missing = [name for name in names if name not in found]
    if missing:
        raise InputError(f"expected every recording in {path}, found nothing of {missing[0]!r}: check the names in it")
    return found
