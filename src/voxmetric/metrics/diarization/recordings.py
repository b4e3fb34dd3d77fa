"""What a user gives as reference, hypothesis and scored regions, brought together by recording."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxmetric.data.rttm import read_turns
from voxmetric.data.turns import NO_TURNS, Turns
from voxmetric.data.uem import read_regions
from voxmetric.errors import InputError
from voxmetric.metrics.diarization.sweep import Seconds

if TYPE_CHECKING:
    from pyannote.core import Annotation, Timeline

Diarizations: TypeAlias = (
    "str | os.PathLike[str] | Annotation | Mapping[str, Annotation | Turns] | "
    "Iterable[str | os.PathLike[str] | Annotation]"
)
"""Path of an RTTM file or of a folder of them (`*.rttm`), an annotation, annotations by recording, or several paths or
annotations (named by `uri`)."""

Regions: TypeAlias = "str | os.PathLike[str] | Timeline | Mapping[str, Timeline]"
"""Path of a UEM file, one recording's timeline, or timelines by recording."""

_UNNAMED = "recording"


@dataclass(frozen=True)
class Recording:
    """One recording of the reference with what was found in it.

    Attributes:
        name: of the recording.
        reference: its true turns.
        hypothesis: the turns found.
        regions: (K, 2) what is to be evaluated, or None where nothing says it.
        in_hypothesis: whether the hypothesis knows the recording at all.
    """

    name: str
    reference: Turns
    hypothesis: Turns
    regions: Seconds | None
    in_hypothesis: bool


def bring_together(
    reference: Diarizations, hypothesis: Diarizations, uem: Regions | None = None
) -> tuple[list[Recording], list[str]]:
    """Every recording of the reference, in its order, and a sentence for whatever does not match.

    Two annotations given by themselves belong together whatever their names.

    Raises:
        InputError: for files that cannot be read, a recording given twice, no recording in the reference, or not one in
            common.
    """
    true, found = turns_by_recording(reference), turns_by_recording(hypothesis)
    if not true:
        raise InputError("expected at least one recording in the reference, found none")
    if _is_annotation(reference) and _is_annotation(hypothesis):
        found = dict.fromkeys(true, next(iter(found.values())))
    if found and not set(true) & set(found):
        raise InputError(
            f"expected the recordings of the reference in the hypothesis, found none of them: the reference has "
            f"{next(iter(true))!r}, the hypothesis {next(iter(found))!r}; name recordings alike"
        )
    regions = _regions_by_recording(uem, list(true))
    cautions = [
        *no_score_caution(reference),
        *_caution(list(true), found, "missing in the hypothesis, so all their speech counts as missed"),
        *_caution(list(found), true, "in the hypothesis but not in the reference, so they are not scored"),
        *(
            []
            if uem is None
            else _caution(list(true), regions, "missing in the UEM, so scored over the reference's extent")
        ),
    ]
    recordings = [
        Recording(name, turns, found.get(name, NO_TURNS), regions.get(name), name in found)
        for name, turns in true.items()
    ]
    return recordings, cautions


def turns_by_recording(source: Diarizations) -> dict[str, Turns]:
    """Whatever is given, as turns by recording.

    Raises:
        InputError: for a file that cannot be read, or a recording given twice.
    """
    if isinstance(source, str | os.PathLike):
        return _read(Path(source))
    if isinstance(source, Mapping):
        return {str(name): one if isinstance(one, Turns) else Turns.of_annotation(one) for name, one in source.items()}
    merged: dict[str, Turns] = {}
    several: list[Any] = [source] if _is_annotation(source) else list(source)
    for one in several:
        if isinstance(one, str | os.PathLike):
            turns = _read(Path(one))
        elif _is_annotation(one):
            turns = {_UNNAMED if one.uri is None else str(one.uri): Turns.of_annotation(one)}
        else:
            raise InputError(f"expected paths of RTTM files or annotations, found {type(one).__name__}")
        twice = sorted(set(turns) & set(merged))
        if twice:
            raise InputError(f"expected each recording once, found {twice[0]!r} twice; name each annotation by its uri")
        merged |= turns
    return merged


def _read(path: Path) -> dict[str, Turns]:
    """The turns of a file, or of every `*.rttm` in a folder."""
    if not path.is_dir():
        return read_turns(path)
    files = sorted(path.glob("*.rttm"))
    if not files:
        raise InputError(f"expected RTTM files in {path}, found none that ends in .rttm")
    return turns_by_recording(files)


def _regions_by_recording(uem: Regions | None, recordings: list[str]) -> dict[str, Seconds]:
    if uem is None:
        return {}
    if isinstance(uem, str | os.PathLike):
        return read_regions(uem)
    if not isinstance(uem, Mapping):
        if len(recordings) > 1:
            raise InputError(f"expected timelines by recording for {len(recordings)} recordings, found a single one")
        uem = {recordings[0]: uem}
    return {
        str(name): np.array([(region.start, region.end) for region in timeline], np.float64).reshape(-1, 2)
        for name, timeline in uem.items()
    }


def no_score_caution(reference: Diarizations) -> list[str]:
    """md-eval leaves out time that other lines of a reference file mark; only a UEM does so here."""
    if not isinstance(reference, str | os.PathLike) or Path(reference).is_dir():
        return []
    marks = len(re.findall(rb"(?im)^[ \t]*(?:NOSCORE|NON-LEX)[ \t]", Path(reference).read_bytes()))
    if not marks:
        return []
    return [
        f"the reference has {marks} NOSCORE or NON-LEX lines, whose time md-eval leaves out and this scores: "
        "leave it out by a UEM"
    ]


def _is_annotation(source: Any) -> bool:
    return hasattr(source, "itertracks")


def _caution(names: list[str], known: Mapping[str, Any], what: str) -> list[str]:
    strange = [name for name in names if name not in known]
    if not strange:
        return []
    listed = ", ".join(strange[:5]) + (", ..." if len(strange) > 5 else "")
    return [f"{len(strange)} of {len(names)} recordings {what}: {listed}"]
