"""ECAPA-TDNN: published sizes, and the chain of groups in a Res2 layer."""

from __future__ import annotations

import pytest
import torch

from voxmetric import encoders
from voxmetric.encoders.se_res2 import Res2
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


def test_channels_must_make_eight_groups() -> None:
    with pytest.raises(InputError, match="multiple of 8"):
        encoders.create("ecapa_tdnn", channels=100)
