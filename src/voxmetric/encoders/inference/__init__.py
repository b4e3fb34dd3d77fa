"""Encoders with fixed weights, computed another way: the same embeddings in less time on a CPU."""

from __future__ import annotations

import torch
from torch import nn

from voxmetric.encoders.ecapa_tdnn import EcapaTdnn
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.inference.channel_context_attentive import ChannelContextAttentiveForInference
from voxmetric.encoders.inference.ecapa_tdnn import EcapaTdnnForInference
from voxmetric.encoders.inference.resnet import ResNetForInference
from voxmetric.encoders.pooling.channel_context_attentive import ChannelContextAttentive
from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.trunk import Trunk


@torch.no_grad()
def for_inference(encoder: Encoder) -> Encoder:
    """The encoder with its present weights, prepared for float32 on a CPU; the rest is shared with `encoder`.

    Parts that have no other form, and whole encoders of another precision or device, stay as they are. The result is
    for `torch.inference_mode` alone: it knows no gradients, and later changes of the weights do not reach it.
    """
    weight = next(encoder.parameters())
    if weight.device.type != "cpu" or weight.dtype != torch.float32:
        return encoder
    trunk, pooling = _trunk(encoder.trunk), _pooling(encoder.pooling, encoder.trunk.num_channels)
    if trunk is encoder.trunk and pooling is encoder.pooling:
        return encoder
    prepared = Encoder(encoder.configuration(), encoder.front_end, trunk, pooling, encoder.projection)
    prepared.training = encoder.training
    return prepared


def _trunk(trunk: Trunk) -> Trunk:
    if isinstance(trunk, ResNet):
        return ResNetForInference(trunk)
    if isinstance(trunk, EcapaTdnn) and not trunk.first.reflected:
        return EcapaTdnnForInference(trunk)
    return trunk


def _pooling(pooling: nn.Module, num_channels: int) -> nn.Module:
    if isinstance(pooling, ChannelContextAttentive):
        return ChannelContextAttentiveForInference(pooling, num_channels)
    return pooling
