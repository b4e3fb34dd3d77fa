"""The waveform itself, for encoders that learn their own filters."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from voxmetric.audio.features.front_end import FrontEnd
from voxmetric.audio.features.masking import fill_padding


@dataclass(frozen=True, kw_only=True)
class WaveformOptions:
    """Options of `waveform`.

    Attributes:
        sample_rate: Hz.
    """

    sample_rate: int = 16000

    def build(self) -> Waveform:
        """The front-end with these options."""
        return Waveform(self)


class Waveform(FrontEnd):
    """One row, one frame per sample: features (B, 1, T)."""

    def __init__(self, options: WaveformOptions) -> None:
        super().__init__("waveform", options, 1)

    def samples_for(self, num_frames: int) -> int:
        return num_frames

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        return fill_padding(waveforms, lengths).unsqueeze(1), lengths
