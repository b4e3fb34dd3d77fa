from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from voxmetric import encoders
from voxmetric.speaker_model import SpeakerModel

REPOSITORY = Path(__file__).parents[1]


def test_two_lines_to_an_embedding(tmp_path):
    model = SpeakerModel(encoders.create("x_vector", embedding_size=8, channels=[8] * 5))
    model.save(tmp_path)
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    loaded = torch.hub.load(str(REPOSITORY), "voxmetric_model", str(tmp_path), source="local")
    np.testing.assert_array_equal(loaded.embed(samples), model.embed(samples))


def test_an_encoder_with_random_weights():
    encoder = torch.hub.load(str(REPOSITORY), "voxmetric_encoder", "x_vector", source="local", embedding_size=16)
    assert encoder(torch.randn(2, 16_000)).shape == (2, 16)


def test_without_a_path_it_is_the_shipped_model():
    loaded = torch.hub.load(str(REPOSITORY), "voxmetric_model", source="local", precision="auto")
    assert loaded.card.name == "default"
    assert loaded.precision in ("float32", "bfloat16")
