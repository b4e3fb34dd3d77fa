"""What a convolution or pooling does to the number of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

Count = TypeVar("Count", int, Tensor)


@dataclass(frozen=True)
class TimeSpan:
    """Extent over time of one layer, in frames; `padding` is on each side."""

    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """From the first to the last frame under the kernel."""
        return self.dilation * (self.kernel_size - 1) + 1

    def after(self, num_frames: Count) -> Count:
        """Frames that come out of the layer for `num_frames` that go in, element by element."""
        return (num_frames + 2 * self.padding - self.reach) // self.stride + 1

    def before(self, num_frames: int) -> int:
        """The fewest frames that must go in for `num_frames` (at least one) to come out."""
        return max(1, (num_frames - 1) * self.stride + self.reach - 2 * self.padding)


def frames_needed(spans: Sequence[TimeSpan]) -> int:
    """The fewest frames that give one frame after all the layers."""
    needed = 1
    for span in reversed(spans):
        needed = span.before(needed)
    return needed


def lengths_after(lengths: Tensor | None, span: TimeSpan) -> Tensor | None:
    """Lengths (B,), where there are any, after the layer."""
    return None if lengths is None else span.after(lengths)
