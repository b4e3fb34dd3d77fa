"""Whether the encoder's activations are computed in bfloat16."""

from __future__ import annotations

import torch

from voxmetric.precision import Request, has_native_bfloat16


def uses_bfloat16(precision: Request, device: torch.device) -> bool:
    """Resolve a recipe's `precision` for a device: `auto` takes bfloat16 where the hardware multiplies in it."""
    if precision == "auto":
        return has_native_bfloat16(device)
    return precision == "bfloat16"
