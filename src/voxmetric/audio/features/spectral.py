"""Front-ends over short-time spectra: chunks for the cache, then normalisation over time."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import get_args

import torch
from torch import Tensor

from voxmetric.audio.features.front_end import FrontEnd
from voxmetric.audio.features.normalization import Normalization, normalize
from voxmetric.audio.features.spectrum import Spectrum, SpectrumOptions
from voxmetric.errors import InputError, unknown_name

# Frames worked on at once. On a CPU they must stay in a core's own cache: the whole of a large batch takes four times
# as long, and a third more than these up to twice as long where the other cores are at work.
_CHUNK_ON_CPU, _CHUNK_ELSEWHERE = 384, 1 << 18


@dataclass(frozen=True, kw_only=True)
class SpectralOptions(SpectrumOptions):
    """A spectrum and the normalisation of the features made from it.

    Attributes:
        normalization: over time: `none`, `mean` or `mean_variance`; see `normalize`.
        normalization_frames: statistics from this many frames on both sides; None: from the whole recording.
    """

    normalization: Normalization = "mean_variance"
    normalization_frames: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalization not in get_args(Normalization):
            raise unknown_name("normalization", self.normalization, get_args(Normalization))
        if self.normalization_frames is not None and self.normalization_frames < 1:
            raise InputError(f"normalization_frames is {self.normalization_frames}: expected at least 1, or null")

    def build(self) -> FrontEnd:
        """The front-end with these options."""
        raise NotImplementedError


class SpectralFrontEnd(FrontEnd):
    """Features from short-time spectra, in the precision of the buffers (float32), also inside autocast."""

    def __init__(self, name: str, options: SpectralOptions, num_features: int) -> None:
        super().__init__(name, options, num_features)
        self.spectrum = Spectrum(options)
        self.normalization = options.normalization
        self.normalization_frames = options.normalization_frames

    def samples_for(self, num_frames: int) -> int:
        return self.spectrum.framing.samples_for(num_frames)

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        with torch.autocast(waveforms.device.type, enabled=False):
            frames = self.spectrum.frames(waveforms.to(self.spectrum.window), lengths)
            num_frames = None if lengths is None else self.spectrum.framing.num_frames(lengths)
            features = self.over_time(self._in_chunks(frames).transpose(1, 2), num_frames)
            return normalize(features, num_frames, self.normalization, self.normalization_frames), num_frames

    @abstractmethod
    def per_frame(self, frames: Tensor) -> Tensor:
        """Frames (b, n, L) -> features (b, n, F) that depend on nothing outside the frame."""

    def over_time(self, features: Tensor, lengths: Tensor | None) -> Tensor:  # noqa: ARG002
        """Whatever looks at several frames before normalisation: (B, F, N) -> (B, F', N)."""
        return features

    def _in_chunks(self, frames: Tensor) -> Tensor:
        if torch.compiler.is_compiling():  # an exported graph has no sizes yet to cut by
            return self.per_frame(frames)
        chunk = _CHUNK_ON_CPU if frames.device.type == "cpu" else _CHUNK_ELSEWHERE
        items = max(1, chunk // frames.shape[1])
        return _joined(
            [
                _joined([self.per_frame(part) for part in torch.split(some, chunk, dim=1)], 1)
                for some in torch.split(frames, items)
            ],
            0,
        )


def _joined(parts: list[Tensor], dim: int) -> Tensor:
    """`torch.cat`, without a copy of a single part."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim)
