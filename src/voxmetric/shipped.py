"""The models that come with the package, by name."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "models"


def available() -> list[str]:
    """Names that `voxmetric.load_model` and every verb take in place of a model's folder."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("__"))


def locate(path: str | os.PathLike[str]) -> Path:
    """The folder that a user means: `path` if there is anything, else the shipped model of that name, else `path`."""
    given = Path(path)
    if not given.exists() and os.fspath(path) in available():
        return FOLDER / given.name
    return given


def is_shipped(folder: Path) -> bool:
    """Whether `folder` is that of a shipped model."""
    return folder.parent == FOLDER
