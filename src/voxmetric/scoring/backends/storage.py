"""Fitted back-ends in files: numbers in safetensors, the rest as JSON in its header; reading one runs no code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.files import replacing
from voxmetric.scoring.backends.plda import Plda
from voxmetric.scoring.backends.projection import ProjectedCosine

FORMAT = "voxmetric-back-end-1"

FittedBackEnd = ProjectedCosine | Plda


def save_backend(backend: FittedBackEnd, path: str | os.PathLike[str]) -> None:
    """Write a fitted back-end to one safetensors file, in one step, with the fingerprint of the model it belongs to.

    Raises:
        InputError: if the file cannot be written.
    """
    from safetensors.numpy import save_file

    projection = backend.projection if isinstance(backend, Plda) else backend
    tensors: dict[str, NDArray[Any]] = {
        "projection.mean": projection.mean,
        "projection.directions": projection.directions,
    }
    description: dict[str, str] = {"kind": "projection", "source": backend.source}
    if isinstance(backend, Plda):
        tensors |= {"mean": backend.mean, "axes": backend.axes, "variances": backend.variances}
        description |= {"kind": "plda", "enrolment": backend.enrolment}
    metadata = {"format": FORMAT, "model": backend.model, "back-end": json.dumps(description)}
    with replacing(path) as beside:
        save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, beside, metadata=metadata)


def load_backend(path: str | os.PathLike[str]) -> FittedBackEnd:
    """Read a file that `save_backend` wrote.

    Raises:
        InputError: if there is no such file, or it is damaged or of another kind.
    """
    from safetensors import SafetensorError, safe_open

    file = Path(path)
    if not file.is_file():
        raise InputError(f"expected a file with a fitted back-end, found none at {file}")
    try:
        with safe_open(file, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise InputError(f"{file} is no back-end: expected the format {FORMAT}, found {metadata.get('format')}")
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        description = json.loads(metadata["back-end"])
        model, source = metadata["model"], description["source"]
        projection = ProjectedCosine(tensors["projection.mean"], tensors["projection.directions"], model, source)
        if description["kind"] == "projection":
            return projection
        mean, axes, variances = (tensors[name] for name in ("mean", "axes", "variances"))
        return Plda(projection, mean, axes, variances, description["enrolment"], model, source)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{file} is not a readable back-end ({error}); fit it again") from error
