"""In which numbers a network computes: float32, or bfloat16 where the hardware is faster in it."""

from __future__ import annotations

import functools
import math
import time
from typing import TYPE_CHECKING, Literal, get_args

from voxmetric.errors import InputError, unknown_name

if TYPE_CHECKING:
    import torch

Precision = Literal["float32", "bfloat16"]
"""What weights and activations of a network are while it computes. Whatever its precision, a model takes and gives
float32, and its front-end, its pooling's statistics and its last layer are float32."""

Request = Literal["float32", "bfloat16", "auto"]

_ROWS, _REPEATS = 512, 6
# By how much a product in bfloat16 must be faster: layers between products are not, and all runs should decide alike.
_WORTH_IT = 1.3


def resolve(wanted: Request, device: torch.device) -> Precision:
    """The precision to compute in on `device`: `auto` is bfloat16 where that is faster, else float32.

    Raises:
        InputError: for another word, or bfloat16 on hardware that is no faster in it.
    """
    if wanted not in get_args(Request):
        raise unknown_name("precision", wanted, get_args(Request))
    if wanted == "float32":
        return "float32"
    if is_faster_in_bfloat16(device):
        return "bfloat16"
    if wanted == "bfloat16":
        raise InputError(
            f"this {device.type} would be no faster in bfloat16 than in float32: leave out the precision, or give auto"
        )
    return "float32"


def is_faster_in_bfloat16(device: torch.device) -> bool:
    """Whether `device` computes in less time in bfloat16 than in float32.

    Units for it are not enough: of x86 processors without tiles (AMX) some multiply twice as fast in bfloat16, others
    half as fast. There a few matrix products decide, once in a process, in some 40 ms.
    """
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    if torch.cpu._is_amx_tile_supported():
        return True
    return bool(torch.cpu._is_avx512_bf16_supported()) and _multiplies_faster_in_bfloat16()


@functools.cache
def _multiplies_faster_in_bfloat16() -> bool:
    import torch

    least = {torch.float32: math.inf, torch.bfloat16: math.inf}
    with torch.inference_mode():
        for _ in range(_REPEATS):  # in turn, so that other work on the machine meets both
            for dtype in least:
                matrix = torch.ones(_ROWS, _ROWS, dtype=dtype)
                begin = time.perf_counter()
                matrix @ matrix
                least[dtype] = min(least[dtype], time.perf_counter() - begin)
    return least[torch.float32] > _WORTH_IT * least[torch.bfloat16]
