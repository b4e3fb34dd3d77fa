"""The padding of a batch: found once, and filled anew for every layer."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric.audio.features.masking import padding_mask


class Padding:
    """Frames of a batch that are nobody's.

    Args:
        lengths: (B,) frames of each item; None: all of them.
        num_frames: T of the batch.

    Attributes:
        lengths: as given.
        counts: (B, 1) or (1, 1) float32, frames of each item.
    """

    def __init__(self, lengths: Tensor | None, num_frames: int) -> None:
        self.lengths = lengths
        given = torch.tensor([num_frames]) if lengths is None else lengths
        self.counts = given.unsqueeze(1).float()
        self._shortest, longest = (int(length) for length in given.aminmax())
        self._all_alike = self._shortest == longest
        self._mask = padding_mask(given - self._shortest, num_frames - self._shortest)

    def clear_(self, values: Tensor, fill: float = 0.0) -> Tensor:
        """Fill the padding of values (B, ..., T) in place; only what the shortest item lacks is touched."""
        if self._shortest == values.shape[-1]:
            return values
        lacking = values[..., self._shortest :]
        if self._all_alike:
            lacking.fill_(fill)
        else:
            lacking.masked_fill_(self._mask.view(len(self._mask), *[1] * (values.dim() - 2), -1), fill)
        return values

    def mirror_(self, values: Tensor, margin: int) -> None:
        """Mirror each item of values (B, ..., margin + T + margin) around its own first and last frame, in place."""
        values[..., :margin] = values[..., margin + 1 : 2 * margin + 1].flip(-1)
        if self._all_alike:
            end = margin + self._shortest
            values[..., end : end + margin] = values[..., end - margin - 1 : end - 1].flip(-1)
            return
        step = torch.arange(margin)
        ends = (margin + self.counts.long()).view(-1, *[1] * (values.dim() - 1))
        shape = (*values.shape[:-1], margin)
        values.scatter_(-1, (ends + step).expand(shape), values.gather(-1, (ends - 2 - step).expand(shape)))


def with_few_sizes(features: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Features (B, F, T) with frames of zeros behind them, a sixteenth more at most, and their lengths.

    oneDNN makes a program for each shape that it meets, which takes a tenth of the time that a recording of some
    seconds does. Recordings differ in length; made up to one of 16 lengths an octave they share these programs.
    """
    num_items, _, num_frames = features.shape
    step = 1 << max(0, num_frames.bit_length() - 5)
    behind = -num_frames % step
    if not behind:
        return features, lengths
    if lengths is None:
        lengths = torch.full((num_items,), num_frames)
    return F.pad(features, (0, behind)), lengths
