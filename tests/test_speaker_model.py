from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
import torch

import voxmetric as vm
from voxmetric import precision
from voxmetric.bulk_embedding import BATCH_SECONDS, WINDOW_SECONDS
from voxmetric.errors import InputError
from voxmetric.speaker_model import Card, SpeakerModel, load_model


@pytest.fixture(scope="module")
def model() -> SpeakerModel:
    torch.manual_seed(0)
    encoder = vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16))
    return SpeakerModel(encoder, Card(name="tiny", summary="a tiny model", synthetic=True))


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 16_000))).astype(np.float32)


def test_embeddings_are_of_unit_length_whatever_the_source(model: SpeakerModel, tmp_path: Path) -> None:
    samples = noise(1.3)
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    one = model.embed(path)
    assert one.shape == (12,)
    assert one.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(one), 1.0, atol=1e-6)
    np.testing.assert_allclose(model.embed(samples), one, atol=1e-6)
    many = model.embed([str(path), samples, noise(0.7, 1)])
    assert many.shape == (3, 12)
    np.testing.assert_allclose(many[:2], [one, one], atol=1e-5)
    assert np.abs(many[2] - one).max() > 1e-3


def test_tensors_are_samples_too(model: SpeakerModel) -> None:
    samples = noise(0.8)
    tensor = torch.from_numpy(samples).requires_grad_()
    np.testing.assert_array_equal(model.embed(tensor), model.embed(samples))
    np.testing.assert_array_equal(model.embed([tensor]), model.embed([samples]))
    with pytest.raises(
        InputError, match=r"expected float samples of shape \(T,\).*found float32 of shape \(1, 12800\)"
    ):
        model.embed(tensor.unsqueeze(0))


@pytest.mark.parametrize("source", [5, None, ["a.wav", None]])
def test_other_things_are_no_recordings(model: SpeakerModel, source: Any) -> None:
    with pytest.raises(InputError, match=r"expected a path or an array of samples, found (int|NoneType)"):
        model.embed(source)


def test_batching_does_not_change_embeddings(model: SpeakerModel) -> None:
    waveforms = [noise(seconds, seed) for seed, seconds in enumerate([0.4, 3.0, 0.41, 1.0, 9.0, 0.4, 30.0, 2.0])]
    assert sum(map(len, waveforms)) > BATCH_SECONDS * 16_000
    together = model.embed_waveforms(waveforms)
    alone = np.concatenate([model.embed_waveforms([waveform]) for waveform in waveforms])
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_arrays_of_another_rate_are_resampled(model: SpeakerModel) -> None:
    samples = noise(1.0)
    faster = soxr.resample(samples, 16_000, 44_100)
    assert model.embed(faster, sample_rate=44_100) @ model.embed(samples) > 0.99


def test_a_short_recording_is_repeated(model: SpeakerModel) -> None:
    samples = noise(0.01)
    repeated = np.resize(samples, model.encoder.minimum_samples)
    np.testing.assert_array_equal(model.embed(samples), model.embed(repeated))


def test_a_long_recording_is_the_mean_of_its_pieces(model: SpeakerModel) -> None:
    samples = noise(2.5 * WINDOW_SECONDS)
    pieces = np.array_split(samples, 3)
    mean = np.average(model.embed_waveforms(pieces), axis=0, weights=[len(piece) for piece in pieces])
    np.testing.assert_allclose(model.embed(samples), mean / np.linalg.norm(mean), atol=1e-5)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0, dtype=np.float32), "without samples"),
        (np.full(16_000, np.nan, dtype=np.float32), "not finite"),
        (np.zeros(16_000, dtype=np.float32), "no sound in it"),
        (np.full(16_000, 0.25, dtype=np.float32), "no sound in it"),
        (np.zeros((2, 16_000), dtype=np.float32), r"shape \(T,\)"),
        (np.zeros(16_000, dtype=np.int16), "int16"),
    ],
)
def test_what_cannot_be_embedded_is_refused(model: SpeakerModel, samples: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        model.embed(samples)


def test_near_silence_gives_an_embedding(model: SpeakerModel) -> None:
    almost = np.zeros(16_000, dtype=np.float32)
    almost[8_000] = 2.0**-15
    for samples in (almost, noise(1.0) * 1e-6, noise(1.0) * 1e-38, np.append(np.zeros(90), 1e-3)):
        embedding = model.embed(samples)
        assert np.isfinite(embedding).all()
        np.testing.assert_allclose(np.linalg.norm(embedding), 1.0, atol=1e-5)


def test_in_bfloat16_it_is_the_same_model(model: SpeakerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: True)
    model.save(tmp_path)
    faster = load_model(tmp_path, precision="auto")
    assert (model.precision, faster.precision) == ("float32", "bfloat16")
    assert faster.fingerprint == model.fingerprint
    waveforms = [noise(1.0), noise(2.0, 1)]
    expected, found = model.embed(waveforms), faster.embed(waveforms)
    assert found.dtype == np.float32
    assert (found != expected).any()
    assert (found * expected).sum(1).min() > 0.999
    faster.save(tmp_path / "again")
    np.testing.assert_array_equal(load_model(tmp_path / "again").embed(waveforms), expected)


def test_bfloat16_needs_units(model: SpeakerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: False)
    model.save(tmp_path)
    assert load_model(tmp_path, precision="auto").precision == "float32"
    with pytest.raises(InputError, match="no faster in bfloat16"):
        load_model(tmp_path, precision="bfloat16")


def test_changed_weights_are_noticed() -> None:
    torch.manual_seed(0)
    options = {"channels": (8, 8, 16, 16), "blocks": (1, 1, 1, 1)}
    changing = SpeakerModel(vm.encoders.create("fast_resnet34", embedding_size=12, **options))
    before = changing.embed(noise(1.0))
    with torch.no_grad():
        for parameter in changing.encoder.trunk.parameters():
            parameter.mul_(1.1)
        expected = changing.encoder(torch.from_numpy(noise(1.0))[None])[0].numpy()
    after = changing.embed(noise(1.0))
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after, expected / np.linalg.norm(expected), atol=1e-5)


