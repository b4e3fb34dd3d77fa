"""Embeddings of many utterances in one file, which holds numbers and text only and runs no code when it is read."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

import voxmetric
from voxmetric.errors import InputError
from voxmetric.files import replacing


class EmbeddingSet:
    """Embeddings with the ids of their utterances.

    Attributes:
        FORMAT: name of the kind of file.
        SHAPE: of `vectors`, in words.
        ids: (N,) strings, all different.
        vectors: (N, D) float32, one row for each id.
        model: fingerprint of the model that made them.
        precision: in which it computed them, `float32` or `bfloat16`.
    """

    FORMAT: ClassVar[str] = "voxmetric-embeddings-1"
    SHAPE: ClassVar[str] = "(N, D)"

    def __init__(self, ids: ArrayLike, vectors: ArrayLike, model: str, precision: str = "float32") -> None:
        """Check that ids and vectors belong together.

        Raises:
            InputError: for shapes that do not fit or an id that occurs twice.
        """
        self.ids: NDArray[np.str_] = np.asarray(ids, dtype=np.str_)
        self.vectors: NDArray[np.float32] = np.asarray(vectors, dtype=np.float32)
        self.model = model
        self.precision = precision
        axes = self.SHAPE.count(",") + 1
        if self.ids.ndim != 1 or self.vectors.ndim != axes or len(self.ids) != len(self.vectors):
            raise InputError(
                f"expected N ids and embeddings of shape {self.SHAPE}, found {self.ids.shape} and {self.vectors.shape}"
            )
        self._order = np.argsort(self.ids, kind="stable")
        ordered = self.ids[self._order]
        repeated = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(repeated):
            raise InputError(f"{len(repeated)} ids occur more than once, the first is {str(repeated[0])!r}")

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Row of each id, (M,) for (M,) ids.

        Raises:
            InputError: for ids that have no embedding; their number and the first of them are named.
        """
        wanted = np.asarray(ids, dtype=np.str_)
        if not len(self.ids) and len(wanted):
            raise InputError(f"there are no embeddings, {len(wanted)} were asked for")
        place = np.searchsorted(self.ids, wanted, sorter=self._order)
        rows: NDArray[np.int64] = self._order[np.minimum(place, len(self.ids) - 1)]
        missing = np.unique(wanted[self.ids[rows] != wanted])
        if len(missing):
            raise InputError(f"{len(missing)} ids have no embedding, the first: {', '.join(missing[:3])}")
        return rows

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one safetensors file, in one step.

        Tensors: `embeddings` (N, D) float32; `ids`, the UTF-8 bytes of all ids end to end; `id_ends` (N,) int64, where
        each ends. Metadata: the format, the model's fingerprint, the precision and the version of this package.
        """
        from safetensors.numpy import save_file

        encoded = [str(name).encode() for name in self.ids]
        tensors: dict[str, NDArray[Any]] = {
            "embeddings": np.ascontiguousarray(self.vectors),
            "ids": np.frombuffer(b"".join(encoded), dtype=np.uint8),
            "id_ends": np.cumsum([len(name) for name in encoded], dtype=np.int64),
        }
        metadata = {
            "format": self.FORMAT,
            "model": self.model,
            "precision": self.precision,
            "voxmetric": voxmetric.__version__,
        }
        with replacing(path) as beside:
            save_file(tensors, beside, metadata=metadata)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that `save` wrote.

        Raises:
            InputError: if there is no such file, or it is damaged or of another kind.
        """
        from safetensors import SafetensorError, safe_open

        file = Path(path)
        if not file.is_file():
            raise InputError(f"expected a file of embeddings, found none at {file}; make one with `voxmetric embed`")
        try:
            with safe_open(file, framework="numpy") as opened:
                metadata = opened.metadata() or {}
                if metadata.get("format") != cls.FORMAT:
                    raise InputError(
                        f"{file} holds no embeddings: expected the format {cls.FORMAT}, found {metadata.get('format')}"
                    )
                vectors, text, ends = (opened.get_tensor(name) for name in ("embeddings", "ids", "id_ends"))
            joined = text.tobytes()
            names = [joined[start:end].decode() for start, end in itertools.pairwise([0, *ends.tolist()])]
        except (SafetensorError, UnicodeDecodeError, OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{file} is not a readable file of embeddings ({error}); make it again") from error
        return cls(names, vectors, metadata.get("model", "unknown"), metadata.get("precision", "float32"))


class CropEmbeddingSet(EmbeddingSet):
    """Embeddings of C crops of each utterance.

    Attributes:
        ids: (N,) strings, all different.
        vectors: (N, C, D) float32.
        model: fingerprint of the model that made them.
        precision: in which it computed them, `float32` or `bfloat16`.
    """

    FORMAT: ClassVar[str] = "voxmetric-crop-embeddings-1"
    SHAPE: ClassVar[str] = "(N, C, D)"
