"""The gated network: its size, and its blocks against a straight implementation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric import encoders
from voxmetric.encoders.gated_tdnn import GatedBlock
from voxmetric.errors import InputError


def normalized(frames: Tensor, norm: Any) -> Tensor:
    shift = norm.running_mean[:, None]
    return (frames - shift) / (norm.running_var[:, None] + 1e-5).sqrt() * norm.weight[:, None] + norm.bias[:, None]


def test_block() -> None:
    torch.manual_seed(0)
    block = GatedBlock(12, 5, 3).double().eval()
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.bias):
                nn.init.normal_(values)  # type: ignore[arg-type]
            for values in (module.running_var, module.weight):
                nn.init.uniform_(values, 0.5, 2)  # type: ignore[arg-type]
    frames = torch.randn(2, 12, 40, dtype=torch.float64)

    (widen, widen_norm), (depthwise, depthwise_norm), (mix, mix_norm) = block.widen, block.depthwise, block.mix  # type: ignore[misc]
    wide = normalized(torch.einsum("oi,bit->bot", widen.weight[:, :, 0, 0], frames), widen_norm)
    gated = F.pad(wide[:, :12] * wide[:, 12:].sigmoid(), (6, 6))
    taps = depthwise.weight[:, 0, 0, :, None]
    convolved = sum(taps[:, tap] * gated[..., 3 * tap : 3 * tap + 40] for tap in range(5))
    inner = torch.einsum("oi,bit->bot", mix.weight[:, :, 0, 0], normalized(convolved, depthwise_norm).relu())  # type: ignore[arg-type]
    inner = normalized(inner, mix_norm)
    squeezed = F.relu(inner.mean(-1) @ block.gates.squeeze.weight.T + block.gates.squeeze.bias)
    gates = torch.sigmoid(squeezed @ block.gates.excite.weight.T + block.gates.excite.bias)
    torch.testing.assert_close(block(frames.unsqueeze(2)).squeeze(2), frames + inner * gates[..., None])


def test_number_of_parameters() -> None:
    block = 160 * 320 + 2 * 320 + 160 * 7 + 2 * 160 + 160 * 160 + 2 * 160 + 160 * 40 + 40 + 40 * 160 + 160
    stem, join = 80 * 160 * 5 + 2 * 160, 480 * 320 + 2 * 320
    pooling = 960 * 64 + 64 + 64 * 320 + 320
    assert encoders.create("gated_tdnn").num_parameters == stem + 6 * block + join + pooling + 2 * 640 + 641 * 192


def test_fifty_frames_a_second() -> None:
    trunk = encoders.create("gated_tdnn", channels=8).trunk.eval()
    for num_frames in (1, 2, 9, 10):
        frames, _ = trunk(torch.randn(1, 80, num_frames))
        assert frames.shape == (1, 320, (num_frames + 1) // 2)


@pytest.mark.parametrize("options", [{"dilations": (1, 2, 3)}, {"dilations": (0, 1)}, {"kernel_size": 4}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected an"):
        encoders.create("gated_tdnn", **options)
