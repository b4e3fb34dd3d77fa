"""The ResNets: published parameter counts, shapes, and the order of layers in a block."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric import encoders
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.residual import ResidualBlock
from voxmetric.errors import InputError

MEAN_ONLY = {"name": "channel_attentive", "deviation": False}


def stage_shapes(encoder: Encoder, features: Tensor) -> list[tuple[int, ...]]:
    """Channels, frequencies and frames behind the stem and behind each stage."""
    shapes = []
    trunk = encoder.trunk
    first = trunk.stages[0][0]  # type: ignore[union-attr,index]
    first.register_forward_pre_hook(lambda _, inputs: shapes.append(tuple(inputs[0].shape[1:])))
    for stage in trunk.stages:  # type: ignore[union-attr]
        stage[-1].register_forward_hook(lambda _, __, output: shapes.append(tuple(output[0].shape[1:])))  # type: ignore[index]
    trunk.eval()(features)
    return shapes


@pytest.mark.parametrize(
    ("name", "embedding_size", "pooling", "num_mels", "num_parameters"),
    [
        ("fast_resnet34", 512, "self_attentive", 40, 1_437_078),
        ("fast_resnet34", 256, "self_attentive", 40, 1_404_054),
        ("fast_resnet34", 512, "attentive_statistics", 40, 1_502_614),
        ("half_resnet34", 512, "channel_attentive", 64, 8_028_492),
        ("half_resnet34", 512, "channel_attentive", 40, 7_044_684),
        ("half_resnet34", 512, "channel_attentive", 80, 8_684_364),
        ("half_resnet34", 512, MEAN_ONLY, 64, 6_979_916),
        ("resnet34", 256, "statistics", 80, 6_634_336),
    ],
)
def test_number_of_parameters(name: str, embedding_size: int, pooling: str, num_mels: int, num_parameters: int) -> None:
    encoder = encoders.create(name, embedding_size, {"num_mels": num_mels}, pooling)
    assert encoder.num_parameters == num_parameters


# The ResNet-34s of the self-supervised systems of Lepage and Dehak 2023, 40 mel bands and the attentive mean.
@pytest.mark.parametrize(
    ("channels", "embedding_size", "num_parameters"),
    [((16, 32, 64, 128), 512, 1_846_822), ((32, 64, 128, 256), 1024, 7_045_196)],
)
def test_half_resnet34_of_other_widths(channels: tuple[int, ...], embedding_size: int, num_parameters: int) -> None:
    encoder = encoders.create("half_resnet34", embedding_size, {"num_mels": 40}, MEAN_ONLY, channels=channels)
    assert encoder.num_parameters == num_parameters


def test_thin_resnet34_has_as_many_parameters_as_the_fast_one() -> None:
    assert encoders.create("thin_resnet34").num_parameters == 1_437_078


def test_shapes_of_fast_resnet34() -> None:
    shapes = stage_shapes(encoders.create("fast_resnet34"), torch.randn(1, 40, 202))
    assert shapes == [(16, 20, 202), (16, 20, 202), (32, 10, 101), (64, 5, 51), (128, 5, 51)]


def test_shapes_of_thin_resnet34() -> None:
    shapes = stage_shapes(encoders.create("thin_resnet34"), torch.randn(1, 257, 199))
    assert shapes == [(16, 65, 199), (16, 65, 199), (32, 33, 100), (64, 17, 50), (128, 9, 25)]


def test_shapes_of_half_resnet34() -> None:
    shapes = stage_shapes(encoders.create("half_resnet34"), torch.randn(1, 64, 202))
    assert shapes == [(32, 64, 202), (32, 64, 202), (64, 32, 101), (128, 16, 51), (256, 8, 26)]


@pytest.mark.parametrize("activation_first", [True, False])
def test_order_of_layers_in_a_block(activation_first: bool) -> None:
    torch.manual_seed(0)
    block = ResidualBlock(8, 16, 2, squeeze_excitation=True, activation_first=activation_first).double().eval()
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
    images = torch.randn(2, 8, 7, 9, dtype=torch.float64)

    def normalized(values: Tensor, norm: nn.BatchNorm2d) -> Tensor:
        return (values - norm.running_mean[:, None, None]) / (norm.running_var[:, None, None] + 1e-5).sqrt()  # type: ignore[index]

    inner = F.conv2d(images, block.conv1.weight, stride=2, padding=1)
    inner = normalized(inner.relu(), block.bn1) if activation_first else normalized(inner, block.bn1).relu()
    inner = normalized(F.conv2d(inner, block.conv2.weight, padding=1), block.bn2)
    gates = block.gates
    assert gates is not None
    mean = inner.mean((2, 3))
    gate = torch.sigmoid(
        (mean @ gates.squeeze.weight.T + gates.squeeze.bias).relu() @ gates.excite.weight.T + gates.excite.bias
    )
    aside = F.conv2d(images, block.shortcut[0].weight, stride=2)  # type: ignore[index]
    expected = (inner * gate[:, :, None, None] + normalized(aside, block.shortcut[1])).relu()  # type: ignore[index]
    torch.testing.assert_close(block(images)[0], expected)


def test_convolutions_start_from_kaiming_fan_out() -> None:
    torch.manual_seed(0)
    block = encoders.create("fast_resnet34").trunk.stages[3][2]  # type: ignore[union-attr,index]
    expected = (2 / (128 * 9)) ** 0.5
    torch.testing.assert_close(float(block.conv2.weight.detach().std()), expected, rtol=0.02, atol=0)  # type: ignore[union-attr]


def test_wrong_number_of_stages() -> None:
    with pytest.raises(InputError, match="4 stages"):
        encoders.create("fast_resnet34", channels=(16, 32, 64))
