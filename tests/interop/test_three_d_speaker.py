"""ECAPA-TDNN in 3D-Speaker's layout, against a straight implementation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from voxmetric import interop


def test_ecapa(layout: Any, network: Any, kaldi: Any, waveforms: Tensor, saved: Any, same_embeddings: Any) -> None:
    layout.speechbrain_tree("", 80, 64, 192, 24, "norm.norm")
    conversion = interop.convert(saved(layout.tensors, "ecapa-tdnn.bin"), format_name="three_d_speaker")
    povey = torch.hann_window(400, periodic=False, dtype=torch.float64) ** 0.85
    features = kaldi(waveforms, 80, povey, 1.0)
    same_embeddings(conversion, waveforms, network(layout.tensors).speechbrain_tree(features, "", "norm.norm"))
    assert "3D-Speaker" in conversion.model.card.summary
