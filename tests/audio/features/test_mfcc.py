"""Cepstra against Kaldi's and against scipy's transform."""

from __future__ import annotations

import kaldi_native_fbank
import numpy as np
import pytest
import torch
from scipy.fft import dct

from voxmetric.audio import features
from voxmetric.audio.features.mfcc import cosine_transform
from voxmetric.errors import InputError


@pytest.mark.parametrize("energy", [True, False])
def test_kaldi_cepstra(energy: bool) -> None:
    waveform = torch.randn(1, 16000, generator=torch.Generator().manual_seed(0)) * 0.05
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.dither = 0
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = 30
    options.mel_opts.low_freq = 20
    options.num_ceps = 20
    options.use_energy = energy
    options.energy_floor = 0
    kaldi = kaldi_native_fbank.OnlineMfcc(options)
    kaldi.accept_waveform(16000, (waveform[0] * 32768).tolist())
    expected = np.stack([kaldi.get_frame(index) for index in range(kaldi.num_frames_ready)])
    found = features.create("mfcc", deltas=0, normalization="none", energy=energy)(waveform)[0]
    np.testing.assert_allclose(found[0].T, expected, atol=1e-3)


def test_cosine_transform_is_the_orthonormal_second_kind() -> None:
    values = np.random.default_rng(0).standard_normal((4, 24))
    expected = dct(values, type=2, norm="ortho", axis=1)[:, :19]
    np.testing.assert_allclose(values @ cosine_transform(24, 19).numpy(), expected, atol=1e-12)


def test_sixty_rows_by_default() -> None:
    front_end = features.create("mfcc")
    found, lengths = front_end(torch.randn(2, 16000), torch.tensor([16000, 4000]))
    assert front_end.num_features == 60
    assert found.shape == (2, 60, 98)
    assert lengths is not None
    torch.testing.assert_close(lengths, torch.tensor([98, 23]))
    assert (found[1, :, 23:] == 0).all()


@pytest.mark.parametrize("options", [{"num_cepstra": 31}, {"num_cepstra": 0}, {"deltas": 3}])
def test_bad_options_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InputError):
        features.create("mfcc", **options)
