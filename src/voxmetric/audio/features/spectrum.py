"""The short-time spectrum: everything between a waveform and the squared magnitudes of its frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.framing import Edges, Framing
from voxmetric.errors import InputError, unknown_name

Window = Literal["hamming", "hamming_symmetric", "hann", "hann_symmetric", "povey"]
PreEmphasis = Literal["waveform", "frame"]


@dataclass(frozen=True, kw_only=True)
class SpectrumOptions:
    """How waveforms become spectra; shared by every front-end that has one.

    Attributes:
        sample_rate: samples per second of the waveforms, Hz.
        frame_seconds, hop_seconds: length of a frame and distance between frames, seconds.
        fft_size: points of the Fourier transform, at least a frame; the frame is padded with zeros.
        window: `hamming` and `hann` are periodic (torch's default), the `_symmetric` ones Kaldi's form,
            `povey` Kaldi's default, hann_symmetric ** 0.85.
        edges: see `Framing`.
        input_scale: factor on the waveform: 1 for [-1, 1], 32768 for toolkits that count in 16-bit steps.
        remove_offset: subtract each frame's mean.
        pre_emphasis: c in y[t] = x[t] - c x[t-1], in [0, 1).
        pre_emphasis_on: `waveform` before framing (x[-1] mirrored to x[1]), or each `frame` by itself as Kaldi does
            (x[-1] repeats x[0]).
        power: exponent of the magnitude: 2 power spectrum, 1 magnitude spectrum.
    """

    sample_rate: int = 16000
    frame_seconds: float = 0.025
    hop_seconds: float = 0.010
    fft_size: int = 512
    window: Window = "hamming"
    edges: Edges = "reflect"
    input_scale: float = 1.0
    remove_offset: bool = False
    pre_emphasis: float = 0.0
    pre_emphasis_on: PreEmphasis = "waveform"
    power: Literal[1, 2] = 2

    def __post_init__(self) -> None:
        for kind, value, valid in (
            ("window", self.window, get_args(Window)),
            ("place of pre_emphasis_on", self.pre_emphasis_on, get_args(PreEmphasis)),
        ):
            if value not in valid:
                raise unknown_name(kind, value, valid)
        if self.power not in (1, 2):
            raise InputError(f"power of the spectrum is {self.power}: expected 1 (magnitude) or 2 (power)")
        if not 0 <= self.pre_emphasis < 1:
            raise InputError(f"pre_emphasis is {self.pre_emphasis}: expected 0 <= pre_emphasis < 1")
        if self.fft_size < self.framing.frame_length:
            raise InputError(
                f"fft_size is {self.fft_size}, but a frame has {self.framing.frame_length} samples: "
                "give fft_size at least that"
            )

    @property
    def framing(self) -> Framing:
        """The frames in samples."""
        return Framing(
            frame_length=round(self.frame_seconds * self.sample_rate),
            hop=round(self.hop_seconds * self.sample_rate),
            edges=self.edges,
        )

    @property
    def num_bins(self) -> int:
        """Frequencies of the spectrum, 0 Hz and half the sample rate included."""
        return self.fft_size // 2 + 1


class Spectrum(nn.Module):
    """Frames to spectra."""

    window: Tensor

    def __init__(self, options: SpectrumOptions) -> None:
        super().__init__()
        self.options = options
        self.framing = options.framing
        window = _window(options.window, self.framing.frame_length)
        self.register_buffer("window", window.float(), persistent=False)

    def frames(self, waveforms: Tensor, lengths: Tensor | None) -> Tensor:
        """Waveforms (B, T) -> frames (B, N, fft_size) before offset removal and windowing.

        A frame comes with the samples that follow it, up to the size of the transform: the window puts zeros over them,
        which spares the copy into a longer frame.
        """
        options = self.options
        if options.input_scale != 1:
            waveforms = waveforms * options.input_scale
        if options.pre_emphasis and options.pre_emphasis_on == "waveform":
            before = torch.cat([waveforms[:, 1:2], waveforms[:, :-1]], dim=1)
            waveforms = waveforms - options.pre_emphasis * before
        return self.framing(waveforms, lengths, options.fft_size - self.framing.frame_length)

    def without_offset(self, frames: Tensor) -> Tensor:
        """The frames as they are, or where the options ask for it (..., frame_length) alone, less their mean."""
        if not self.options.remove_offset:
            return frames
        frames = frames[..., : self.framing.frame_length]
        return frames - frames.mean(-1, keepdim=True)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames, offset removed -> magnitudes to the chosen power (..., fft_size // 2 + 1)."""
        options = self.options
        if options.pre_emphasis and options.pre_emphasis_on == "frame":
            frames = self._emphasized(frames)
        spectrum: Tensor = torch.fft.rfft(self._windowed(frames), n=options.fft_size)
        if options.power == 1:
            return spectrum.abs()
        squares = torch.view_as_real(spectrum).square_()  # side by side, as the processor multiplies fastest
        return squares[..., 0] + squares[..., 1]

    def _emphasized(self, frames: Tensor) -> Tensor:
        """Each frame with pre-emphasis of its own, and zeros behind it."""
        length, coefficient = self.framing.frame_length, self.options.pre_emphasis
        first = frames[..., :1] * (1 - coefficient)
        others = torch.sub(frames[..., 1:length], frames[..., : length - 1], alpha=coefficient)
        following = frames.new_zeros(*frames.shape[:-1], self.options.fft_size - length)
        return torch.cat([first, others, following], dim=-1)

    def _windowed(self, frames: Tensor) -> Tensor:
        following = (0, self.options.fft_size - len(self.window))
        if frames.shape[-1] < self.options.fft_size:
            frames = F.pad(frames, following)
        return frames * F.pad(self.window, following)


def _window(kind: Window, length: int) -> Tensor:
    periodic = not (kind.endswith("_symmetric") or kind == "povey")
    if kind.startswith("hamming"):
        return torch.hamming_window(length, periodic=periodic, dtype=torch.float64)
    hann = torch.hann_window(length, periodic=periodic, dtype=torch.float64)
    return hann**0.85 if kind == "povey" else hann
