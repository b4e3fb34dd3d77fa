"""Corpora read by Lhotse's recipes, from the folders in which they are distributed; nothing is fetched."""

from __future__ import annotations

import contextlib
import importlib
import io
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from voxmetric.data.corpora.lhotse import LhotseManifests
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

Manifests = Mapping[str, Mapping[str, Any]]
"""Recordings and supervisions of each part."""


def read_with_recipe(
    corpus: str, module: str, function: str, prepare: Callable[[Callable[..., Any]], Manifests], folder: Path
) -> UtteranceTable:
    """The utterances that a recipe of Lhotse finds, with the parts of the corpus as their splits.

    Args:
        corpus: name for the column `corpus`.
        module: of `lhotse.recipes`.
        function: the recipe, in it.
        prepare: calls the recipe it is given.
        folder: of the corpus.

    Raises:
        InputError: without Lhotse (extra `corpora`), or if the folder is not laid out as the recipe expects.
    """
    if find_spec("lhotse") is None:
        raise InputError(f"reading {corpus} needs Lhotse, of the extra `corpora`: pip install 'voxmetric[corpora]'")
    from lhotse.audio import backend

    recipe = getattr(importlib.import_module(f"lhotse.recipes.{module}"), function)
    # Lhotse would call a program of its own for sphere files; libsndfile reads what voxmetric can read later on.
    usual = backend.get_current_audio_backend()
    backend.set_current_audio_backend(backend.LibsndfileBackend())
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # progress bars of its own
            manifests = prepare(recipe)
    except (AssertionError, ValueError, LookupError, OSError, RuntimeError) as error:
        raise InputError(
            f"{folder}: Lhotse's recipe {function} found it not laid out as {corpus} is distributed: "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        backend.set_current_audio_backend(usual)
    with tempfile.TemporaryDirectory() as beside:
        for part, found in manifests.items():
            if len(found["recordings"]):
                found["recordings"].to_file(Path(beside) / f"{corpus}_recordings_{part}.jsonl.gz")
                found["supervisions"].to_file(Path(beside) / f"{corpus}_supervisions_{part}.jsonl.gz")
        if not any(Path(beside).iterdir()):
            raise InputError(f"{folder}: expected recordings of {corpus}, found none")
        read = LhotseManifests().read(Path(beside), folder)
    # Recipes find files in whatever order the disk has them.
    order = np.lexsort([read.starts, *(column.astype(np.str_) for column in (read.sessions, read.splits))])
    return read.take(order).with_column("corpus", corpus)
