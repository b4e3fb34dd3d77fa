"""ECAPA-TDNN in the layout of TaoRuijie's repository, against a straight implementation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from voxmetric import interop

ROOT = "speaker_encoder."
CHANNELS, JOINED = 64, 192


def filled(layout: Any, torchaudio_state: Any) -> dict[str, Tensor]:
    layout.layer(f"{ROOT}conv1", CHANNELS, 80, 5)
    layout.norm(f"{ROOT}bn1", CHANNELS)
    for block in (1, 2, 3):
        name = f"{ROOT}layer{block}"
        for part in (1, 3):
            layout.layer(f"{name}.conv{part}", CHANNELS, CHANNELS, 1)
            layout.norm(f"{name}.bn{part}", CHANNELS)
        for group in range(7):
            layout.layer(f"{name}.convs.{group}", 8, 8, 3)
            layout.norm(f"{name}.bns.{group}", 8)
        layout.layer(f"{name}.se.se.1", 128, CHANNELS, 1)
        layout.layer(f"{name}.se.se.3", CHANNELS, 128, 1)
    layout.layer(f"{ROOT}layer4", JOINED, 3 * CHANNELS, 1)
    layout.layer(f"{ROOT}attention.0", 256, 3 * JOINED, 1)
    layout.norm(f"{ROOT}attention.2", 256)
    layout.layer(f"{ROOT}attention.4", JOINED, 256, 1)
    layout.norm(f"{ROOT}bn5", 2 * JOINED)
    layout.layer(f"{ROOT}fc6", 24, 2 * JOINED)
    layout.norm(f"{ROOT}bn6", 24)
    layout.normal("speaker_loss.weight", 10, 24)
    taps = {f"{ROOT}torchfbank.0.flipped_filter": torch.tensor([[[-0.97, 1.0]]])}
    tensors: dict[str, Tensor] = layout.tensors
    return tensors | taps | torchaudio_state(f"{ROOT}torchfbank.1", 80, 20.0, 7600.0)


def embeddings(straight: Any, features: Tensor) -> Tensor:
    x = straight.norm(straight.conv1d(features, f"{ROOT}conv1").relu(), f"{ROOT}bn1")
    outputs: list[Tensor] = []
    for block in (1, 2, 3):
        name = f"{ROOT}layer{block}"
        entering = x + sum(outputs)
        y = straight.norm(straight.conv1d(entering, f"{name}.conv1").relu(), f"{name}.bn1")
        groups = list(y.split(8, dim=1))
        for group in range(7):
            carried = groups[group] + groups[group - 1] if group else groups[0]
            convolved = straight.conv1d(carried, f"{name}.convs.{group}", dilation=block + 1)
            groups[group] = straight.norm(convolved.relu(), f"{name}.bns.{group}")
        y = straight.norm(straight.conv1d(torch.cat(groups, 1), f"{name}.conv3").relu(), f"{name}.bn3")
        gates = straight.conv1d(y.mean(-1, keepdim=True), f"{name}.se.se.1").relu()
        outputs.append(entering + y * straight.conv1d(gates, f"{name}.se.se.3").sigmoid())
    x = straight.conv1d(torch.cat(outputs, dim=1), f"{ROOT}layer4").relu()
    deviation = x.var(-1, keepdim=True).clamp(min=1e-4).sqrt()
    seen = torch.cat([x, x.mean(-1, keepdim=True).expand_as(x), deviation.expand_as(x)], dim=1)
    hidden = straight.norm(straight.conv1d(seen, f"{ROOT}attention.0").relu(), f"{ROOT}attention.2")
    weights = straight.conv1d(hidden.tanh(), f"{ROOT}attention.4").softmax(2)
    mean = (weights * x).sum(2)
    spread = ((weights * x.square()).sum(2) - mean.square()).clamp(min=1e-4).sqrt()
    pooled = straight.norm(torch.cat([mean, spread], dim=1), f"{ROOT}bn5")
    return straight.norm(straight.linear(pooled, f"{ROOT}fc6"), f"{ROOT}bn6")


def test_ecapa(
    layout: Any, network: Any, torchaudio: Any, torchaudio_state: Any, waveforms: Tensor, saved: Any,
    same_embeddings: Any,
) -> None:  # fmt: skip
    tensors = filled(layout, torchaudio_state)
    conversion = interop.convert(saved(tensors))
    assert (conversion.format_name, conversion.architecture) == ("taoruijie", "ECAPA-TDNN")
    emphasised = waveforms - 0.97 * torch.cat([waveforms[:, 1:2], waveforms[:, :-1]], dim=1)
    features = torchaudio(emphasised, 80, 20.0, 7600.0)
    features = features - features.mean(-1, keepdim=True)
    same_embeddings(conversion, waveforms, embeddings(network(tensors), features))
