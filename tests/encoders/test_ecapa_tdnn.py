"""ECAPA-TDNN: published sizes, and the chain of groups in a Res2 layer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from voxmetric import encoders
from voxmetric.encoders.ecapa_tdnn import EcapaTdnn
from voxmetric.encoders.se_res2 import Res2
from voxmetric.encoders.time_delay import TimeDelay
from voxmetric.errors import InputError


@pytest.mark.parametrize(("channels", "num_parameters"), [(512, 6_190_720), (1024, 14_657_088)])
def test_number_of_parameters(channels: int, num_parameters: int) -> None:
    assert encoders.create("ecapa_tdnn", 192, channels=channels).num_parameters == num_parameters


def test_groups_are_chained() -> None:
    torch.manual_seed(0)
    layer = Res2(16, dilation=2).double().eval()
    frames = torch.randn(1, 16, 12, dtype=torch.float64)
    groups = [frames[:, 2 * index : 2 * index + 2] for index in range(8)]
    expected, before = [], torch.zeros_like(groups[0])
    for index in range(7):
        before, _ = layer.layers[index](groups[index] + before)
        expected.append(before)
    torch.testing.assert_close(layer(frames), torch.cat([*expected, groups[7]], dim=1))


def test_reflected_edges_are_those_of_each_item() -> None:
    torch.manual_seed(0)
    layer = TimeDelay(3, 5, 5, 2, padding=True, edges="reflect").double().eval()
    frames = torch.randn(2, 3, 14, dtype=torch.float64)
    found, _ = layer(frames, torch.tensor([14, 9]))
    for item, result, length in zip(frames, found, (14, 9), strict=True):
        own = item[:, :length].numpy()
        extended = torch.from_numpy(np.pad(own, ((0, 0), (4, 4)), mode="reflect"))
        convolution = layer.convolution
        expected = functional.conv1d(extended[None], convolution.weight, convolution.bias, dilation=2)
        torch.testing.assert_close(result[None, :, :length], layer.normalization(expected.relu()))


def test_options_of_other_implementations() -> None:
    torch.manual_seed(0)
    options = {"edges": "reflect", "join_normalization": True, "summed_inputs": True}
    trunk = EcapaTdnn(6, channels=16, output_channels=24, **options).double().eval()
    features = torch.randn(1, 6, 11, dtype=torch.float64)
    frames, _ = trunk.first(features)
    first = trunk.blocks[0](frames)
    second = trunk.blocks[1](frames + first)
    third = trunk.blocks[2](frames + first + second)
    expected, _ = trunk.join(torch.cat([first, second, third], dim=1))
    torch.testing.assert_close(trunk(features)[0], expected)
    assert isinstance(trunk.join.normalization, torch.nn.BatchNorm1d)
    with pytest.raises(InputError, match="did you mean 'zeros'"):
        EcapaTdnn(6, channels=16, edges="zeroes")


def test_padding_does_not_change_an_embedding_with_reflected_edges() -> None:
    torch.manual_seed(0)
    pooling = {"name": "channel_context_attentive", "hidden_normalization": True, "unbiased": False}
    encoder = encoders.create(
        "ecapa_tdnn", 8, pooling=pooling, channels=16, output_channels=24, edges="reflect", summed_inputs=True
    )
    encoder = encoder.double().eval()
    lengths = torch.tensor([encoder.minimum_samples, encoder.minimum_samples + 170, 6000])
    waveforms = torch.randn(3, 6000, dtype=torch.float64)
    together = encoder(waveforms, lengths)
    for row, end, embedding in zip(waveforms, lengths, together, strict=True):
        torch.testing.assert_close(embedding, encoder(row[None, :end])[0], atol=1e-9, rtol=0)


def test_channels_must_make_eight_groups() -> None:
    with pytest.raises(InputError, match="multiple of 8"):
        encoders.create("ecapa_tdnn", channels=100)
