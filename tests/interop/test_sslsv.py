"""ResNet-34 and ECAPA-TDNN in the layouts of sslsv, against straight implementations."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric import interop
from voxmetric.errors import InputError


def resnet(layout: Any, prefix: str) -> None:
    layout.layer(f"{prefix}conv", 16, 1, 7, 7, bias=False)
    layout.norm(f"{prefix}bn", 16)
    layout.stages(f"{prefix}block", (16, 16, 32, 32), (1, 2, 2, 1), "downsample", gated=True)
    layout.layer(f"{prefix}pooling.sap_linear", 32, 32)
    layout.normal(f"{prefix}pooling.attention", 32, 1, scale=0.3)
    layout.layer(f"{prefix}fc", 24, 32)
    layout.norm(f"{prefix}last_bn", 24)


def resnet_embeddings(straight: Any, prefix: str, features: Tensor) -> Tensor:
    x = F.instance_norm(features).unsqueeze(1)
    x = straight.norm(straight.conv2d(x, f"{prefix}conv", (2, 1)), f"{prefix}bn").relu()
    x = straight.stages(x, f"{prefix}block", (1, 2, 2, 1), "downsample", relu_first=True).mean(2).transpose(1, 2)
    hidden = straight.linear(x, f"{prefix}pooling.sap_linear").tanh()
    weights = (hidden @ straight.tensors[f"{prefix}pooling.attention"]).softmax(1)
    return straight.norm(straight.linear((weights * x).sum(1), f"{prefix}fc"), f"{prefix}last_bn")


@pytest.mark.parametrize(("weights", "prefix"), [("teacher", "encoder_momentum."), ("student", "encoder.")])
def test_resnet_of_teacher_and_student(
    layout: Any, network: Any, torchaudio: Any, torchaudio_state: Any, waveforms: Tensor, saved: Any,
    same_embeddings: Any, weights: str, prefix: str,
) -> None:  # fmt: skip
    for each in ("encoder.", "encoder_momentum."):
        resnet(layout, each)
        layout.tensors |= torchaudio_state(f"{each}features_extractor.0", 40)
    layout.layer("head.mlp.0", 8, 24)
    path = saved(
        {"epoch": 3, "best_metric": 0.1, "model": layout.tensors, "optimizer": {}}, "checkpoints/model_best.pt"
    )
    with pytest.raises(InputError, match="--weights teacher or --weights student"):
        interop.convert(path)
    conversion = interop.convert(path.parent.parent, weights=weights)
    assert (conversion.format_name, conversion.architecture) == ("sslsv", "ResNet34")
    expected = resnet_embeddings(network(layout.tensors), prefix, torchaudio(waveforms, 40))
    same_embeddings(conversion, waveforms, expected)


def test_ecapa_with_a_hann_window(
    layout: Any, network: Any, torchaudio: Any, torchaudio_state: Any, waveforms: Tensor, saved: Any,
    same_embeddings: Any,
) -> None:  # fmt: skip
    layout.speechbrain_tree("encoder.", 40, 64, 192, 24, "norm")
    layout.tensors |= torchaudio_state("encoder.features_extractor.0", 40)
    layout.tensors["encoder.features_extractor.0.spectrogram.window"] = torch.hann_window(400)
    conversion = interop.convert(saved({"model": layout.tensors}, "model.pt"))
    features = F.instance_norm(torchaudio(waveforms, 40, window=torch.hann_window))
    expected = network(layout.tensors).speechbrain_tree(features, "encoder.", "norm")
    same_embeddings(conversion, waveforms, expected)


def test_what_is_not_there_is_refused(layout: Any, saved: Any) -> None:
    resnet(layout, "encoder.")
    path = saved({"model": layout.tensors})
    with pytest.raises(InputError, match="holds no teacher"):
        interop.convert(path, weights="teacher")
    with pytest.raises(InputError, match="did you mean 'teacher'"):
        interop.convert(path, format_name="sslsv", weights="teachers")
    del layout.tensors["encoder.pooling.attention"]
    with pytest.raises(InputError, match="with self-attentive pooling"):
        interop.convert(saved({"model": layout.tensors}))
