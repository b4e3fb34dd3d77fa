"""The recurrent network in the layout of Resemblyzer, against a straight implementation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from voxmetric import interop
from voxmetric.errors import InputError

HIDDEN, LAYERS, SIZE = 24, 3, 16


def filled(layout: Any) -> dict[str, Tensor]:
    before = 40
    for layer in range(LAYERS):
        for part, width in (("ih", before), ("hh", HIDDEN)):
            # The energies are small numbers; larger weights elsewhere would make rounding errors grow over time.
            scale = 1.0 if width == 40 else 0.2
            layout.normal(f"lstm.weight_{part}_l{layer}", 4 * HIDDEN, width, scale=scale)
            layout.normal(f"lstm.bias_{part}_l{layer}", 4 * HIDDEN, scale=0.1)
            # The gates of the memory are open, so that the last state knows the first frames.
            layout.tensors[f"lstm.bias_{part}_l{layer}"][HIDDEN : 2 * HIDDEN] += 3
        before = HIDDEN
    layout.layer("linear", SIZE, HIDDEN)
    layout.normal("similarity_weight", 1)
    layout.normal("similarity_bias", 1)
    tensors: dict[str, Tensor] = layout.tensors
    return tensors


def slaney(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale: linear to 1 kHz, then logarithmic."""
    return np.where(hertz < 1000, 3 * hertz / 200, 15 + 27 * np.log(np.maximum(hertz, 1) / 1000) / np.log(6.4))


def mel_energies(waveform: NDArray[np.float64]) -> NDArray[np.float64]:
    """librosa's mel spectrogram (frames, 40): periodic Hann window, zeros at the edges, filters of unit area."""
    padded = np.pad(waveform, 200)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = [padded[start : start + 400] * window for start in range(0, len(waveform) + 1, 160)]
    spectra = np.abs(np.fft.rfft(np.stack(frames))) ** 2
    hertz = np.arange(0, 8000.001, 0.01)
    points = np.interp(np.linspace(0, float(slaney(np.array(8000.0))), 42), slaney(hertz), hertz)
    filters = [
        np.interp(np.arange(201) * 40, points[i : i + 3], [0, 2 / (points[i + 2] - points[i]), 0]) for i in range(40)
    ]
    return spectra @ np.stack(filters, axis=1)


def embedding(tensors: dict[str, Tensor], waveform: NDArray[np.float64]) -> Tensor:
    """The mean over windows, as the tool's documentation and hyper-parameters have it."""
    lstm = nn.LSTM(40, HIDDEN, LAYERS, batch_first=True).double()
    lstm.load_state_dict({name[5:]: tensor for name, tensor in tensors.items() if name.startswith("lstm.")})
    level = 10 * math.log10(np.mean(waveform**2))
    if level < -30:
        waveform = waveform * 10 ** ((-30 - level) / 20)
    num_frames = math.ceil((len(waveform) + 1) / 160)
    starts = list(range(0, max(1, num_frames - 160 + 77 + 1), 77))
    if len(starts) > 1 and (len(waveform) - 160 * starts[-1]) / 25600 < 0.75:
        starts.pop()
    energies = mel_energies(np.pad(waveform, (0, max(0, 160 * (starts[-1] + 160) - len(waveform)))))
    embeddings = []
    for start in starts:
        window = torch.from_numpy(energies[start : start + 160])
        states, _ = lstm(window[None])
        raw = (states[0, -1] @ tensors["linear.weight"].double().T + tensors["linear.bias"].double()).relu()
        embeddings.append(raw / raw.norm())
    return torch.stack(embeddings).mean(0).detach()


# Below a window; where a second one just does not and just does count; where the tail is dropped; quiet and loud.
@pytest.mark.parametrize(
    ("num_samples", "level"),
    [(4000, 0.05), (25600, 0.01), (31519, 0.05), (31520, 0.05), (43839, 0.02), (50000, 0.3), (60001, 0.001)],
)
def test_lstm(layout: Any, saved: Any, num_samples: int, level: float) -> None:
    tensors = filled(layout)
    conversion = interop.convert(saved({"step": 7, "model_state": tensors}, "pretrained.pt"))
    assert (conversion.format_name, conversion.architecture) == ("resemblyzer", "LSTM")
    assert conversion.report.fits
    assert conversion.report.set_aside == ("similarity_weight", "similarity_bias")
    generator = np.random.default_rng(num_samples)
    envelope = np.sin(np.arange(num_samples) / 3000) ** 2 + 0.05
    waveform = level * envelope * np.convolve(generator.standard_normal(num_samples), [1, 0.9, 0.7], "same")
    with torch.no_grad():
        found = conversion.model.encoder.double()(torch.from_numpy(waveform)[None])[0]
    expected = embedding(tensors, waveform)
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-5
    # The recording matters: the same with its second half silenced has another embedding.
    changed = np.where(np.arange(num_samples) < num_samples // 2, waveform, 0)
    assert float((embedding(tensors, changed) - expected).abs().max()) > 1e-3


def test_a_bidirectional_network_is_refused(layout: Any, saved: Any) -> None:
    tensors = filled(layout)
    layout.normal("lstm.weight_hh_l0_reverse", 4 * HIDDEN, HIDDEN)
    with pytest.raises(InputError, match=r"1 unexpected \(trunk.lstm.weight_hh_l0_reverse\)"):
        interop.convert(saved(tensors))
