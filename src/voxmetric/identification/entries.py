"""What may be put in a gallery, or asked of it: names and embeddings, checked and brought to one form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.identification.stores.store import Vectors


def check_names(names: Sequence[Any] | NDArray[np.object_]) -> None:
    """Refuse names that are no text or empty.

    Raises:
        InputError: naming the first.
    """
    for name in names:
        if not isinstance(name, str) or not name:
            raise InputError(f"expected a person's name, found {name!r}")


def unit_rows(embeddings: ArrayLike | None, size: int) -> Vectors:
    """Embeddings (N, D), each scaled to unit length.

    Args:
        embeddings: (N, D), of any length but zero.
        size: D.

    Raises:
        InputError: for another shape, or if one is zero or not finite.
    """
    vectors = np.asarray(embeddings, dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != size:
        raise InputError(f"expected embeddings of shape (N, {size}), found {vectors.shape}")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(lengths[:, 0]) & (lengths[:, 0] > 0.0)))
    if len(bad):
        raise InputError(
            f"{len(bad)} of {len(vectors)} embeddings are zero or not finite, the first is number {bad[0]}; "
            "look for an empty or silent recording"
        )
    units: Vectors = vectors / lengths
    return units


def hash_of(vector: Vectors) -> str:
    """A name for a recording that has none: the same for the same embedding (D,)."""
    return hashlib.sha256(vector.astype("<f4").tobytes()).hexdigest()[:16]
