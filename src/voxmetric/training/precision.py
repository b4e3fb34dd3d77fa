"""Whether the encoder's activations are computed in bfloat16."""

from __future__ import annotations

import torch

from voxmetric.precision import Request, is_faster_in_bfloat16


def uses_bfloat16(precision: Request, device: torch.device) -> bool:
    """Resolve a recipe's `precision` for a device: `auto` takes bfloat16 where the hardware is faster in it."""
    if precision == "auto":
        return is_faster_in_bfloat16(device)
    return precision == "bfloat16"
