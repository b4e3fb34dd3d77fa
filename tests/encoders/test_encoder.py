"""The encoder as a whole: batch invariance, configuration, input checks, precision."""

from __future__ import annotations

import json

import pytest
import torch

from voxmetric import encoders
from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError

# Small forms of the large networks: the arithmetic of lengths does not depend on the width.
OPTIONS: dict[str, dict[str, object]] = {
    "x_vector": {"channels": (16, 16, 16, 16, 24)},
    "sincnet_x_vector": {"channels": (16, 16, 16, 16, 24)},
    "ecapa_tdnn": {"channels": 16, "output_channels": 24},
    "gated_tdnn": {"channels": 16, "dilations": (1, 2), "output_channels": 24},
    "lstm": {"hidden": 16, "layers": 2, "output_size": 24},
    "transformer": {"width": 24, "heads": 4, "hidden": 32, "window_frames": 60},
    "wav2vec": {
        "network": {
            "model_type": "wav2vec2",
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 20,
            "conv_dim": (12, 12),
            "conv_kernel": (20, 10),
            "conv_stride": (10, 8),
            "num_conv_pos_embeddings": 8,
            "num_conv_pos_embedding_groups": 2,
        },
        "frozen": False,
    },
    "vgg_m_40": {},
    "ensemble": {
        "members": [
            {"name": "x_vector", "embedding_size": 10, "options": {"channels": (8, 8, 8, 8, 12)}},
            {"name": "gated_tdnn", "embedding_size": 14, "options": {"channels": 16, "dilations": (1, 2)}},
        ]
    },
    **{
        f"{kind}resnet34": {"channels": (8, 8, 16, 16), "blocks": (1, 1, 2, 1)}
        for kind in ("fast_", "thin_", "half_", "")
    },
}


def small(name: str, **changes: object) -> Encoder:
    """A small encoder in evaluation mode whose batch normalisations have seen data."""
    if name == "wav2vec":
        pytest.importorskip("transformers", reason='needs the extra: pip install "voxmetric[transformers]"')
    torch.manual_seed(1)
    encoder = encoders.create(name, 24, **{**OPTIONS[name], **changes})  # type: ignore[arg-type]
    encoder.train()
    for _ in range(3):
        encoder(torch.randn(6, 16000) * torch.rand(6, 1))
    return encoder.eval()


@pytest.mark.parametrize("name", encoders.available())
def test_padding_and_neighbours_do_not_change_an_embedding(name: str) -> None:
    encoder = small(name)
    shortest = encoder.minimum_samples
    lengths = torch.cat([torch.randint(shortest, 24000, (6,)), torch.tensor([shortest, shortest + 1, 24000])])
    waveforms = torch.randn(len(lengths), 24000)
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-10)):
        encoder.to(dtype)
        some = waveforms.to(dtype)
        with torch.no_grad():
            alone = torch.cat([encoder(row[None, :end]) for row, end in zip(some, lengths, strict=True)])
            together = encoder(some, lengths)
            padded = torch.nn.functional.pad(some, (0, 5000), value=7.0)
            longer = encoder(padded, lengths)
        assert alone.abs().max() > 1e-3
        torch.testing.assert_close(together, alone, atol=tolerance, rtol=0)
        torch.testing.assert_close(longer, alone, atol=tolerance, rtol=0)


@pytest.mark.parametrize("name", encoders.available())
def test_configuration_survives_json(name: str) -> None:
    encoder = small(name)
    again = encoders.from_configuration(json.loads(json.dumps(encoder.configuration())))
    again.load_state_dict(encoder.state_dict())
    waveforms = torch.randn(2, 16000)
    torch.testing.assert_close(again.eval()(waveforms), encoder(waveforms), atol=0, rtol=0)
    assert again.configuration() == encoder.configuration()


@pytest.mark.parametrize("name", encoders.available())
def test_autocast_returns_float32_near_the_full_precision(name: str) -> None:
    encoder = small(name)
    waveforms = torch.randn(3, 16000)
    expected = encoder(waveforms)
    with torch.autocast("cpu", torch.bfloat16):
        found = encoder(waveforms)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0.05 * float(expected.detach().abs().max()), rtol=0)


@pytest.mark.parametrize("name", encoders.available())
def test_every_parameter_gets_a_gradient(name: str) -> None:
    encoder = small(name).train()
    encoder(torch.randn(4, 16000)).square().sum().backward()
    for key, parameter in encoder.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key


def test_too_short_input_is_refused() -> None:
    encoder = small("fast_resnet34")
    encoder(torch.randn(1, encoder.minimum_samples))
    with pytest.raises(InputError, match="needs at least"):
        encoder(torch.randn(1, encoder.minimum_samples - 1))
    with pytest.raises(InputError, match="needs at least"):
        encoder(torch.randn(2, 16000), torch.tensor([16000, encoder.minimum_samples - 1]))


@pytest.mark.parametrize(
    ("waveforms", "lengths"),
    [
        (torch.zeros(16000), None),
        (torch.zeros(2, 16000, dtype=torch.int16), None),
        (torch.zeros(2, 16000), torch.tensor([16000])),
        (torch.zeros(2, 16000), torch.tensor([16000, 16001])),
    ],
)
def test_misshapen_input_is_refused(waveforms: torch.Tensor, lengths: torch.Tensor | None) -> None:
    with pytest.raises(InputError):
        small("x_vector")(waveforms, lengths)


def test_silence_gives_a_finite_embedding() -> None:
    assert small("fast_resnet34")(torch.zeros(2, 16000)).isfinite().all()
