"""Counting parameters and multiply-adds."""

from __future__ import annotations

import pytest
import torch

from voxmetric import encoders


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
def test_every_encoder_can_be_described(name: str) -> None:
    with torch.device("cpu"):
        found = encoders.describe(name)
    assert 500_000 < found.num_parameters < 10_000_000
    assert found.multiply_adds > 10_000_000
    assert found.minimum_seconds < 1
