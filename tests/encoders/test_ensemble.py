"""Encoders side by side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import voxmetric as vm
from voxmetric import encoders
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.ensemble import join
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture
def members() -> list[Encoder]:
    """Three of unlike sizes and front-ends."""
    torch.manual_seed(0)
    return [
        encoders.create("x_vector", 6, {"num_mels": 20}, channels=(8, 8, 8, 8, 12)).eval(),
        encoders.create("gated_tdnn", 9, channels=16, dilations=(1, 2)).eval(),
        encoders.create("fast_resnet34", 4, channels=(4, 4, 8, 8), blocks=(1, 1, 1, 1)).eval(),
    ]


def recordings() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(size).astype(np.float32) for size in (9_000, 16_000, 4_100, 30_000)]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_a_cosine_is_the_mean_of_the_members_cosines(members: list[Encoder], number: int, precision: str) -> None:
    joined = SpeakerModel(join(members[:number]), precision=precision).embed(recordings())  # type: ignore[arg-type]
    single = [SpeakerModel(member).embed(recordings()) for member in members[:number]]
    mean = sum(rows @ rows.T for rows in single) / number
    np.testing.assert_allclose(joined @ joined.T, mean, atol=1e-5 if precision == "float32" else 0.02)
    np.testing.assert_allclose(np.linalg.norm(joined, axis=1), 1.0, atol=1e-5)


def test_weights_are_copies(members: list[Encoder]) -> None:
    joined = join(members)
    waveforms = torch.randn(2, 16_000)
    with torch.no_grad():
        before = joined(waveforms)
        for member in members:
            for parameter in member.parameters():
                parameter.zero_()
        torch.testing.assert_close(joined(waveforms), before, atol=0, rtol=0)


def test_it_is_saved_and_loaded_like_any_other(members: list[Encoder], tmp_path: Path) -> None:
    model = SpeakerModel(join(members))
    again = vm.load_model(model.save(tmp_path / "joined"))
    assert again.fingerprint == model.fingerprint
    assert again.embedding_size == 19
    np.testing.assert_array_equal(again.embed(recordings()), model.embed(recordings()))
    described = json.loads((tmp_path / "joined" / "model.json").read_text())["encoder"]
    assert [member["name"] for member in described["options"]["members"]] == [
        "x_vector",
        "gated_tdnn",
        "fast_resnet34",
    ]


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(InputError, match="at least one encoder"):
        join([])
    with pytest.raises(InputError, match="at least one member"):
        encoders.create("ensemble", members=[])
    slow = encoders.create("x_vector", 4, {"sample_rate": 8000}, channels=(4, 4, 4, 4, 4))
    with pytest.raises(InputError, match="16000 Hz as the ensemble does, found one of 8000 Hz"):
        encoders.create("ensemble", 4, members=[slow.configuration()])
    assert join([slow]).sample_rate == 8000
