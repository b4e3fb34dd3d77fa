"""Cutting waveforms into overlapping frames, with the edges each item would have on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor
from torch.nn import functional as F

from voxmetric.audio.features.masking import fill_padding, reflect
from voxmetric.errors import InputError, unknown_name

Edges = Literal["reflect", "zeros", "snip"]


@dataclass(frozen=True)
class Framing:
    """Frames of `frame_length` samples every `hop` samples.

    Attributes:
        edges: `reflect` and `zeros` centre frame t on sample t * hop and extend the waveform by half a frame at both
            ends (1 + T // hop frames, as torch.stft); `snip` keeps only whole frames (Kaldi's snip-edges).
    """

    frame_length: int
    hop: int
    edges: Edges

    def __post_init__(self) -> None:
        if self.edges not in get_args(Edges):
            raise unknown_name("kind of edges", self.edges, get_args(Edges))
        if self.hop < 1 or self.frame_length < 2:
            raise InputError(
                f"a frame of {self.frame_length} samples every {self.hop} is impossible: "
                "expected at least 2 and 1; choose longer frame_seconds and hop_seconds"
            )

    @property
    def _left(self) -> int:
        return (self.frame_length + 1) // 2

    def samples_for(self, num_frames: int) -> int:
        """The shortest waveform that can be framed and gives `num_frames` frames or more (at least one).

        With `reflect` a waveform must be longer than what is mirrored, half a frame: that may be enough for two.
        """
        if self.edges == "snip":
            return self.frame_length + (num_frames - 1) * self.hop
        shortest = self._left + 1 if self.edges == "reflect" else 1
        return max(shortest, (num_frames - 1) * self.hop)

    def num_frames(self, lengths: Tensor) -> Tensor:
        """How many frames waveforms of `lengths` samples give, element by element."""
        covered = lengths - self.frame_length if self.edges == "snip" else lengths
        return 1 + covered // self.hop

    def __call__(self, waveforms: Tensor, lengths: Tensor | None, following: int = 0) -> Tensor:
        """Frames of waveforms (B, T), each with as many samples that follow it: (B, N, frame_length + following).

        A view where possible. Samples behind the waveforms, and frames behind an item's own (see `num_frames`), have
        arbitrary finite values.
        """
        margins = (self._left, self.frame_length - self._left)
        if self.edges == "reflect":
            extended = reflect(waveforms, lengths, *margins, behind=following)
        elif self.edges == "zeros":
            extended = F.pad(fill_padding(waveforms, lengths), (margins[0], margins[1] + following))
        else:
            extended = F.pad(waveforms, (0, following)) if following else waveforms
        return extended.unfold(1, self.frame_length + following, self.hop)
