"""Formats in which who spoke when is written: one file each, looked up by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voxmetric.files import write_text
from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from pyannote.core import Annotation

_HERE = "voxmetric.diarization.outputs"

Render = Callable[["Annotation", float], str]
"""From an annotation and the recording's duration in seconds to the file's text."""


@dataclass(frozen=True)
class Format(Entry):
    """A format and the ending of its files."""

    suffix: str


_FORMATS = {
    "rttm": Format(f"{_HERE}.rttm:render", "turns as NIST's tools and most others read them", ".rttm"),
    "json": Format(f"{_HERE}.json:render", "turns, and how long each speaker speaks", ".json"),
    "csv": Format(f"{_HERE}.csv:render", "turns as a table for a spreadsheet", ".csv"),
    "audacity": Format(f"{_HERE}.audacity:render", "a label track for Audacity", ".txt"),
    "textgrid": Format(f"{_HERE}.textgrid:render", "a tier for each speaker, for Praat and ELAN", ".TextGrid"),
    "webvtt": Format(f"{_HERE}.webvtt:render", "captions with voices, for players in browsers", ".vtt"),
}

formats = Registry("output format", _FORMATS)


def available() -> dict[str, str]:
    """Every format's name with its one-line summary."""
    return formats.available()


def suffix(name: str) -> str:
    """The ending of a format's files.

    Raises:
        InputError: for an unknown format.
    """
    formats.load(name)
    return _FORMATS[name].suffix


def render(name: str, annotation: Annotation, duration: float) -> str:
    """The text of a file in a format.

    Args:
        name: one of `available()`.
        annotation: who spoke when; its `uri` names the recording.
        duration: of the recording, in seconds.

    Raises:
        InputError: for an unknown format.
    """
    write: Render = formats.load(name)
    return write(annotation, duration)


def write(folder: str | os.PathLike[str], name: str, annotation: Annotation, duration: float) -> Path:
    """Write a file in a format into a folder, named after the recording, in one step; returns its path.

    Raises:
        InputError: for an unknown format, or if the file cannot be written.
    """
    path = Path(folder) / f"{annotation.uri}{suffix(name)}"
    write_text(path, render(name, annotation, duration))
    return path


__all__ = ["Format", "available", "formats", "render", "suffix", "write"]
