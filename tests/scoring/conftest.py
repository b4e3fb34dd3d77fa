"""A small untrained model and a few recordings of noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders
from voxmetric.data.utterances import UtteranceTable
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="session")
def model() -> SpeakerModel:
    torch.manual_seed(0)
    return SpeakerModel(encoders.create("x_vector", embedding_size=8))


@pytest.fixture(scope="session")
def recordings(tmp_path_factory) -> Path:
    """A folder with four speakers of three recordings each."""
    folder = tmp_path_factory.mktemp("recordings")
    rng = np.random.default_rng(0)
    for speaker in range(4):
        (folder / f"speaker-{speaker}").mkdir()
        for take in range(3):
            noise = 0.1 * rng.standard_normal(rng.integers(8_000, 12_000))
            soundfile.write(folder / f"speaker-{speaker}" / f"{take}.wav", noise, 16_000)
    return folder


@pytest.fixture
def table(recordings) -> UtteranceTable:
    return UtteranceTable.read(recordings)
