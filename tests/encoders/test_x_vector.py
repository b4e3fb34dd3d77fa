"""The x-vector network: sizes, contexts, and short input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from voxmetric import encoders
from voxmetric.encoders.x_vector import XVector
from voxmetric.errors import InputError


def test_a_small_one_has_three_hundred_thousand_parameters() -> None:
    small = encoders.create("x_vector", 128, channels=(128, 128, 128, 128, 384))
    assert small.num_parameters == 290_560


def test_layers_written_out() -> None:
    torch.manual_seed(0)
    trunk = XVector(3, channels=(4, 5, 6, 7, 8)).double().eval()
    features = torch.randn(1, 3, 20, dtype=torch.float64)
    frames = features[0].numpy()
    for layer, context in zip(
        trunk.network.layers, ((-2, -1, 0, 1, 2), (-2, 0, 2), (-3, 0, 3), (0,), (0,)), strict=True
    ):
        weight = layer.convolution.weight.detach().numpy()  # type: ignore[union-attr]
        bias = layer.convolution.bias.detach().numpy()  # type: ignore[union-attr]
        columns = []
        for centre in range(-context[0], frames.shape[1] + context[0]):
            total = sum(weight[:, :, tap] @ frames[:, centre + step] for tap, step in enumerate(context))
            columns.append(np.maximum(total + bias, 0) / np.sqrt(1 + 1e-5))
        frames = np.stack(columns, axis=1)
    np.testing.assert_allclose(trunk(features)[0][0].detach(), frames, atol=1e-12)


@pytest.mark.parametrize(("padding", "minimum_frames", "frames"), [(False, 15, 86), (True, 1, 100)])
def test_padding_keeps_the_frames(padding: bool, minimum_frames: int, frames: int) -> None:
    trunk = XVector(4, (8, 8, 8, 8, 8), padding=padding).eval()
    assert trunk.minimum_frames == minimum_frames
    assert trunk(torch.randn(1, 4, 100))[0].shape == (1, 8, frames)
    assert trunk(torch.randn(1, 4, minimum_frames))[0].shape == (1, 8, 1)


def test_padded_batch_is_the_same_as_one_by_one() -> None:
    trunk = XVector(4, (8, 8, 8, 8, 8), padding=True).double().eval()
    features = torch.randn(2, 4, 30, dtype=torch.float64)
    features[1, :, 11:] = 0
    together, lengths = trunk(features, torch.tensor([30, 11]))
    torch.testing.assert_close(together[1:, :, :11], trunk(features[1:, :, :11])[0])
    assert lengths is not None
    assert lengths.tolist() == [30, 11]


def test_wrong_number_of_widths() -> None:
    with pytest.raises(InputError, match="expected 5 widths"):
        encoders.create("x_vector", channels=(64, 64))
