"""The small search that every objective gets: as many settings for each, drawn from its own grid."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# What a search may draw for an objective when the recipe does not say: values around the published ones.
MARGINS = {"margin": [0.1, 0.2, 0.3], "scale": [15.0, 30.0]}
DEFAULT_SEARCH: dict[str, dict[str, list[Any]]] = {
    "normface": {"scale": [15.0, 30.0, 60.0]},
    "am_softmax": MARGINS,
    "aam_softmax": MARGINS,
    "subcenter_aam_softmax": MARGINS,
    "nt_xent": {"temperature": [0.03, 0.07, 0.2]},
    "triplet": {"margin": [0.1, 0.2, 0.4, 0.8]},
    "quadruplet": {"margin": [0.2, 0.4, 0.8]},
}


@dataclass(frozen=True)
class Setting:
    """One point of a search: a factor of the recipe's learning rate and options of the loss."""

    learning_rate_factor: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)


def draw_settings(
    name: str,
    options: Mapping[str, Any],
    search: Mapping[str, Sequence[Any]],
    learning_rates: Sequence[float],
    count: int,
) -> list[Setting]:
    """The settings that an objective's search tries.

    The first is the recipe's own; the others are drawn from the grid of `learning_rates` x `search` without
    repetition, the same ones for the same objective whatever else is compared. An objective whose grid is smaller
    than `count` gets its whole grid.

    Args:
        name: of the objective, which seeds its draw.
        options: given for sure; a searched option replaces them.
        search: option name to the values it may take.
        learning_rates: factors of the recipe's learning rate.
        count: settings wanted, at least 1.
    """
    given = Setting(1.0, dict(options))
    grid = [
        Setting(rate, dict(options) | dict(zip(search, values, strict=True)))
        for rate, *values in itertools.product(learning_rates, *search.values())
    ]
    others = [setting for setting in grid if setting != given]
    order = np.random.default_rng(zlib.crc32(name.encode())).permutation(len(others))
    return [given, *(others[position] for position in order[: count - 1])]
