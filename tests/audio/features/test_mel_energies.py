"""Mel energies and their logarithms, written out for each filter and frame."""

from __future__ import annotations

import math

import pytest
import torch

from voxmetric.audio.features.mel_energies import Log, MelEnergies, MelOptions
from voxmetric.errors import InputError

GENERATOR = torch.Generator().manual_seed(0)
SPECTRA = torch.rand(2, 3, 129, generator=GENERATOR) ** 8  # a few bins hold nearly everything
SPECTRA[0, 1] = 0.0


def options(log: Log, offset: float = 1e-6, floor: float = 0.0) -> MelOptions:
    return MelOptions(num_mels=5, fft_size=256, sample_rate=8000, log=log, offset=offset, floor=floor)


def by_hand(given: MelOptions, spectrum: list[float]) -> list[float]:
    found = []
    for mel in range(given.num_mels):
        energy = sum(value * float(weight) for value, weight in zip(spectrum, given.filters()[:, mel], strict=True))
        kept = max(energy + given.offset, given.floor)
        found.append({"none": energy, "natural": math.log(kept), "decibel": 10 * math.log10(kept)}[given.log])
    return found


@pytest.mark.parametrize(("offset", "floor"), [(1e-6, 0.0), (0.0, 1e-3), (1e-3, 2.0), (2.0, 1e-3)])
@pytest.mark.parametrize("log", ["natural", "decibel", "none"])
def test_every_filter_and_frame_written_out(log: Log, offset: float, floor: float) -> None:
    given = options(log, offset, floor)
    found = MelEnergies(given)(SPECTRA)
    assert found.shape == (2, 3, 5)
    expected = torch.tensor([[by_hand(given, frame.tolist()) for frame in item] for item in SPECTRA])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_energies_without_a_logarithm_need_neither_offset_nor_floor() -> None:
    assert not MelEnergies(options("none", 0.0))(SPECTRA)[0, 1].any()


def test_the_bank_goes_to_half_the_sample_rate_unless_told() -> None:
    assert torch.equal(
        options("none").filters(),
        MelOptions(num_mels=5, fft_size=256, sample_rate=8000, high_frequency=4000.0).filters(),
    )
    low = MelOptions(num_mels=5, fft_size=256, sample_rate=8000, low_frequency=300.0, high_frequency=3000.0).filters()
    frequencies = torch.arange(129) * 8000 / 256
    assert not low[(frequencies <= 300) | (frequencies >= 3000)].any()
    assert low[(frequencies > 500) & (frequencies < 2500)].any(dim=1).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"log": "binary"}, "unknown log 'binary'"),
        ({"num_mels": 0}, "num_mels is 0"),
        ({"offset": -1.0}, "offset is -1"),
        ({"floor": -1.0}, "floor -1"),
        ({"offset": 0.0}, "silence would be infinite"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MelOptions(**wrong)  # type: ignore[arg-type]
