"""Rules from other names to ours."""

from __future__ import annotations

import torch

from voxmetric.interop.renaming import rename


def test_first_matching_rule_decides_and_nothing_is_lost() -> None:
    names = ["net.0.weight", "net.1.weight", "head.weight", "extra", "net.0.weight.more", "again"]
    tensors = {name: torch.tensor(index) for index, name in enumerate(names)}
    rules = [(r"net\.(\d)\.(\w+)", r"layers.\1.\2"), (r"head\..+", None), (r"again", "layers.0.weight")]
    renamed = rename(tensors, rules)
    assert {name: int(tensor) for name, tensor in renamed.tensors.items()} == {
        "layers.0.weight": 0,
        "layers.1.weight": 1,
    }
    assert renamed.set_aside == ("head.weight",)
    assert renamed.unexpected == ("extra", "net.0.weight.more", "again")
