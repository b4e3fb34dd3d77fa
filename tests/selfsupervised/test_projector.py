from __future__ import annotations

import pytest
import torch
from torch import nn

from voxmetric.errors import InputError
from voxmetric.selfsupervised.projector import projector


def test_without_sizes_it_changes_nothing() -> None:
    rows = torch.randn(3, 4)
    assert projector(4, [])(rows).equal(rows)


def test_layers_in_their_order() -> None:
    kinds = [type(layer) for layer in projector(4, [6, 5], batch_norm=True)]
    assert kinds == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear]
    assert [type(layer) for layer in projector(4, [6, 5])] == [nn.Linear, nn.ReLU, nn.Linear]


def test_no_offset_before_a_normalisation() -> None:
    layers = [layer for layer in projector(4, [6, 5], True, normalize_output=True) if isinstance(layer, nn.Linear)]
    assert [layer.bias for layer in layers] == [None, None]
    assert all(layer.bias is not None for layer in projector(4, [6, 5]) if isinstance(layer, nn.Linear))


def test_normalized_output_is_standard_over_the_batch() -> None:
    output = projector(4, [6, 5], True, normalize_output=True)(100 * torch.randn(64, 4))
    torch.testing.assert_close(output.mean(0), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(output.std(0, unbiased=False), torch.ones(5), atol=1e-3, rtol=0)


def test_refuses_an_empty_layer() -> None:
    with pytest.raises(InputError, match="at least 1"):
        projector(4, [6, 0])
