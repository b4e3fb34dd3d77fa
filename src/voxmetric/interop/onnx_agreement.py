"""How far an exported model is from torch."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from voxmetric.encoders.encoder import Encoder
from voxmetric.interop.onnx_encoder import OnnxEncoder

_LENGTHS, _LONGEST_SECONDS = 5, 8.0


@dataclass(frozen=True)
class Agreement:
    """How far ONNX Runtime was from torch.

    Attributes:
        lengths: samples of the recordings compared.
        unit: largest difference in a component of a unit-length embedding.
        raw: largest difference in a component of an embedding as the network gives it, relative to its largest one.
    """

    lengths: tuple[int, ...]
    unit: float
    raw: float

    @property
    def worst(self) -> float:
        """The larger of the two."""
        return max(self.unit, self.raw)


def agreement_with_torch(encoder: Encoder, path: str | os.PathLike[str]) -> Agreement:
    """Compare an exported file with its encoder at five lengths, from the shortest possible to eight seconds.

    Each is a batch of three, of which one is shorter than the others, so that the padding counts too.
    """
    exported = OnnxEncoder(path)
    longest = max(2 * encoder.minimum_samples, round(_LONGEST_SECONDS * encoder.sample_rate))
    lengths = [int(length) for length in np.geomspace(encoder.minimum_samples, longest, _LENGTHS)]
    generator = torch.Generator().manual_seed(0)
    unit = raw = 0.0
    for length in lengths:
        waveforms = 0.1 * torch.randn(3, length, generator=generator)
        counted = torch.tensor([length, max(encoder.minimum_samples, 2 * length // 3), length])
        with torch.no_grad():
            wanted, found = encoder(waveforms, counted), exported(waveforms, counted)
        raw = max(raw, float((wanted - found).abs().max() / wanted.abs().max().clamp(min=1e-12)))
        normalized = F.normalize(wanted) - F.normalize(found)
        unit = max(unit, float(normalized.abs().max()))
    return Agreement(tuple(lengths), unit, raw)
