"""Scoring back-ends by name: `create` builds (and fits) one, `available` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voxmetric.errors import InputError
from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.scoring.backends.backend import BackEnd
    from voxmetric.scoring.backends.training import TrainingSet

_HERE = "voxmetric.scoring.backends"

backends = Registry(
    "back-end",
    {
        "cosine": Entry(f"{_HERE}.cosine:Cosine", "cosine of the embeddings"),
        "centred_cosine": Entry(f"{_HERE}.projection:centred_cosine", "cosine after the mean embedding is subtracted"),
        "whitening": Entry(f"{_HERE}.projection:whitening", "cosine after total covariance is made white"),
        "lda": Entry(f"{_HERE}.projection:lda", "cosine in the directions that tell speakers apart"),
        "plda": Entry(f"{_HERE}.plda:plda", "log-likelihood ratio of two Gaussian covariances"),
        "crops_cosine": Entry(f"{_HERE}.crops_cosine:CropsCosine", "mean cosine of all pairs of crops"),
        "crops_distance": Entry(
            f"{_HERE}.crops_distance:CropsDistance", "negative mean distance of all pairs of crops"
        ),
    },
)


def available() -> dict[str, str]:
    """Names of the back-ends with one line each."""
    return backends.available()


def is_trained(name: str) -> bool:
    """Whether the back-end of that name is fitted to embeddings with known speakers.

    Raises:
        InputError: for an unknown name.
    """
    return "training" in backends.options(name)


def takes_crops(name: str) -> bool:
    """Whether the back-end of that name scores embeddings of crops, not of whole recordings.

    Raises:
        InputError: for an unknown name.
    """
    return bool(getattr(backends.load(name), "takes_crops", False))


def create(name: str, options: Mapping[str, Any] | None = None, training: TrainingSet | None = None) -> BackEnd:
    """Build the back-end `name`, fitted to `training` where it is a trained one.

    Raises:
        InputError: for an unknown name or option, a trained back-end without `training`, or one that it cannot fit.
    """
    if is_trained(name) and training is None:
        raise InputError(f"back-end {name!r} is trained: give it embeddings of speakers that are not evaluated")
    backend: BackEnd = backends.create(name, options or {}, {} if training is None else {"training": training})
    return backend
