"""A model in an ONNX file, computed by ONNX Runtime."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.speaker_model import Card, SpeakerModel

FORMAT = 1


def is_available() -> bool:
    """Whether the packages of the extra `onnx` are installed; imports none of them."""
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxscript", "onnxruntime"))


def require_onnx() -> None:
    """Raise an `InputError` that names the command, where the extra is not installed."""
    if not is_available():
        raise InputError("ONNX needs further packages: pip install 'voxmetric[onnx]'")


class OnnxEncoder(nn.Module):
    """The encoder in a file that `onnx_export.export` wrote; called as `voxmetric.encoders.encoder.Encoder` is.

    Args:
        path: the file.
        num_threads: at work inside one call; None: as many as torch uses.

    Attributes:
        sample_rate: Hz of the waveforms it takes.
        embedding_size: components of an embedding.
        minimum_samples: the shortest waveform it takes.
        fingerprint: of the model that was exported.
        card: that model's.

    Raises:
        InputError: if the extra is missing, or the file is missing, damaged, or from elsewhere.
    """

    def __init__(self, path: str | os.PathLike[str], num_threads: int | None = None) -> None:
        super().__init__()
        require_onnx()
        import onnxruntime

        file = Path(path)
        if not file.is_file():
            raise InputError(f"there is no file {file}: export a model with voxmetric export")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads or torch.get_num_threads()
        options.log_severity_level = 3  # errors; its warnings are about its own optimisations
        try:
            session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own errors have no common class but this one
            reason = " ".join(str(error).split())
            raise InputError(f"{file} is no ONNX model that can be run ({reason[:200]}): export it again") from error
        properties = session.get_modelmeta().custom_metadata_map
        try:
            file_format = int(properties["format"])
            self.sample_rate = int(properties["sample_rate"])
            self.embedding_size = int(properties["embedding_size"])
            self.minimum_samples = int(properties["minimum_samples"])
            self.fingerprint: str = properties["fingerprint"]
            self.card = msgspec.convert(json.loads(properties["card"]), Card)
        except (KeyError, ValueError) as error:
            reason = f"{file} was not written by voxmetric export ({error!r}): export the model again"
            raise InputError(reason) from error
        if file_format > FORMAT:
            raise InputError(f"{file} was exported by a newer voxmetric (format {file_format}): upgrade to read it")
        self._session = session

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Embeddings (B, D), not normalised, of waveforms (B, T) of which the first `lengths` (B,) samples count.

        Raises:
            InputError: if the runtime fails, as it does on waveforms shorter than `minimum_samples`.
        """
        if lengths is None:
            lengths = torch.full((len(waveforms),), waveforms.shape[1])
        fed = {"waveforms": waveforms.numpy(), "lengths": lengths.numpy().astype(np.int64)}
        try:
            return torch.from_numpy(self._session.run(["embeddings"], fed)[0])
        except Exception as error:  # the runtime's own errors have no common class but this one
            reason = " ".join(str(error).split())
            raise InputError(
                f"ONNX Runtime cannot compute {tuple(waveforms.shape)} samples ({reason[:200]}): use the model folder"
            ) from error


class OnnxModel(SpeakerModel):
    """A speaker model that ONNX Runtime computes; it embeds as any other, and cannot be saved or trained.

    Args:
        path: a file that `onnx_export.export` wrote.

    Raises:
        InputError: as `OnnxEncoder`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        encoder = OnnxEncoder(path, num_threads=1)  # embedding computes a batch on each core
        self.path = Path(path)
        self._fingerprint = encoder.fingerprint
        super().__init__(cast(Encoder, encoder), encoder.card)

    @property
    def fingerprint(self) -> str:
        """Of the model that was exported: its embeddings and these go together."""
        return self._fingerprint

    def _prepared(self) -> Encoder:
        """The runtime prepares itself."""
        return self.encoder

    def save(self, folder: str | os.PathLike[str], *, half_precision: bool = False) -> Path:  # noqa: ARG002
        """Not possible.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.path} holds no weights to save to {folder}: copy the file, or save the model it is of")
