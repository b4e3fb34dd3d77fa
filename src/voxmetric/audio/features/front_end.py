"""What every front-end is: a module from waveforms to features, with its options inside."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from typing import Any, Protocol

from torch import Tensor, nn


class FrontEndOptions(Protocol):
    """A frozen dataclass of JSON-able options that builds its front-end."""

    @property
    def sample_rate(self) -> int:
        """Hz of the waveforms."""

    def build(self) -> FrontEnd:
        """The front-end with these options."""


class FrontEnd(nn.Module):
    """Waveforms to features.

    Attributes:
        name: the registered name.
        sample_rate: Hz of the waveforms it takes.
        num_features: rows of its output.
    """

    def __init__(self, name: str, options: FrontEndOptions, num_features: int) -> None:
        super().__init__()
        self.name = name
        self.sample_rate = options.sample_rate
        self.num_features = num_features
        self._options = options

    def options(self) -> dict[str, Any]:
        """Name and options, JSON-able; `create(**front_end.options())` builds the same front-end."""
        return {"name": self.name, **asdict(self._options)}  # type: ignore[call-overload]

    @property
    def minimum_samples(self) -> int:
        """The shortest waveform that can be framed."""
        return self.samples_for(1)

    @abstractmethod
    def samples_for(self, num_frames: int) -> int:
        """The shortest waveform that can be framed and gives `num_frames` frames or more (at least one)."""

    @abstractmethod
    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Features of a batch.

        Args:
            waveforms: (B, T) float, at least `minimum_samples` long.
            lengths: (B,) int64, samples that count in each item; None: all of them.

        Returns:
            Features (B, F, N), zero behind an item's own frames, and (B,) frames that count in each item, or None.
        """
