"""The self-supervised networks: against transformers' own forward pass, saving without the folder, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from voxmetric import encoders, load_model
from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel

transformers = pytest.importorskip("transformers", reason='needs the extra: pip install "voxmetric[transformers]"')

FAMILIES = ("Wav2Vec2", "Hubert", "WavLM")
SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 20,
    "conv_dim": [12, 12, 12],
    "conv_kernel": [10, 3, 2],
    "conv_stride": [5, 4, 4],
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
    "vocab_size": 5,
}


def written(folder: Path, family: str, large: bool = False) -> Any:
    """A small random network as `save_pretrained` writes it, in evaluation mode; `large` as the large ones are made."""
    torch.manual_seed(3)
    shape = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True} if large else {}
    configuration = getattr(transformers, f"{family}Config")(**SMALL, **shape)
    network = getattr(transformers, f"{family}Model")(configuration).eval()
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    network.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": large}))
    return network


def weighed(encoder: Encoder) -> Encoder:
    """With layer weights that differ."""
    trunk: Any = encoder.trunk
    trunk.layer_weights.data = torch.tensor([0.5, -1.0, 0.3, 1.2])
    return encoder.eval()


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_frames_are_the_weighted_sum_of_the_layers(tmp_path: Path, family: str, large: bool) -> None:
    network = written(tmp_path, family, large)
    trunk = weighed(encoders.create("wav2vec", folder=str(tmp_path))).trunk
    waveform = 0.1 * torch.randn(1, 5000) + 0.02
    seen = waveform
    if large:
        seen = (waveform - waveform.mean()) / (waveform.var(unbiased=False) + 1e-7).sqrt()
    with torch.no_grad():
        layers = network(seen, output_hidden_states=True).hidden_states
        found, _ = trunk(waveform.unsqueeze(1))
    shares = torch.tensor([0.5, -1.0, 0.3, 1.2]).exp()
    expected = sum(share * layer for share, layer in zip(shares / shares.sum(), layers, strict=True))
    torch.testing.assert_close(found, expected.transpose(1, 2), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_padding_does_not_change_an_embedding(tmp_path: Path, family: str, large: bool) -> None:
    written(tmp_path, family, large)
    encoder = weighed(encoders.create("wav2vec", 8, folder=str(tmp_path))).double()
    lengths = torch.tensor([encoder.minimum_samples, 3000, 6000])
    waveforms = 0.1 * torch.randn(3, 6000, dtype=torch.float64)
    with torch.no_grad():
        alone = torch.cat([encoder(row[None, :end]) for row, end in zip(waveforms, lengths, strict=True)])
        together = encoder(waveforms, lengths)
    assert float(alone.std(0).max()) > 1e-3
    torch.testing.assert_close(together, alone, atol=1e-9, rtol=0)


def test_a_saved_model_needs_the_folder_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    written(folder, "WavLM", large=True)
    model = SpeakerModel(weighed(encoders.create("wav2vec", 8, folder=str(folder))))
    model.save(tmp_path / "model")
    for file in folder.iterdir():
        file.unlink()
    again = load_model(tmp_path / "model")
    assert again.fingerprint == model.fingerprint
    assert str(tmp_path) not in (tmp_path / "model" / "model.json").read_text()
    waveform = 0.1 * torch.randn(8000).numpy()
    assert (again.embed(waveform) == model.embed(waveform)).all()


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_or_fine_tuned(tmp_path: Path, frozen: bool) -> None:
    written(tmp_path, "Wav2Vec2")
    encoder = encoders.create("wav2vec", 8, folder=str(tmp_path), frozen=frozen).train()
    network: Any = encoder.trunk.network
    assert network.training is not frozen
    encoder(torch.randn(2, 4000)).square().sum().backward()
    assert all((parameter.grad is None) == frozen for parameter in network.parameters())
    assert encoder.trunk.layer_weights.grad is not None  # type: ignore[union-attr]


def test_what_is_no_local_folder_of_safetensors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing is downloaded"):
        encoders.create("wav2vec", folder="facebook/wav2vec2-base")
    network = written(tmp_path, "Wav2Vec2")
    torch.save(network.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="pickled weights are refused"):
        encoders.create("wav2vec", folder=str(tmp_path))


def test_missing_weights_and_other_networks_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    written(tmp_path, "Wav2Vec2")
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["encoder.layer_norm.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 weights .*encoder.layer_norm.weight"):
        encoders.create("wav2vec", folder=str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="expected one of wav2vec2, hubert, wavlm"):
        encoders.create("wav2vec", folder=str(tmp_path))


def test_code_named_in_the_settings_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, "Hubert")
    settings = json.loads((tmp_path / "config.json").read_text())
    strange = {"auto_map": {"AutoModel": "evil.Evil"}, "attn_implementation": "somebody/kernel"}
    (tmp_path / "config.json").write_text(json.dumps({**settings, **strange}))
    kept = encoders.create("wav2vec", folder=str(tmp_path)).configuration()["options"]
    assert kept["folder"] is None
    assert not strange.keys() & kept["network"].keys()


def test_settings_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit together"):
        encoders.create("wav2vec", network={**SMALL, "model_type": "wav2vec2", "conv_kernel": [10, 3]})
    with pytest.raises(InputError, match="not both"):
        encoders.create("wav2vec", network={}, folder="somewhere")
