"""From somebody else's tensor names to ours, by a table of rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

# A regular expression for a whole name, and our name for it, with `\1` for what its groups found; None for tensors
# that are no part of an encoder, such as a classifier's.
Rule = tuple[str, str | None]


@dataclass(frozen=True)
class Renamed:
    """Tensors under our names.

    Attributes:
        tensors: those of the encoder, by our names; `front_end.*` are only compared with the encoder's own.
        set_aside: names that belong to no encoder.
        unexpected: names that no rule covers, or that come out as one that was taken before.
    """

    tensors: Mapping[str, Tensor]
    set_aside: tuple[str, ...]
    unexpected: tuple[str, ...]


def rename(tensors: Mapping[str, Tensor], rules: Iterable[Rule]) -> Renamed:
    """Apply to each name the first rule that matches it."""
    compiled = [(re.compile(pattern), target) for pattern, target in rules]
    renamed: dict[str, Tensor] = {}
    set_aside: list[str] = []
    unexpected: list[str] = []
    for name, tensor in tensors.items():
        found = next(((match, target) for rule, target in compiled if (match := rule.fullmatch(name))), None)
        if found is None:
            unexpected.append(name)
            continue
        match, target = found
        if target is None:
            set_aside.append(name)
        elif (ours := match.expand(target)) in renamed:
            unexpected.append(name)
        else:
            renamed[ours] = tensor
    return Renamed(renamed, tuple(set_aside), tuple(unexpected))
