"""The layers between an embedding and what a self-supervised loss compares."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from voxmetric.errors import InputError


def projector(input_size: int, sizes: Sequence[int], batch_norm: bool = False) -> nn.Sequential:
    """Linear layers of the given output sizes with ReLU between them; without sizes it changes nothing.

    Args:
        input_size: D, length of the input.
        sizes: output size of each layer, at least 1.
        batch_norm: normalise over the batch before each ReLU.

    Raises:
        InputError: for a size below 1.
    """
    if any(size < 1 for size in sizes):
        raise InputError(f"expected sizes of layers of at least 1, found {list(sizes)}")
    layers: list[nn.Module] = []
    for number, size in enumerate(sizes):
        if number:
            layers += [nn.BatchNorm1d(input_size)] if batch_norm else []
            layers += [nn.ReLU()]
        layers.append(nn.Linear(input_size, size, bias=number == len(sizes) - 1 or not batch_norm))
        input_size = size
    return nn.Sequential(*layers)