def test_saved_and_loaded_it_is_the_same(model: SpeakerModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = vm.load_model(tmp_path)
    assert again.fingerprint == model.fingerprint
    assert again.card == model.card
    np.testing.assert_array_equal(again.embed(noise(1.0)), model.embed(noise(1.0)))
    again.save(tmp_path / "copy")
    assert (tmp_path / "copy" / "model.json").read_text() == (tmp_path / "model.json").read_text()


def test_the_fingerprint_tells_weights_and_front_ends_apart(model: SpeakerModel) -> None:
    torch.manual_seed(1)
    other = SpeakerModel(vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16)))
    assert other.fingerprint != model.fingerprint
    torch.manual_seed(0)
    unnormalised = vm.encoders.create(
        "x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16), front_end={"normalization": "none"}
    )
    assert SpeakerModel(unnormalised).fingerprint != model.fingerprint
    assert SpeakerModel(model.encoder, dataclasses.replace(model.card, name="x")).fingerprint == model.fingerprint


def test_damaged_folders_are_refused(model: SpeakerModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a model folder"):
        load_model(tmp_path)
    model.save(tmp_path)
    description = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(description | {"format": 99}))
    with pytest.raises(InputError, match="newer voxmetric"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps(description | {"encoder": "x_vector"}))
    with pytest.raises(InputError, match="damaged"):
        load_model(tmp_path)
    description["encoder"]["embedding_size"] = 13
    (tmp_path / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match="does not fit"):
        load_model(tmp_path)
    model.save(tmp_path)
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[:-100])
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(tmp_path)


def test_half_precision_takes_half_the_space_and_is_what_is_computed_with(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = SpeakerModel(vm.encoders.create("x_vector", embedding_size=16))
    waveform = np.random.default_rng(0).standard_normal(16_000)
    whole = model.embed(waveform)
    size = (model.save(tmp_path / "whole") / "model.safetensors").stat().st_size
    model.save(tmp_path / "half", half_precision=True)
    again = vm.load_model(tmp_path / "half")
    assert (tmp_path / "half" / "model.safetensors").stat().st_size < 0.51 * size
    assert again.fingerprint == model.fingerprint
    assert {parameter.dtype for parameter in again.encoder.parameters()} == {torch.float32}
    np.testing.assert_array_equal(again.embed(waveform), model.embed(waveform))
    assert 0.999 < again.embed(waveform) @ whole < 1.0 + 1e-6
    assert not np.array_equal(again.embed(waveform), whole)


@pytest.mark.parametrize("name", ["fast_resnet34", "ecapa_tdnn", "gated_tdnn"])
def test_a_model_that_has_embedded_is_copied_pickled_and_trained_on(name: str) -> None:
    torch.manual_seed(0)
    narrow = {"fast_resnet34": {"channels": (8, 8, 16, 16)}, "ecapa_tdnn": {"channels": 16}, "gated_tdnn": {}}
    used = SpeakerModel(vm.encoders.create(name, embedding_size=12, **narrow[name]))
    samples = noise(1.0)
    expected = used.embed(samples)
    for again in (copy.deepcopy(used), pickle.loads(pickle.dumps(used))):
        np.testing.assert_array_equal(again.embed(samples), expected)
    used.encoder.train()
    np.testing.assert_array_equal(used.embed(samples), expected)
    np.testing.assert_array_equal(used.embed(samples), expected)


def test_embedding_in_training_mode_changes_no_statistics(model: SpeakerModel) -> None:
    expected = model.embed(noise(1.0))
    model.encoder.train()
    model.embed([noise(1.0, seed) for seed in range(4)])
    np.testing.assert_array_equal(model.embed(noise(1.0)), expected)
    assert not model.encoder.training


def test_the_precision_is_the_models_own_under_autocast(model: SpeakerModel) -> None:
    expected = model.embed(noise(1.0))
    with torch.autocast("cpu", torch.bfloat16):
        np.testing.assert_array_equal(model.embed(noise(1.0)), expected)


@pytest.mark.parametrize("name", ["fast_resnet34", "x_vector"])
@pytest.mark.parametrize("click", [1e11, 1e20, -1e38])
def test_samples_on_which_features_would_overflow_are_refused(name: str, click: float) -> None:
    torch.manual_seed(0)
    fresh = SpeakerModel(vm.encoders.create(name, embedding_size=12))
    samples = noise(1.0)
    samples[5] = click
    with pytest.raises(InputError, match=r"samples that are not finite numbers or beyond 1e\+10"):
        fresh.verify(samples, noise(1.0, 1))
    samples[5] = 9e9
    assert np.isfinite(fresh.embed(samples)).all()


def test_tensors_of_any_float_type_are_samples(model: SpeakerModel) -> None:
    samples = torch.from_numpy(noise(1.0))
    for dtype in (torch.bfloat16, torch.float16, torch.float64):
        np.testing.assert_allclose(model.embed(samples.to(dtype)), model.embed(samples), atol=1e-2)
