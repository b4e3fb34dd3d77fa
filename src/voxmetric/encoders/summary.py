"""What the list of encoders tells of each, without building it."""

from __future__ import annotations

from dataclasses import dataclass

from voxmetric.registry import Entry


@dataclass(frozen=True)
class EncoderSummary:
    """An encoder in one line.

    Attributes:
        summary: what it is.
        parameters: with its published front-end, pooling and embedding size.
        multiply_adds_per_second: for each second of a recording; see `voxmetric.encoders.describe`.
    """

    summary: str
    parameters: int
    multiply_adds_per_second: int

    def __str__(self) -> str:
        return (
            f"{self.summary}; {self.parameters / 1e6:.2f} million parameters, "
            f"{self.multiply_adds_per_second / 1e6:,.0f} million multiply-adds a second"
        )


@dataclass(frozen=True)
class EncoderEntry(Entry):
    """A registered encoder with its figures, which a test counts again.

    Attributes:
        parameters, multiply_adds_per_second: see `EncoderSummary`.
    """

    parameters: int
    multiply_adds_per_second: int

    def described(self) -> EncoderSummary:
        """What the list tells of it."""
        return EncoderSummary(self.summary, self.parameters, self.multiply_adds_per_second)
