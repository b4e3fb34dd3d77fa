"""Exported models against torch: every encoder, every kind of front-end, many lengths."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest
import torch

from voxmetric import encoders
from voxmetric.errors import InputError
from voxmetric.speaker_model import Card, SpeakerModel

onnx = pytest.importorskip("onnx", reason="the extra `onnx` is not installed")
pytest.importorskip("onnxscript", reason="the extra `onnx` is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")

from voxmetric.interop import onnx_export  # noqa: E402
from voxmetric.interop.onnx_encoder import OnnxEncoder, OnnxModel  # noqa: E402

TINY_RESNET = {"channels": (4, 4, 8, 8), "blocks": (1, 1, 1, 1)}
TINY = {
    "x_vector": {"channels": (8, 8, 8, 8, 12)},
    "sincnet_x_vector": {"channels": (8, 8, 8, 8, 12)},
    "ecapa_tdnn": {"channels": 8, "output_channels": 12},
    "gated_tdnn": {"channels": 8, "output_channels": 12},
    "fast_resnet34": TINY_RESNET,
    "thin_resnet34": TINY_RESNET,
    "half_resnet34": TINY_RESNET,
    "resnet34": TINY_RESNET,
    "lstm": {"hidden": 8, "layers": 2},
    "transformer": {"width": 16, "heads": 2, "hidden": 16, "blocks": 1},
    "vgg_m_40": {},
    "ensemble": {
        "members": [
            {"name": "fast_resnet34", "embedding_size": 3, "options": TINY_RESNET},
            {"name": "gated_tdnn", "embedding_size": 5, "options": {"channels": 8, "output_channels": 12}},
        ]
    },
}
FRONT_ENDS = {
    "kaldi": {
        "name": "log_mel",
        "window": "povey",
        "edges": "snip",
        "input_scale": 32768.0,
        "remove_offset": True,
        "pre_emphasis": 0.97,
        "pre_emphasis_on": "frame",
        "offset": 0.0,
        "floor": 1e-7,
        "normalization": "mean",
        "num_mels": 8,
    },
    "decibel, zeros at the edges, sliding": {
        "name": "log_mel",
        "log": "decibel",
        "edges": "zeros",
        "dynamic_range": 80.0,
        "normalization_frames": 50,
        "num_mels": 8,
    },
    "mfcc with derivatives": {"name": "mfcc", "deltas": 2, "pre_emphasis": 0.97, "normalization": "mean"},
    "spectrogram": {"name": "spectrogram", "power": 1, "fft_size": 400, "normalization": "none"},
}


def built(name: str, **options) -> SpeakerModel:
    """A small model whose batch normalisations and weights are no special case."""
    torch.manual_seed(0)
    encoder = encoders.create(name, **({"embedding_size": 8} | TINY.get(name, {}) | options))
    for module in encoder.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return SpeakerModel(encoder, Card(name=f"tiny {name}", results={"eer": 0.25}))


def assert_same_embeddings(model: SpeakerModel, path) -> None:
    """At lengths and batch sizes that the export did not compare."""
    exported = OnnxEncoder(path)
    shortest, rate = exported.minimum_samples, exported.sample_rate
    generator = torch.Generator().manual_seed(1)
    for num_items, length in ((1, shortest), (1, rate + 1), (2, 3 * rate + 77), (5, shortest + 1234)):
        waveforms = 0.1 * torch.randn(num_items, length, generator=generator)
        lengths = torch.linspace(shortest, length, num_items).long().flip(0)
        with torch.no_grad():
            wanted = model.encoder(waveforms, lengths)
        torch.testing.assert_close(exported(waveforms, lengths), wanted, rtol=1e-4, atol=1e-5)
        with torch.no_grad():
            wanted = model.encoder(waveforms)
        torch.testing.assert_close(exported(waveforms), wanted, rtol=1e-4, atol=1e-5)


def test_any_length_and_number_of_recordings(exported_x_vector):
    model, path, agreement = exported_x_vector
    assert agreement.worst <= onnx_export.TOLERANCE
    assert len(agreement.lengths) == 5
    assert agreement.lengths[0] == model.encoder.minimum_samples
    assert_same_embeddings(model, path)


def test_the_file_is_alone_and_describes_itself(exported_x_vector):
    model, path, _ = exported_x_vector
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    graph = onnx.load(path)
    told = {each.key: each.value for each in graph.metadata_props}
    assert told["sample_rate"] == "16000"
    assert told["embedding_size"] == "8"
    assert told["minimum_samples"] == str(model.encoder.minimum_samples)
    assert told["fingerprint"] == model.fingerprint
    assert json.loads(told["card"])["results"] == {"eer": 0.25}
    axes = {
        each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim] for each in graph.graph.input
    }
    assert axes == {"waveforms": ["batch", "samples"], "lengths": ["batch"]}


def test_an_exported_model_embeds_as_the_model_does(exported_x_vector):
    model, path, _ = exported_x_vector
    exported = OnnxModel(path)
    assert (exported.fingerprint, exported.card) == (model.fingerprint, model.card)
    rng = np.random.default_rng(0)
    recordings = [0.1 * rng.standard_normal(length).astype(np.float32) for length in (900, 16_000, 70_000, 1_000_000)]
    np.testing.assert_allclose(exported.embed(recordings), model.embed(recordings), atol=1e-4)
    with pytest.raises(InputError, match="holds no weights"):
        exported.save(path.parent)


@pytest.mark.parametrize("name", [name for name in TINY if name != "x_vector"])
@pytest.mark.slow
def test_every_encoder(name, tmp_path):
    model = built(name)
    onnx_export.export(model, tmp_path / "model.onnx")
    assert_same_embeddings(model, tmp_path / "model.onnx")


def test_no_encoder_is_left_out():
    assert set(TINY) == set(encoders.available()) - {"wav2vec"}  # needs a folder of weights


# The poolings that no encoder above has are spread over the front-ends.
@pytest.mark.parametrize(
    ("front_end", "pooling"),
    list(
        zip(
            FRONT_ENDS,
            ["average", "max", "attentive_statistics", {"name": "multi_head_attentive", "heads": 2}],
            strict=True,
        )
    ),
)
@pytest.mark.slow
def test_every_kind_of_front_end_and_pooling(front_end, pooling, tmp_path):
    model = built("x_vector", front_end=FRONT_ENDS[front_end], pooling=pooling)
    onnx_export.export(model, tmp_path / "model.onnx")
    assert_same_embeddings(model, tmp_path / "model.onnx")


def test_an_export_that_differs_is_not_left(exported_x_vector, tmp_path, monkeypatch):
    model, _, _ = exported_x_vector
    monkeypatch.setattr(onnx_export, "graph_of", lambda _: graph)
    graph = onnx.load(exported_x_vector[1])
    bias = next(each for each in graph.graph.initializer if each.name.startswith("projection.bias"))
    bias.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(bias) + np.float32(0.01), bias.name))
    with pytest.raises(InputError, match="differs from torch"):
        onnx_export.export(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_model_without_onnx_form_is_one_line(tmp_path):
    model = built("x_vector")
    model.encoder.front_end.forward = lambda each, lengths: (
        torch.linalg.svdvals(each.unsqueeze(1))[..., None],
        lengths,
    )
    with pytest.raises(InputError, match="no ONNX form"):
        onnx_export.export(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_without_the_extra(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    for attempt in (lambda: onnx_export.export(built("x_vector"), tmp_path / "m.onnx"), lambda: OnnxEncoder("m.onnx")):
        with pytest.raises(InputError, match=re.escape("pip install 'voxmetric[onnx]'")):
            attempt()


def test_files_that_are_no_exports(exported_x_vector, tmp_path):
    whole = exported_x_vector[1].read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    stranger = onnx.load(exported_x_vector[1])
    del stranger.metadata_props[:]
    onnx.save(stranger, tmp_path / "stranger.onnx")
    numbers = dict.fromkeys(["sample_rate", "embedding_size", "minimum_samples"], "1")
    onnx.helper.set_model_props(stranger, {"format": "99", "fingerprint": "", "card": "{}"} | numbers)
    onnx.save(stranger, tmp_path / "newer.onnx")
    for name, words in (
        ("missing.onnx", "there is no file"),
        ("cut.onnx", "is no ONNX model that can be run"),
        ("stranger.onnx", "was not written by voxmetric export"),
        ("newer.onnx", "upgrade to read it"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            OnnxEncoder(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_recording_that_is_too_short_is_one_line(exported_x_vector):
    with pytest.raises(InputError, match="ONNX Runtime cannot compute"):
        OnnxEncoder(exported_x_vector[1])(torch.zeros(1, 500))
