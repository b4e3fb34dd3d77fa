"""A comparison on disk: `results.json` is the record, `report.html` and `table.md` are made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from voxmetric.errors import InputError
from voxmetric.files import write_text
from voxmetric.reports.results import Comparison

FORMAT = "voxmetric comparison 1"


def to_json(comparison: Comparison) -> str:
    """The comparison as JSON text, one key a line and marked with the version of the format.

    Raises:
        ValueError: if a figure is not finite; JSON has no such number and a report should have none.
    """
    fields = {"format": FORMAT, **msgspec.to_builtins(comparison)}
    lines = (f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in fields.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_json(text: str | bytes, source: str = "results") -> Comparison:
    """The comparison that `to_json` wrote; nothing missing, nothing unknown, every value of its type.

    Args:
        text: JSON text.
        source: what to call it in an error, usually its path.

    Raises:
        InputError: if the text is not JSON, is of another format, or a field is missing, unknown or of the wrong type.
    """
    try:
        fields = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputError(f"{source}: expected the JSON of a comparison, found {error}; run compare again") from error
    found = fields.pop("format", None) if isinstance(fields, dict) else None
    if found != FORMAT:
        raise InputError(f"{source}: expected format {FORMAT!r}, found {found!r}; run compare again with this version")
    try:
        comparison = msgspec.convert(fields, Comparison)
    except msgspec.ValidationError as error:
        raise InputError(f"{source}: {error}; the file was changed or cut short, run compare again") from error
    for path in _unknown_keys(fields, msgspec.to_builtins(comparison), "$"):
        raise InputError(f"{source}: unknown key `{path}`; the file was changed, run compare again")
    return comparison


def write_comparison(comparison: Comparison, folder: str | os.PathLike[str]) -> None:
    """Write `results.json`, `report.html` and `table.md` into `folder`, each in one step, the record first.

    Raises:
        InputError: if the folder cannot be written.
    """
    from voxmetric.reports.html import render_html  # draws the figures, which takes a second to import
    from voxmetric.reports.table import markdown_table

    write_text(Path(folder) / "results.json", to_json(comparison))
    write_text(Path(folder) / "report.html", render_html(comparison))
    write_text(Path(folder) / "table.md", markdown_table(comparison))


def read_comparison(path: str | os.PathLike[str]) -> Comparison:
    """Read a comparison from its folder, or from the `results.json` in it.

    Raises:
        InputError: if there is no such file or it is not a comparison that this version wrote.
    """
    file = Path(path) / "results.json" if Path(path).is_dir() else Path(path)
    try:
        text = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}; give the folder that compare wrote") from error
    return from_json(text, str(file))


def _unknown_keys(given: Any, kept: Any, path: str) -> Iterator[str]:
    """Paths of the keys in `given` that reading dropped: dataclasses, unlike structs, pass over them in silence."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key in kept:
                yield from _unknown_keys(value, kept[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(given, list):
        for index, (value, kept_value) in enumerate(zip(given, kept, strict=True)):
            yield from _unknown_keys(value, kept_value, f"{path}[{index}]")
