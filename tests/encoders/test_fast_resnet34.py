"""Fast ResNet-34: the published parameter counts and shapes."""

from __future__ import annotations

import pytest
import torch

from voxmetric import encoders


@pytest.mark.parametrize(
    ("pooling", "embedding_size", "num_parameters"),
    [
        ("self_attentive", 512, 1_437_078),
        ("self_attentive", 256, 1_404_054),
        ("attentive_statistics", 512, 1_502_614),
    ],
)
def test_number_of_parameters(pooling: str, embedding_size: int, num_parameters: int) -> None:
    assert encoders.create("fast_resnet34", embedding_size, pooling=pooling).num_parameters == num_parameters


def test_shapes_of_the_stages() -> None:
    encoder = encoders.create("fast_resnet34").eval()
    shapes = []
    for module in (encoder.trunk.bn1, *(stage[-1] for stage in encoder.trunk.stages)):  # type: ignore[union-attr,index]
        module.register_forward_hook(
            lambda _, __, output: shapes.append(tuple((output[0] if isinstance(output, tuple) else output).shape[1:]))
        )
    encoder(torch.randn(1, 32240))
    assert shapes == [(16, 20, 202), (16, 20, 202), (32, 10, 101), (64, 5, 51), (128, 5, 51)]
