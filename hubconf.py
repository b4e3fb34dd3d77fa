"""Entry point for torch.hub: two lines from a copy of this repository to an embedding.

model = torch.hub.load("path/to/this/repository", "voxmetric_model", "path/to/model", source="local")
embedding = model.embed("recording.wav")
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from voxmetric.precision import Request
    from voxmetric.speaker_model import SpeakerModel

dependencies = ["torch", "numpy", "soundfile", "soxr", "msgspec", "safetensors"]

# Works from a copy that is not installed too.
sys.path.append(str(Path(__file__).parent / "src"))


def voxmetric_model(path: str = "default", device: str = "cpu", precision: Request = "float32") -> SpeakerModel:
    """A model folder (`model.safetensors` and `model.json`) as a `SpeakerModel`; nothing in it is executed.

    Args:
        path: the folder, written by `voxmetric train` or `voxmetric convert`, or a shipped model's name.
        device: where to compute.
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 where the device multiplies in it.
    """
    from voxmetric.speaker_model import load_model

    return load_model(path, device=device, precision=precision)


def voxmetric_encoder(name: str, embedding_size: int | None = None) -> torch.nn.Module:
    """An encoder with random weights, from waveforms (B, T) to embeddings (B, D), its front-end inside.

    Args:
        name: one of `voxmetric.encoders.available()`.
        embedding_size: D; None: as published.
    """
    from voxmetric import encoders

    return encoders.create(name, embedding_size)
