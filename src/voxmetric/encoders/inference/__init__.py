"""Encoders with fixed weights, computed another way: the same embeddings in less time on a CPU."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from voxmetric.encoders.ecapa_tdnn import EcapaTdnn
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.ensemble import Ensemble
from voxmetric.encoders.gated_tdnn import GatedTdnn
from voxmetric.encoders.inference.bfloat16 import TrunkInBfloat16
from voxmetric.encoders.inference.channel_context_attentive import ChannelContextAttentiveForInference
from voxmetric.encoders.inference.ecapa_tdnn import EcapaTdnnForInference
from voxmetric.encoders.inference.gated_tdnn import GatedTdnnForInference
from voxmetric.encoders.inference.resnet import ResNetForInference
from voxmetric.encoders.pooling.channel_context_attentive import ChannelContextAttentive
from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.trunk import Trunk
from voxmetric.precision import Precision


@torch.no_grad()
def for_inference(encoder: Encoder, precision: Precision = "float32") -> Encoder:
    """The encoder with its present weights, prepared for computing without gradients; it shares the rest.

    Parts that have no other form, and in float32 whole encoders on another device, stay as they are, as do encoders
    whose weights are not float32. The result is for `torch.inference_mode` alone: it knows no gradients, and later
    changes of the weights do not reach it.

    Args:
        encoder: float32.
        precision: of the trunk and of the poolings' matrix products; features, statistics and projection stay float32.
    """
    weight = next(encoder.parameters())
    on_cpu, in_bfloat16 = weight.device.type == "cpu", precision == "bfloat16"
    if weight.dtype != torch.float32 or not (on_cpu or in_bfloat16):
        return encoder
    dtype = torch.bfloat16 if in_bfloat16 else torch.float32
    trunk, pooling = encoder.trunk, encoder.pooling
    if isinstance(trunk, Ensemble):
        trunk = Ensemble.of([for_inference(cast(Encoder, member), precision) for member in trunk.members])
    elif on_cpu:
        trunk, pooling = _trunk(trunk, dtype), _pooling(pooling, trunk.num_channels, dtype)
    if in_bfloat16 and trunk is encoder.trunk:
        trunk = TrunkInBfloat16(trunk)
    if trunk is encoder.trunk and pooling is encoder.pooling:
        return encoder
    prepared = Encoder(encoder.configuration(), encoder.front_end, trunk, pooling, encoder.projection)
    prepared.embedding_size = encoder.embedding_size  # layers may have been appended
    return prepared.eval()


def _trunk(trunk: Trunk, dtype: torch.dtype) -> Trunk:
    if isinstance(trunk, ResNet):
        return ResNetForInference(trunk, dtype)
    if isinstance(trunk, EcapaTdnn):
        return EcapaTdnnForInference(trunk, dtype)
    if isinstance(trunk, GatedTdnn):
        return GatedTdnnForInference(trunk, dtype)
    return trunk


def _pooling(pooling: nn.Module, num_channels: int, dtype: torch.dtype) -> nn.Module:
    if isinstance(pooling, ChannelContextAttentive):
        return ChannelContextAttentiveForInference(pooling, num_channels, dtype)
    return pooling
