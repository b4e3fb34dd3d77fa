"""3x3 convolutions with fixed weights by the algorithm of Toom and Cook, known from Winograd: fewer multiplications.

A tile of m outputs of a convolution with three taps needs m + 2 multiplications instead of 3 m: each side is a
polynomial, evaluated at m + 2 points, where a convolution is a product. Over frequency and time that makes 42
multiplications of 180 for a tile of 5 x 4 (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks").
Evaluation and interpolation are products with small matrices, so that all but three copies are matrix products.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

_TAPS = 3
# Finite points besides 0, by outputs of a tile: those of small fractions that lose least in float32, about three and
# four times what the direct convolution loses; infinity comes last.
_POINTS = {4: (2 / 3, -2 / 3, 3 / 2, -3 / 2), 5: (-1.0, -2.0, -1 / 2, 2 / 3, 3 / 2)}
_FRAMES = 4
# With fewer channels the transforms cost more than the multiplications that they save; with fewer values in all tiles'
# places (tiles x channels) the calls do.
FEWEST_CHANNELS = 64
FEWEST_VALUES = 2048
# Tiles computed at once: enough to make good use of the weights read, few enough for the cache.
_TILES_AT_ONCE = 160


def transforms(outputs: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The matrices of one axis: y = output @ ((weight @ g) * (data @ d)) for y[i] = sum over k of g[k] d[i + k].

    Args:
        outputs: m, 4 or 5.

    Returns:
        output (m, m + 2), weight (m + 2, 3) and data (m + 2, m + 2).
    """
    points = np.array([0.0, *_POINTS[outputs]])

    def values(num_coefficients: int) -> NDArray[np.float64]:
        """Of polynomials at all the points, (points, coefficients); at infinity that is the last coefficient."""
        infinity = np.eye(num_coefficients)[-1:]
        return np.concatenate([points[:, None] ** np.arange(num_coefficients), infinity])

    inverse: NDArray[np.float64] = np.linalg.inv(values(outputs + _TAPS - 1)).astype(np.float64)
    return values(outputs).T, values(_TAPS), inverse.T


class WinogradConvolution:
    """Gives what a 3x3 convolution of stride 1 and padding 1 gives, in float32, for images with frames enough.

    Args:
        weight: (C', C, 3, 3).
        bias: (C',).
        num_rows: F of the images, for which the height of the tiles is chosen.
    """

    def __init__(self, weight: Tensor, bias: Tensor, num_rows: int) -> None:
        # The height with which the images take the fewest multiplications.
        rows = min(_POINTS, key=lambda rows: -(-num_rows // rows) * (rows + _TAPS - 1))
        self.rows = rows
        self.bias = bias
        of_rows, of_frames = transforms(rows), transforms(_FRAMES)
        self.rows_out, self.rows_in = _tensor(of_rows[0]), _tensor(of_rows[2])
        self.frames_out, self.frames_in = _tensor(of_frames[0]), _tensor(of_frames[2])
        evaluated = np.einsum("ru,fv,ocuv->frco", of_rows[1], of_frames[1], weight.double().numpy())
        self.weight = _tensor(evaluated.reshape(-1, *evaluated.shape[2:]))

    def num_tiles(self, images: Tensor) -> int:
        """That images (B, C, F, T) are cut into."""
        return len(images) * -(-images.shape[2] // self.rows) * -(-images.shape[3] // _FRAMES)

    def __call__(self, images: Tensor) -> Tensor:
        """Images (B, C, F, T), channels last -> (B, C', F, T), channels last, not necessarily contiguous."""
        num_items, _, num_rows, num_frames = images.shape
        high, wide = -(-num_rows // self.rows), -(-num_frames // _FRAMES)
        padded = F.pad(
            images.permute(0, 2, 3, 1),
            (0, 0, 1, wide * _FRAMES + 1 - num_frames, 1, high * self.rows + 1 - num_rows),
        )
        outputs = images.new_empty(num_items, high, self.rows, wide, _FRAMES, self.weight.shape[2])
        items_at_once = max(1, _TILES_AT_ONCE // high)
        wide_at_once = max(1, _TILES_AT_ONCE // (high * min(num_items, items_at_once)))
        for item in range(0, num_items, items_at_once):
            for first in range(0, wide, wide_at_once):
                last = min(wide, first + wide_at_once)
                self._tiles(
                    padded[item : item + items_at_once, :, first * _FRAMES : last * _FRAMES + _TAPS - 1],
                    outputs[item : item + items_at_once, :, :, first:last],
                )
        images = outputs.view(num_items, high * self.rows, wide * _FRAMES, -1)
        return images[:, :num_rows, :num_frames].permute(0, 3, 1, 2)

    def _tiles(self, padded: Tensor, outputs: Tensor) -> None:
        """Fill outputs (B, high, rows, wide, frames, C') from the images (B, F, T, C) around them."""
        num_items, high, rows, wide, frames, out_channels = outputs.shape
        rows_in, frames_in, num_channels = rows + _TAPS - 1, frames + _TAPS - 1, padded.shape[3]
        num_tiles = num_items * high * wide
        of_item, of_row, of_frame, of_channel = padded.stride()
        windows = padded.as_strided(
            (frames_in, rows_in, num_items, high, wide, num_channels),
            (of_frame, of_row, of_item, of_row * rows, of_frame * frames, of_channel),
            padded.storage_offset(),
        )
        evaluated = self.frames_in @ windows.reshape(frames_in, -1)
        evaluated = self.rows_in @ evaluated.view(frames_in, rows_in, -1)
        products = torch.bmm(evaluated.view(-1, num_tiles, num_channels), self.weight)
        inner = self.rows_out @ products.view(frames_in, rows_in, -1)
        found = self.frames_out @ inner.view(frames_in, -1)
        found = found.view(frames, rows, num_items, high, wide, out_channels)
        torch.add(found.permute(2, 3, 1, 4, 0, 5), self.bias, out=outputs)


def _tensor(matrix: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(matrix).float().contiguous()
