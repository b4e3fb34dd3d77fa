"""The layers between an embedding and what a self-supervised loss compares."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from voxmetric.errors import InputError


def projector(
    input_size: int, sizes: Sequence[int], batch_norm: bool = False, normalize_output: bool = False
) -> nn.Sequential:
    """Linear layers of the given output sizes with ReLU between them; without sizes it changes nothing.

    Args:
        input_size: D, length of the input.
        sizes: output size of each layer, at least 1.
        batch_norm: normalise over the batch before each ReLU.
        normalize_output: normalise the output over the batch as well, without gain and offset.

    Raises:
        InputError: for a size below 1.
    """
    if any(size < 1 for size in sizes):
        raise InputError(f"expected sizes of layers of at least 1, found {list(sizes)}")
    layers: list[nn.Module] = []
    for number, size in enumerate(sizes, 1):
        is_last = number == len(sizes)
        # An offset before a normalisation would have no effect.
        layers.append(nn.Linear(input_size, size, bias=not (normalize_output if is_last else batch_norm)))
        if not is_last:
            layers += [nn.BatchNorm1d(size), nn.ReLU()] if batch_norm else [nn.ReLU()]
        elif normalize_output:
            layers.append(nn.BatchNorm1d(size, affine=False))
        input_size = size
    return nn.Sequential(*layers)
