from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.crops_extraction import embed_crops
from voxmetric.scoring.embeddings import CropEmbeddingSet


@pytest.fixture
def mixed(tmp_path) -> UtteranceTable:
    """One recording of 2 s, one shorter than a crop of a second, one silent but for its end."""
    rng = np.random.default_rng(0)
    waveforms = [0.1 * rng.standard_normal(size) for size in (32_000, 10_000, 32_000)]
    waveforms[2][:24_000] = 0.0
    for number, waveform in enumerate(waveforms):
        soundfile.write(tmp_path / f"{number}.wav", waveform, 16_000, subtype="FLOAT")
    names = ["long", "short", "quiet"]
    columns = {"id": names, "path": [f"{number}.wav" for number in range(3)], "speaker": names}
    return UtteranceTable.from_columns(columns, tmp_path, "the test")


def test_crops_equal_those_cut_by_hand(model, mixed, tmp_path):
    done = []
    found = embed_crops(model, mixed, num_crops=3, crop_seconds=1.0, on_progress=done.append)
    assert found.vectors.shape == (3, 3, model.embedding_size)
    assert done[-1] == 3
    waveforms = [soundfile.read(tmp_path / f"{number}.wav", dtype="float32")[0] for number in range(3)]
    by_hand = model.embed([waveforms[0][offset : offset + 16_000] for offset in (0, 8_000, 16_000)])
    np.testing.assert_allclose(found.vectors[0], by_hand, atol=1e-5)
    repeated = model.embed(np.resize(waveforms[1], 16_000))
    np.testing.assert_allclose(found.vectors[1], np.tile(repeated, (3, 1)), atol=1e-5)


def test_a_crop_without_sound_takes_the_direction_of_the_others(model, mixed):
    quiet = embed_crops(model, mixed, num_crops=3, crop_seconds=1.0).vectors[2]
    np.testing.assert_allclose(quiet[0], quiet[2], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(quiet, axis=1), 1.0, atol=1e-5)


def test_files_of_crops_are_told_from_others(model, mixed, tmp_path):
    crops = embed_crops(model, mixed, num_crops=2, crop_seconds=0.5)
    crops.save(tmp_path / "crops.safetensors")
    again = CropEmbeddingSet.load(tmp_path / "crops.safetensors")
    np.testing.assert_array_equal(again.vectors, crops.vectors)
    assert again.model == model.fingerprint


def test_unreadable_recordings_and_impossible_crops_are_named(model, mixed, tmp_path):
    with pytest.raises(InputError, match="found 0 of 4 s"):
        embed_crops(model, mixed, num_crops=0)
    soundfile.write(tmp_path / "1.wav", np.zeros(10_000), 16_000)
    with pytest.raises(InputError, match="no sound in it"):
        embed_crops(model, mixed)
