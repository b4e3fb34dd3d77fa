"""ResNetSE34L and ResNetSE34V2 in the layouts of voxceleb_trainer, against straight implementations."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric import interop
from voxmetric.errors import InputError


def lite(layout: Any, torchaudio_state: Any, statistics: bool = False) -> dict[str, Tensor]:
    layout.layer("__S__.conv1", 16, 1, 7, 7, bias=False)
    layout.norm("__S__.bn1", 16)
    layout.stages("__S__.layer", (16, 32, 64, 128), (1, 2, 2, 1), "downsample", gated=True)
    layout.layer("__S__.sap_linear", 128, 128)
    layout.normal("__S__.attention", 128, 1, scale=0.2)
    layout.layer("__S__.fc", 32, 256 if statistics else 128)
    layout.normal("__L__.w", 1)
    return layout.tensors | torchaudio_state("__S__.torchfb", 40)


def lite_embeddings(network: Any, features: Tensor, statistics: bool = False) -> Tensor:
    x = F.instance_norm(features).unsqueeze(1)
    x = network.norm(network.conv2d(x, "__S__.conv1", (2, 1)), "__S__.bn1").relu()
    x = network.stages(x, "__S__.layer", (1, 2, 2, 1), "downsample", relu_first=True)
    x = x.mean(2).transpose(1, 2)
    weights = (network.linear(x, "__S__.sap_linear").tanh() @ network.tensors["__S__.attention"]).softmax(1)
    mean = (weights * x).sum(1)
    deviation = ((weights * x.square()).sum(1) - mean.square()).clamp(min=1e-5).sqrt()
    return network.linear(torch.cat([mean, deviation], dim=1) if statistics else mean, "__S__.fc")


@pytest.mark.parametrize("statistics", [False, True])
def test_lite(
    layout: Any, network: Any, torchaudio: Any, torchaudio_state: Any, waveforms: Tensor, saved: Any,
    same_embeddings: Any, statistics: bool,
) -> None:  # fmt: skip
    tensors = lite(layout, torchaudio_state, statistics)
    conversion = interop.convert(saved(tensors))
    assert (conversion.format_name, conversion.architecture) == ("voxceleb_trainer", "ResNetSE34L")
    assert conversion.report.set_aside == ("__L__.w",)
    expected = lite_embeddings(network(tensors), torchaudio(waveforms, 40), statistics)
    same_embeddings(conversion, waveforms, expected)


@pytest.mark.parametrize("said_by", ["option", "settings"])
def test_energies_without_a_logarithm(
    layout: Any, network: Any, torchaudio: Any, torchaudio_state: Any, waveforms: Tensor, saved: Any,
    same_embeddings: Any, said_by: str,
) -> None:  # fmt: skip
    tensors = lite(layout, torchaudio_state)
    path = saved(tensors)
    if said_by == "settings":
        path.with_name("config.yaml").write_text("model: ResNetSE34L\nlog_input: False\n")
    conversion = interop.convert(path, log_input=None if said_by == "settings" else False)
    energies = torchaudio(100 * waveforms, 40).exp()
    same_embeddings(conversion, 100 * waveforms, lite_embeddings(network(tensors), energies))


def test_an_option_goes_before_the_settings_and_another_format_has_none(
    layout: Any, torchaudio_state: Any, saved: Any
) -> None:
    path = saved(lite(layout, torchaudio_state))
    path.with_name("config.yaml").write_text("log_input: False\n")
    front_end = interop.convert(path, log_input=True).model.encoder.configuration()["front_end"]
    assert front_end["log"] == "natural"
    path.with_name("config.yaml").write_text("log_input: maybe\n")
    with pytest.raises(InputError, match="log_input is 'maybe'"):
        interop.convert(path)
    with pytest.raises(InputError, match="option of checkpoint format 'wespeaker'"):
        interop.convert(path, format_name="wespeaker", log_input=True)


@pytest.mark.parametrize("statistics", [False, True])
def test_version_two(
    layout: Any, network: Any, torchaudio: Any, torchaudio_state: Any, waveforms: Tensor, saved: Any,
    same_embeddings: Any, statistics: bool,
) -> None:  # fmt: skip
    layout.layer("__S__.conv1", 16, 1, 3, 3)
    layout.norm("__S__.bn1", 16)
    layout.stages("__S__.layer", (16, 16, 32, 32), (1, 2, 2, 2), "downsample", gated=True)
    layout.layer("__S__.attention.0", 128, 32 * 8, 1)
    layout.norm("__S__.attention.2", 128)
    layout.layer("__S__.attention.3", 32 * 8, 128, 1)
    layout.layer("__S__.fc", 24, 32 * 8 * (2 if statistics else 1))
    layout.normal("__L__.weight", 50, 24)
    tensors = layout.tensors | torchaudio_state("__S__.torchfb.1", 64)
    tensors["__S__.torchfb.0.flipped_filter"] = torch.tensor([[[-0.97, 1.0]]])

    wrapped = {f"module.{name}": tensor for name, tensor in tensors.items()}
    conversion = interop.convert(saved({"model_state_dict": wrapped, "optimizer_state_dict": {}, "epoch": 3}))
    assert (conversion.format_name, conversion.architecture) == ("voxceleb_trainer", "ResNetSE34V2")

    straight = network(tensors)
    emphasised = waveforms - 0.97 * torch.cat([waveforms[:, 1:2], waveforms[:, :-1]], dim=1)
    x = F.instance_norm(torchaudio(emphasised, 64)).unsqueeze(1)
    x = straight.norm(straight.conv2d(x, "__S__.conv1").relu(), "__S__.bn1")
    x = straight.stages(x, "__S__.layer", (1, 2, 2, 2), "downsample", relu_first=True)
    x = x.reshape(2, 32 * 8, -1)
    hidden = straight.norm(straight.conv1d(x, "__S__.attention.0").relu(), "__S__.attention.2")
    weights = straight.conv1d(hidden, "__S__.attention.3").softmax(2)
    pooled = (weights * x).sum(2)
    if statistics:
        deviation = ((weights * x.square()).sum(2) - pooled.square()).clamp(min=1e-5).sqrt()
        pooled = torch.cat([pooled, deviation], dim=1)
    same_embeddings(conversion, waveforms, straight.linear(pooled, "__S__.fc"))


def test_another_front_end_is_refused(layout: Any, torchaudio_state: Any, saved: Any) -> None:
    tensors = lite(layout, torchaudio_state)
    tensors["__S__.torchfb.mel_scale.fb"] = tensors["__S__.torchfb.mel_scale.fb"].roll(1, 0)
    with pytest.raises(InputError, match=r"1 of another front-end \(front_end.mel_energies.filters, by up to"):
        interop.convert(saved(tensors))


def test_keys_that_do_not_fit_are_listed_and_refused(layout: Any, torchaudio_state: Any, saved: Any) -> None:
    tensors = lite(layout, torchaudio_state)
    del tensors["__S__.bn1.running_mean"]
    tensors["__S__.fc.bias"] = torch.zeros(7)
    tensors["__S__.something.else"] = torch.zeros(1)
    path = saved(tensors)
    with pytest.raises(InputError) as refusal:
        interop.convert(path)
    assert str(refusal.value).endswith(
        "1 missing (trunk.bn1.running_mean); 1 unexpected (__S__.something.else); "
        "1 of another shape (projection.bias (7,) for (32,))"
    )
    forced = interop.convert(path, force=True)
    assert not forced.report.fits
    assert "by force: 1 missing" in forced.model.card.summary
    torch.testing.assert_close(forced.model.encoder.projection.weight.detach(), tensors["__S__.fc.weight"])
