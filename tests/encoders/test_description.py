"""Counting parameters and multiply-adds."""

from __future__ import annotations

import pytest
import torch

from voxmetric import encoders
from voxmetric.encoders.description import description


def test_x_vector_by_hand() -> None:
    channels = (8, 9, 10, 11, 12)
    found = encoders.describe("x_vector", embedding_size=5, front_end={"edges": "snip"}, channels=channels)
    frames = 1 + (4 * 16000 - 400) // 160
    products, taken = frames * 257 * 40, 40
    for width, kernel, lost in zip(channels, (5, 3, 3, 1, 1), (4, 4, 6, 0, 0), strict=True):
        frames -= lost
        products += frames * kernel * taken * width
        taken = width
    products += 24 * 5
    assert found.multiply_adds == products // 4
    assert (
        found.num_parameters
        == sum(
            before * after * kernel + 3 * after
            for before, after, kernel in zip((40, *channels[:-1]), channels, (5, 3, 3, 1, 1), strict=True)
        )
        + 24 * 5
        + 5
    )
    assert found.minimum_seconds == pytest.approx(0.165)
    assert (found.embedding_size, found.sample_rate) == (5, 16000)


@pytest.mark.parametrize("name", encoders.available())
def test_figures_of_the_list(name: str) -> None:
    if name == "wav2vec":
        pytest.importorskip("transformers", reason='needs the extra: pip install "voxmetric[transformers]"')
    with torch.device("cpu"):
        counted = encoders.describe(name)
    listed = encoders.available()[name]
    assert (listed.parameters, listed.multiply_adds_per_second) == (counted.num_parameters, counted.multiply_adds)
    assert counted.minimum_seconds < 1


def test_a_line_of_the_list() -> None:
    assert str(encoders.available()["fast_resnet34"]) == (
        "quarter-width ResNet-34 on mel bands (Chung et al. 2020); "
        "1.44 million parameters, 223 million multiply-adds a second"
    )


def test_recurrent_layers_and_attention_are_counted() -> None:
    lstm = encoders.describe("lstm", hidden=32, layers=2, output_size=16)
    windows = (1 + (400 - 120) // 77) / 4
    gates = 160 * 4 * 32 * (40 + 32 + 32 + 32) + 32 * 16
    mels = (401 + 160) / 4 * 201 * 40
    assert lstm.multiply_adds == int(windows * gates + mels + 16 * 256 / 4)
    attending = encoders.describe("transformer", width=32, heads=4, blocks=1, hidden=64)
    deep = encoders.describe("transformer", width=32, heads=4, blocks=2, hidden=64)
    padded, windows = 3 * 198, 3
    block = padded * (32 * 96 + 2 * 32 * 64) + windows * 2 * 198 * 198 * 32
    assert deep.multiply_adds - attending.multiply_adds == block // 4


def test_counting_leaves_the_encoder_alone() -> None:
    encoder = encoders.create("x_vector", channels=(8, 8, 8, 8, 8)).train()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    description(encoder)
    assert encoder.training
    for name, tensor in encoder.state_dict().items():
        torch.testing.assert_close(tensor, before[name], atol=0, rtol=0)
