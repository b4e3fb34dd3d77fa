"""ECAPA-TDNN in SpeechBrain's layout, against a straight implementation."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from voxmetric import interop
from voxmetric.errors import InputError

SETTINGS = """
n_mels: 80
pretrained_path: somebody/model
compute_features: !new:speechbrain.lobes.features.Fbank
    n_mels: !ref <n_mels>
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False
embedding_model: !new:os.system
    - touch {trap}
classifier: !!python/object/apply:os.system ["touch {trap}"]
"""


def filter_bank(waveforms: Tensor) -> Tensor:
    """SpeechBrain's features (B, 80, N): decibels, at most 80 below the recording's loudest, mean removed."""
    padded = torch.nn.functional.pad(waveforms, (200, 200))
    frames = padded.unfold(1, 400, 160) * torch.hamming_window(400, dtype=torch.float64)
    spectra = torch.fft.rfft(frames).abs().square()
    mels = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 82)
    points = 700 * (10 ** (mels / 2595) - 1)
    bins = np.linspace(0, 8000, 201)
    filters = []
    for before, centre in itertools.pairwise(points[:-1]):
        slope = (bins - centre) / (centre - before)
        filters.append(np.maximum(0, np.minimum(1 + slope, 1 - slope)))
    decibels = 10 * (spectra @ torch.from_numpy(np.stack(filters, axis=1))).clamp(min=1e-10).log10()
    clipped = torch.stack([item.clamp(min=float(item.max()) - 80) for item in decibels])
    return (clipped - clipped.mean(1, keepdim=True)).transpose(1, 2)


@pytest.fixture
def folder(layout: Any, saved: Any, tmp_path: Path) -> Path:
    layout.speechbrain_tree("", 80, 64, 192, 24, "norm.norm")
    path: Path = saved(layout.tensors, "embedding_model.ckpt")
    saved({"count": 3, "glob_mean": torch.zeros(24)}, "mean_var_norm_emb.ckpt")
    saved({"weight": torch.zeros(5, 24)}, "classifier.ckpt")
    (tmp_path / "hyperparams.yaml").write_text(SETTINGS.format(trap=tmp_path / "trap"))
    return path.parent


def test_ecapa(layout: Any, folder: Path, network: Any, waveforms: Tensor, same_embeddings: Any) -> None:
    conversion = interop.convert(folder)
    assert (conversion.format_name, conversion.architecture) == ("speechbrain", "ECAPA-TDNN")
    assert not (folder / "trap").exists()
    # Silence at the end, so that the clipping 80 dB below the maximum has something to clip.
    waveforms = torch.cat([waveforms, 1e-6 * waveforms[:, :3000]], dim=1)
    expected = network(layout.tensors).speechbrain_tree(filter_bank(waveforms), "", "norm.norm")
    same_embeddings(conversion, waveforms, expected)


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("std_norm: False", "std_norm: True", "std_norm"),
        ("norm_type: sentence", "norm_type: global", "norm_type"),
        ("n_mels: !ref <n_mels>", "n_mels: !ref <n_mels>\n    deltas: True", "deltas"),
    ],
)
def test_another_front_end_is_refused(folder: Path, old: str, new: str, names: str) -> None:
    settings = folder / "hyperparams.yaml"
    settings.write_text(settings.read_text().replace(old, new))
    with pytest.raises(InputError, match=f"{names} differ from SpeechBrain's published front-end"):
        interop.convert(folder)


def test_the_weights_alone_may_be_another_tools(folder: Path) -> None:
    (folder / "hyperparams.yaml").unlink()
    with pytest.raises(InputError, match="may be of speechbrain or three_d_speaker"):
        interop.convert(folder)
    assert interop.convert(folder, format_name="speechbrain").report.fits


def test_other_widths_are_refused(layout: Any, saved: Any) -> None:
    layout.speechbrain_tree("", 80, 64, 192, 24, "norm.norm")
    layout.layer("mfa.conv.conv", 192, 4 * 64, 1)
    with pytest.raises(InputError, match="256 channels reach the layer behind the blocks"):
        interop.convert(saved(layout.tensors), format_name="speechbrain")
