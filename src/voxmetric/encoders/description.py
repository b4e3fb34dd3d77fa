"""What an encoder costs: parameters, and multiply-adds for each second of audio."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from voxmetric.encoders.encoder import Encoder

_SECONDS = 4


@dataclass(frozen=True)
class Description:
    """An encoder in figures.

    Attributes:
        embedding_size: components of an embedding.
        sample_rate: Hz.
        minimum_seconds: the shortest recording it takes.
        num_parameters: learnt numbers, those of frozen parts among them.
        multiply_adds: in matrix products and convolutions, for each second of a recording of four seconds.
    """

    embedding_size: int
    sample_rate: int
    minimum_seconds: float
    num_parameters: int
    multiply_adds: int


@torch.no_grad()
def description(encoder: Encoder) -> Description:
    """Count the parameters and the multiply-adds of `encoder`, which stays as it is."""
    # In double precision a recurrent layer, and with this choice attention, is made of products that are counted.
    counted = copy.deepcopy(encoder).double().eval()
    device = next(counted.parameters()).device
    recording = torch.zeros(1, _SECONDS * encoder.sample_rate, dtype=torch.float64, device=device)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        counted(recording)
    return Description(
        embedding_size=encoder.embedding_size,
        sample_rate=encoder.sample_rate,
        minimum_seconds=encoder.minimum_samples / encoder.sample_rate,
        num_parameters=sum(parameter.numel() for parameter in encoder.parameters()),
        multiply_adds=counter.get_total_flops() // (2 * _SECONDS),
    )
