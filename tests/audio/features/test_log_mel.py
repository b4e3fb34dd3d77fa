"""The log-mel front-end against Kaldi's, and against the pieces put together by hand."""

from __future__ import annotations

from pathlib import Path

import kaldi_native_fbank
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from voxmetric.audio import features
from voxmetric.audio.features.log_mel import KALDI
from voxmetric.audio.reading import read
from voxmetric.errors import InputError


def speech_like(num_samples: int, seed: int = 0) -> torch.Tensor:
    """Noise with a falling spectrum that swells and fades, (1, T) in [-1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, num_samples, generator=generator)
    smooth = noise.cumsum(1)
    level = torch.sin(torch.arange(num_samples) / 3000).square() + 0.001
    return 0.1 * level * (noise + (smooth - smooth.mean()) / smooth.std())


def kaldi_filter_bank(waveform: torch.Tensor, window: str) -> NDArray[np.float32]:
    """Kaldi's 80 log-mel energies (N, 80) of (T,)."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.window_type = window
    options.mel_opts.num_bins = 80
    options.mel_opts.low_freq = 20
    kaldi = kaldi_native_fbank.OnlineFbank(options)
    kaldi.accept_waveform(16000, (waveform * 32768).tolist())
    return np.stack([kaldi.get_frame(index) for index in range(kaldi.num_frames_ready)])


@pytest.mark.parametrize(
    ("window", "kaldi_name"), [("hamming_symmetric", "hamming"), ("povey", "povey"), ("hann_symmetric", "hanning")]
)
def test_kaldi_filter_bank(window: str, kaldi_name: str) -> None:
    waveform = speech_like(32000)
    expected = kaldi_filter_bank(waveform[0], kaldi_name)
    found, lengths = features.create("log_mel", **{**KALDI, "window": window, "normalization": "none"})(waveform)
    assert lengths is None
    difference = np.abs(found[0].T.numpy() - expected)
    assert difference.mean() < 2e-5
    assert difference.max() < 0.02


def test_defaults_put_together_by_hand() -> None:
    waveform = speech_like(8000)
    spectrogram = torch.stft(waveform, 512, 160, 400, torch.hamming_window(400), return_complex=True).abs().square()
    front_end = features.create("log_mel")
    filters = dict(front_end.named_buffers())["mel_energies.filters"]
    expected = torch.nn.functional.instance_norm((filters.T @ spectrogram + 1e-6).log())
    torch.testing.assert_close(front_end(waveform)[0], expected, atol=2e-4, rtol=0)


def test_decibels_within_a_range_of_the_items_own_maximum() -> None:
    front_end = features.create(
        "log_mel", log="decibel", offset=0.0, floor=1e-10, dynamic_range=30.0, normalization="none"
    )
    waveforms = torch.cat([speech_like(16000), 1000 * speech_like(16000, seed=1)])
    lengths = torch.tensor([9000, 16000])
    found, counts = front_end(waveforms, lengths)
    assert counts is not None
    own = found[0, :, : counts[0]]
    torch.testing.assert_close(own.min(), own.max() - 30)
    torch.testing.assert_close(front_end(waveforms[:1, :9000])[0], own[None])


def test_gradient_reaches_the_waveform() -> None:
    front_end = features.create(
        "log_mel", frame_seconds=0.002, hop_seconds=0.001, fft_size=32, num_mels=5, pre_emphasis=0.97
    ).double()
    waveforms = torch.randn(2, 120, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([120, 83])
    torch.autograd.gradcheck(lambda given: front_end(given, lengths)[0], waveforms, atol=1e-4)


def test_chunks_do_not_show() -> None:
    front_end = features.create("log_mel", normalization="none")
    waveforms = speech_like(160 * 2500)
    whole = front_end(waveforms)[0]
    many = front_end(waveforms[:, : 160 * 2400].reshape(40, -1))[0]
    torch.testing.assert_close(many[0, :, 2:58], whole[0, :, 2:58], atol=1e-3, rtol=0)
    torch.testing.assert_close(many[39, :, 2:58], whole[0, :, 39 * 60 + 2 : 39 * 60 + 58], atol=1e-3, rtol=0)


def test_autocast_leaves_the_front_end_alone() -> None:
    front_end, waveforms = features.create("log_mel"), speech_like(8000)
    expected = front_end(waveforms)[0]
    with torch.autocast("cpu", torch.bfloat16):
        found = front_end(waveforms)[0]
    torch.testing.assert_close(found, expected, atol=0, rtol=0)


@pytest.mark.parametrize("name", features.available())
def test_options_rebuild_the_front_end(name: str) -> None:
    front_end = features.create(name, sample_rate=8000)
    again = features.create(**front_end.options())
    assert again.options() == front_end.options()
    assert again.num_features == front_end(torch.randn(1, 8000))[0].shape[1] == front_end.num_features


@pytest.mark.parametrize(
    "options",
    [
        {"num_mels": 0},
        {"log": "ln"},
        {"offset": 0.0},
        {"normalization": "meen"},
        {"normalization_frames": 0},
        {"high_frequency": 9000.0},
        {"mels": 40},
    ],
)
def test_bad_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        features.create("log_mel", **options)


def test_kaldi_filter_bank_on_real_speech(real_speech: Path) -> None:
    front_end = features.create("log_mel", **{**KALDI, "normalization": "none"})
    paths = sorted((real_speech / "commands").rglob("*.ogg"))[:5] + sorted((real_speech / "ami").glob("*.flac"))[:1]
    assert paths
    for path in paths:
        waveform = torch.from_numpy(read(path))
        difference = np.abs(front_end(waveform[None])[0][0].T.numpy() - kaldi_filter_bank(waveform, "hamming"))
        assert difference.mean() < 2e-5
        assert difference.max() < 0.02
