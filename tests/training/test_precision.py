from __future__ import annotations

import torch

from voxmetric.precision import is_faster_in_bfloat16
from voxmetric.training.precision import uses_bfloat16

CPU = torch.device("cpu")


def test_what_is_asked_for_is_used_and_auto_asks_the_device() -> None:
    assert uses_bfloat16("bfloat16", CPU)
    assert not uses_bfloat16("float32", CPU)
    assert uses_bfloat16("auto", CPU) == is_faster_in_bfloat16(CPU)
