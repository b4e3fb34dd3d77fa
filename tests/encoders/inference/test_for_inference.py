"""The prepared encoders against the ones they are made from."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import normalize

from voxmetric import encoders
from voxmetric.encoders.appended import with_layers
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.inference import convolution, for_inference, packed

RESNET = {"channels": (8, 8, 16, 16), "blocks": (1, 1, 2, 1)}
ECAPA = {"channels": 16, "output_channels": 24}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "fast": ("fast_resnet34", RESNET),
    "thin": ("thin_resnet34", RESNET),
    "half": ("half_resnet34", RESNET),
    "wespeaker": ("resnet34", RESNET),
    "ecapa": ("ecapa_tdnn", ECAPA),
    "ecapa_summed": ("ecapa_tdnn", {**ECAPA, "summed_inputs": True, "join_normalization": True}),
    "ecapa_reflected": ("ecapa_tdnn", {**ECAPA, "edges": "reflect"}),
    "ecapa_plain_pooling": (
        "ecapa_tdnn",
        {**ECAPA, "pooling": {"name": "channel_context_attentive", "context": False, "hidden_normalization": True}},
    ),
    "ecapa_biased": (
        "ecapa_tdnn",
        {**ECAPA, "pooling": {"name": "channel_context_attentive", "unbiased": False, "hidden_normalization": True}},
    ),
    "gated": ("gated_tdnn", {}),
    "gated_small": ("gated_tdnn", {"channels": 16, "dilations": (1, 3), "kernel_size": 5, "output_channels": 24}),
    "ensemble": (
        "ensemble",
        {
            "members": [
                {"name": "fast_resnet34", "embedding_size": 9, "options": RESNET},
                {"name": "gated_tdnn", "embedding_size": 15, "options": {"channels": 16, "dilations": (1, 3)}},
            ]
        },
    ),
    "x_vector": ("x_vector", {"channels": (16, 16, 16, 16, 24)}),
}
# Of these no part has a form of its own.
OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "lstm": ("lstm", {"hidden": 16, "layers": 1}),
    "sincnet": ("sincnet_x_vector", {"channels": (16, 16, 16, 16, 24)}),
    "transformer": ("transformer", {}),
    "vgg": ("vgg_m_40", {}),
}


def trained(case: str) -> Encoder:
    """An encoder whose batch normalisations have statistics and weights of their own."""
    torch.manual_seed(1)
    name, options = (CASES | OTHERS)[case]
    encoder = encoders.create(name, 24, **options).train()
    for module in encoder.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            torch.nn.init.uniform_(module.weight, -1.5, 1.5)
            torch.nn.init.normal_(module.bias)
    for _ in range(3):
        encoder(torch.randn(6, 16000) * torch.rand(6, 1))
    return encoder.eval()


@pytest.mark.parametrize("form", ["packed", "public operators", "tiles"])
@pytest.mark.parametrize("case", CASES)
def test_embeddings_are_the_same(case: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == "public operators":
        monkeypatch.setattr(packed, "can_pack", lambda _: False)
    if form == "tiles":
        monkeypatch.setattr(convolution, "FEWEST_CHANNELS", 8)
        monkeypatch.setattr(convolution, "FEWEST_VALUES", 1)
    encoder = trained(case)
    prepared = for_inference(encoder)
    lengths = torch.tensor([24000, encoder.minimum_samples, 16000, 24000, 23999, encoder.minimum_samples + 1])
    waveforms = torch.randn(len(lengths), 24000)
    with torch.inference_mode():
        for given in (None, lengths):
            expected = normalize(encoder(waveforms.clone(), given))
            torch.testing.assert_close(normalize(prepared(waveforms.clone(), given)), expected, atol=1e-5, rtol=0)
        alone = torch.cat([prepared(row[None, :end]) for row, end in zip(waveforms, lengths, strict=True)])
        torch.testing.assert_close(normalize(alone), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("case", "public_operators"), [*((case, False) for case in CASES | OTHERS), ("fast", True), ("ecapa", True)]
)
def test_in_bfloat16_embeddings_are_nearly_the_same(
    case: str, public_operators: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if public_operators:
        monkeypatch.setattr(packed, "can_pack", lambda _: False)
    encoder = trained(case)
    prepared = for_inference(encoder, "bfloat16")
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    lengths = torch.tensor([32000, encoder.minimum_samples, 16000, 31999])
    waveforms = torch.randn(len(lengths), 32000)
    with torch.inference_mode():
        for given in (None, lengths):
            found = prepared(waveforms, given)
            assert found.dtype == torch.float32
            cosines = (normalize(found) * normalize(encoder(waveforms, given))).sum(1)
            assert cosines.min() > 0.999
            assert (found != encoder(waveforms, given)).any()
        alone = torch.cat([prepared(row[None, :end]) for row, end in zip(waveforms, lengths, strict=True)])
        assert (normalize(alone) * normalize(found)).sum(1).min() > 0.9999
    torch.testing.assert_close(encoder.state_dict(), before, atol=0, rtol=0)


def test_the_encoder_itself_stays_as_it_was() -> None:
    for case in ("fast", "ecapa"):
        encoder = trained(case)
        before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
        waveforms = torch.randn(2, 16000)
        kept = waveforms.clone()
        with torch.inference_mode():
            for_inference(encoder)(waveforms, torch.tensor([12000, 16000]))
        torch.testing.assert_close(waveforms, kept, atol=0, rtol=0)
        torch.testing.assert_close(encoder.state_dict(), before, atol=0, rtol=0)
        encoder.train()
        encoder(waveforms).sum().backward()
        assert all(parameter.grad is not None for parameter in encoder.parameters())


def test_members_of_an_ensemble_have_forms_of_their_own() -> None:
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        members = for_inference(trained("ensemble"), precision).trunk.members  # type: ignore[arg-type]
        assert [member.trunk.dtype for member in members] == [dtype, dtype]


def test_appended_layers_stay() -> None:
    torch.manual_seed(0)
    longer = with_layers(trained("fast"), torch.nn.Sequential(torch.nn.Linear(24, 5))).eval()
    prepared = for_inference(longer)
    waveforms = torch.randn(2, 16000)
    assert prepared.embedding_size == 5
    with torch.inference_mode():
        torch.testing.assert_close(prepared(waveforms), longer(waveforms), atol=1e-4, rtol=1e-4)


def test_other_precisions_are_left_alone() -> None:
    encoder = trained("fast").double()
    assert for_inference(encoder) is encoder
    assert for_inference(encoder, "bfloat16") is encoder
    assert for_inference(trained("x_vector")).trunk.__class__.__name__ == "XVector"


def test_features_are_the_same_to_the_bit() -> None:
    for case in ("fast", "ecapa"):
        encoder = trained(case)
        waveforms = torch.randn(3, 16000)
        expected, _ = encoder.front_end(waveforms)
        with torch.inference_mode():
            found, _ = encoder.front_end(waveforms)
        torch.testing.assert_close(found.clone(), expected, atol=0, rtol=0)
