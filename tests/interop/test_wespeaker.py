"""ResNet-34 and ECAPA-TDNN in the layouts of WeSpeaker, against straight implementations."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from voxmetric import interop
from voxmetric.errors import InputError

SETTINGS: dict[str, Any] = {
    "model": "ResNet34",
    "model_args": {"feat_dim": 80, "embed_dim": 24, "pooling_func": "TSTP", "two_emb_layer": False},
    "dataset_args": {"fbank_args": {"num_mel_bins": 80, "frame_shift": 10, "frame_length": 25, "dither": 1.0}},
}


def hamming() -> Tensor:
    return torch.hamming_window(400, periodic=False, dtype=torch.float64)


def resnet(layout: Any, pooled: int) -> dict[str, Tensor]:
    layout.layer("conv1", 8, 1, 3, 3, bias=False)
    layout.norm("bn1", 8)
    layout.stages("layer", (8, 16, 32, 64), (1, 2, 2, 2), "shortcut", gated=False)
    layout.layer("seg_1", 24, pooled)
    layout.normal("projection.weight", 30, 24)
    return layout.tensors


@pytest.mark.parametrize("pooling", ["TSTP", "TAP"])
def test_resnet(
    layout: Any, network: Any, kaldi: Any, waveforms: Tensor, saved: Any, same_embeddings: Any, pooling: str
) -> None:
    tensors = resnet(layout, 64 * 10 * (2 if pooling == "TSTP" else 1))
    path = saved(tensors, "avg_model.pt")
    model_args = SETTINGS["model_args"] | {"pooling_func": pooling}
    (path.parent / "config.yaml").write_text(yaml.safe_dump(SETTINGS | {"model_args": model_args}))
    conversion = interop.convert(path.parent)
    assert (conversion.format_name, conversion.architecture) == ("wespeaker", "ResNet34")
    assert conversion.report.set_aside == ("projection.weight",)

    straight = network(tensors)
    x = kaldi(waveforms, 80, hamming(), 32768.0).unsqueeze(1)
    x = straight.norm(straight.conv2d(x, "conv1"), "bn1").relu()
    x = straight.stages(x, "layer", (1, 2, 2, 2), "shortcut", relu_first=False).flatten(1, 2)
    pooled = x.mean(-1)
    if pooling == "TSTP":
        pooled = torch.cat([pooled, (x.var(-1) + 1e-7).sqrt()], dim=1)
    same_embeddings(conversion, waveforms, straight.linear(pooled, "seg_1"))


@pytest.mark.parametrize("context", [False, True])
def test_ecapa(
    layout: Any, network: Any, kaldi: Any, waveforms: Tensor, saved: Any, same_embeddings: Any, context: bool
) -> None:
    channels, joined = 64, 192
    layout.layer("layer1.conv", channels, 80, 5)
    layout.norm("layer1.bn", channels)
    for block in (2, 3, 4):
        name = f"layer{block}.se_res2block"
        for part in (0, 2):
            layout.layer(f"{name}.{part}.conv", channels, channels, 1)
            layout.norm(f"{name}.{part}.bn", channels)
        for group in range(7):
            layout.layer(f"{name}.1.convs.{group}", 8, 8, 3)
            layout.norm(f"{name}.1.bns.{group}", 8)
        layout.layer(f"{name}.3.linear1", 128, channels)
        layout.layer(f"{name}.3.linear2", channels, 128)
    layout.layer("conv", joined, 3 * channels, 1)
    layout.layer("pool.linear1", 128, joined * (3 if context else 1), 1)
    layout.layer("pool.linear2", joined, 128, 1)
    layout.norm("bn", 2 * joined)
    layout.layer("linear", 24, 2 * joined)
    conversion = interop.convert(saved({"state_dict": layout.tensors}, "avg_model.pt"))
    assert (conversion.format_name, conversion.architecture) == ("wespeaker", "ECAPA-TDNN")

    straight = network(layout.tensors)

    def time_delay(x: Tensor, name: str) -> Tensor:
        return straight.norm(straight.conv1d(x, f"{name}.conv").relu(), f"{name}.bn")

    x = time_delay(kaldi(waveforms, 80, hamming(), 32768.0), "layer1")
    outputs = []
    for block in (2, 3, 4):
        name = f"layer{block}.se_res2block"
        groups = list(time_delay(x, f"{name}.0").split(8, dim=1))
        for group in range(7):
            entering = groups[group] + groups[group - 1] if group else groups[0]
            convolved = straight.conv1d(entering, f"{name}.1.convs.{group}", dilation=block)
            groups[group] = straight.norm(convolved.relu(), f"{name}.1.bns.{group}")
        y = time_delay(torch.cat(groups, dim=1), f"{name}.2")
        gates = straight.linear(straight.linear(y.mean(2), f"{name}.3.linear1").relu(), f"{name}.3.linear2").sigmoid()
        x = x + y * gates.unsqueeze(2)
        outputs.append(x)
    x = straight.conv1d(torch.cat(outputs, dim=1), "conv").relu()
    deviation = (x.var(-1, keepdim=True) + 1e-10).sqrt()
    seen = torch.cat([x, x.mean(-1, keepdim=True).expand_as(x), deviation.expand_as(x)], dim=1) if context else x
    weights = straight.conv1d(straight.conv1d(seen, "pool.linear1").tanh(), "pool.linear2").softmax(2)
    mean = (weights * x).sum(2)
    spread = ((weights * x.square()).sum(2) - mean.square()).clamp(min=1e-10).sqrt()
    pooled = straight.norm(torch.cat([mean, spread], dim=1), "bn")
    same_embeddings(conversion, waveforms, straight.linear(pooled, "linear"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset_args": {"frontend": "s3prl"}}, "frontend s3prl"),
        ({"dataset_args": {"cmvn_args": {"norm_mean": True, "norm_var": True}}}, "norm_var false"),
        ({"model_args": {"pooling_func": "MQMHASTP"}}, "MQMHASTP is not supported"),
        ({"model_args": 3}, "expected a mapping under model_args"),
    ],
)
def test_settings_that_we_cannot_follow_are_refused(
    layout: Any, saved: Any, changes: dict[str, Any], message: str
) -> None:
    path = saved(resnet(layout, 1280), "avg_model.pt")
    (path.parent / "config.yaml").write_text(yaml.safe_dump(SETTINGS | changes))
    with pytest.raises(InputError, match=message):
        interop.convert(path)


def test_settings_shape_the_filter_bank(layout: Any, saved: Any) -> None:
    path = saved(resnet(layout, 64 * 5 * 2), "avg_model.pt")
    settings = {"resample_rate": 8000, "cmvn": False, "fbank_args": {"num_mel_bins": 40, "frame_length": 32}}
    (path.parent / "config.yaml").write_text(yaml.safe_dump(SETTINGS | {"dataset_args": settings}))
    front_end = interop.convert(path).model.encoder.configuration()["front_end"]
    expected = {
        "sample_rate": 8000,
        "fft_size": 256,
        "num_mels": 40,
        "normalization": "none",
        "frame_seconds": 0.032,
    }
    assert front_end | expected == front_end


def test_bottleneck_blocks_are_refused(layout: Any, saved: Any) -> None:
    tensors = resnet(layout, 1280) | {"layer1.0.conv3.weight": torch.zeros(32, 8, 1, 1)}
    with pytest.raises(InputError, match="ResNet-50 and deeper"):
        interop.convert(saved(tensors))
