"""Whether the encoder's activations are computed in bfloat16."""

from __future__ import annotations

from typing import Literal

import torch


def uses_bfloat16(precision: Literal["auto", "float32", "bfloat16"], device: torch.device) -> bool:
    """Resolve a recipe's `precision` for a device: `auto` takes bfloat16 where the hardware multiplies in it."""
    if precision == "auto":
        return has_native_bfloat16(device)
    return precision == "bfloat16"


def has_native_bfloat16(device: torch.device) -> bool:
    """Whether `device` has units for bfloat16; without them it is emulated, which is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False
