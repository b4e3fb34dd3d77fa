"""What every front-end is: a module from waveforms to features, with its options inside."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from voxmetric.audio.features.spectrum import Spectrum, SpectrumOptions

# Frames worked on at once. On a CPU they must stay in the cache: whole batches are several times slower.
_CHUNK = {"cpu": 512}
_CHUNK_ELSEWHERE = 1 << 18


class FrontEnd(nn.Module):
    """A front-end over short-time spectra.

    It computes in the precision of its buffers (float32 unless the module was converted), also inside autocast.

    Attributes:
        name: the registered name.
        sample_rate: Hz of the waveforms it takes.
        num_features: rows of its output.
    """

    def __init__(self, name: str, options: SpectrumOptions, num_features: int) -> None:
        super().__init__()
        self.name = name
        self.settings = options
        self.sample_rate = options.sample_rate
        self.num_features = num_features
        self.spectrum = Spectrum(options)

    def options(self) -> dict[str, Any]:
        """Name and options, JSON-able; `create(**front_end.options())` builds the same front-end."""
        return {"name": self.name, **asdict(self.settings)}

    @property
    def minimum_samples(self) -> int:
        """The shortest waveform that gives a frame."""
        return self.samples_for(1)

    def samples_for(self, num_frames: int) -> int:
        """The shortest waveform that gives `num_frames` frames."""
        return self.spectrum.framing.samples_for(num_frames)

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Features of a batch.

        Args:
            waveforms: (B, T) float, at least `minimum_samples` long.
            lengths: (B,) int64, samples that count in each item; None: all of them.

        Returns:
            Features (B, F, N), zero behind an item's own frames, and (B,) frames that count in each item, or None.
        """
        with torch.autocast(waveforms.device.type, enabled=False):
            frames = self.spectrum.frames(waveforms.to(self.spectrum.window), lengths)
            num_frames = None if lengths is None else self.spectrum.framing.num_frames(lengths)
            features = self._in_chunks(frames).transpose(1, 2)
            return self.over_time(features, num_frames), num_frames

    @abstractmethod
    def per_frame(self, frames: Tensor) -> Tensor:
        """Frames (b, n, L) -> features (b, n, F) that depend on nothing outside the frame."""

    @abstractmethod
    def over_time(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Whatever looks at several frames, normalisation above all: (B, F, N) -> (B, F', N)."""

    def _in_chunks(self, frames: Tensor) -> Tensor:
        chunk = _CHUNK.get(frames.device.type, _CHUNK_ELSEWHERE)
        items = max(1, chunk // frames.shape[1])
        return torch.cat(
            [
                torch.cat([self.per_frame(part) for part in torch.split(some, chunk, dim=1)], dim=1)
                for some in torch.split(frames, items)
            ]
        )
