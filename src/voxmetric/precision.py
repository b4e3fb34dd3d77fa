"""In which numbers a network computes: float32, or bfloat16 where the hardware multiplies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from voxmetric.errors import InputError, unknown_name

if TYPE_CHECKING:
    import torch

Precision = Literal["float32", "bfloat16"]
"""What weights and activations of a network are while it computes. Whatever its precision, a model takes and gives
float32, and its front-end, its pooling's statistics and its last layer are float32."""

Request = Literal["float32", "bfloat16", "auto"]


def resolve(wanted: Request, device: torch.device) -> Precision:
    """The precision to compute in on `device`: `auto` is bfloat16 where that is native, else float32.

    Raises:
        InputError: for another word, or bfloat16 on hardware that has no units for it.
    """
    if wanted not in get_args(Request):
        raise unknown_name("precision", wanted, get_args(Request))
    if wanted == "float32":
        return "float32"
    if has_native_bfloat16(device):
        return "bfloat16"
    if wanted == "bfloat16":
        raise InputError(
            f"this {device.type} has no units for bfloat16, in which it would be slower than in float32: "
            "leave out the precision, or give auto"
        )
    return "float32"


def has_native_bfloat16(device: torch.device) -> bool:
    """Whether `device` has units for bfloat16; without them it is emulated, which is slower than float32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False
