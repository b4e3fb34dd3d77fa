"""VGG-M-40: the published parameter counts and shapes."""

from __future__ import annotations

import pytest
import torch

from voxmetric import encoders


@pytest.mark.parametrize(("pooling", "num_parameters"), [("self_attentive", 4_032_448), ("average", 3_769_280)])
def test_number_of_parameters(pooling: str, num_parameters: int) -> None:
    assert encoders.create("vgg_m_40", pooling=pooling).num_parameters == num_parameters


def test_shapes() -> None:
    trunk = encoders.create("vgg_m_40").trunk.eval()
    shapes = []
    for layer in (*trunk.layers, trunk.last):  # type: ignore[misc,union-attr]
        layer.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[2:])))  # type: ignore[union-attr,arg-type]
    frames, _ = trunk(torch.randn(1, 40, 202))
    assert shapes == [(40, 100), (40, 49), (19, 24), (9, 11), (9, 11), (9, 11), (9, 11), (4, 5), (1, 5)]
    assert frames.shape == (1, 512, 5)
