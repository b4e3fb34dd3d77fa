"""Spectra against torch.stft and against each step written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from voxmetric.audio.features.spectrum import Spectrum, SpectrumOptions
from voxmetric.errors import InputError


def spectra(waveforms: torch.Tensor, lengths: torch.Tensor | None = None, **options: object) -> torch.Tensor:
    spectrum = Spectrum(SpectrumOptions(**options))  # type: ignore[arg-type]
    result: torch.Tensor = spectrum(spectrum.without_offset(spectrum.frames(waveforms, lengths)))
    return result


@pytest.mark.parametrize("fft_size", [400, 512])
@pytest.mark.parametrize(("edges", "mode"), [("reflect", "reflect"), ("zeros", "constant")])
def test_centred_frames_equal_torch_stft(fft_size: int, edges: str, mode: str) -> None:
    waveforms = torch.randn(2, 5000)
    expected = torch.stft(
        waveforms, fft_size, 160, 400, torch.hamming_window(400), pad_mode=mode, return_complex=True
    ).abs()
    found = spectra(waveforms, fft_size=fft_size, edges=edges, power=1)
    torch.testing.assert_close(found.transpose(1, 2), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(spectra(waveforms, fft_size=fft_size, edges=edges), found.square())


def test_every_step_of_a_frame_written_out() -> None:
    waveform = np.random.default_rng(0).standard_normal(900)
    rows = []
    for start in range(0, 900 - 400 + 1, 160):
        frame = waveform[start : start + 400] * 32768.0
        frame = frame - frame.mean()
        frame = frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])
        window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
        rows.append(np.abs(np.fft.rfft(frame * window, 512)) ** 2)
    found = spectra(
        torch.from_numpy(waveform[None]),
        window="povey",
        edges="snip",
        input_scale=32768.0,
        remove_offset=True,
        pre_emphasis=0.97,
        pre_emphasis_on="frame",
    )
    np.testing.assert_allclose(found[0], np.stack(rows), rtol=1e-5, atol=1e-3 * np.max(rows) * 1e-5)


def test_pre_emphasis_of_the_waveform_mirrors_its_start() -> None:
    waveforms = torch.randn(1, 3000, dtype=torch.float64)
    emphasised = waveforms - 0.97 * torch.nn.functional.pad(waveforms, (1, 0), mode="reflect")[:, :-1]
    torch.testing.assert_close(spectra(waveforms, pre_emphasis=0.97), spectra(emphasised))


@pytest.mark.parametrize(
    "options",
    [{"window": "haming"}, {"pre_emphasis": 1.0}, {"power": 3}, {"fft_size": 256}, {"pre_emphasis_on": "frames"}],
)
def test_bad_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        SpectrumOptions(**options)  # type: ignore[arg-type]
