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
    loss: str,
    options: Mapping[str, Any],
    search: Mapping[str, Sequence[Any]],
    learning_rates: Sequence[float],
    count: int,
) -> list[Setting]:
    """The settings that an objective's search tries: as many, at the same learning rates, for every objective.

    The first is the objective as the recipe gives it. Setting k runs at factor k of `learning_rates` (beginning anew
    after the last) with options drawn from the grid of `search`; the draw depends on the loss alone. No setting
    comes twice; an objective that has fewer gets all it has.

    Args:
        loss: registered name, which seeds the draw.
        options: given for sure; a searched option replaces them.
        search: option name to the values it may take.
        learning_rates: factors of the recipe's learning rate.
        count: settings wanted, at least 1.
    """
    points = [dict(options) | dict(zip(search, values, strict=True)) for values in itertools.product(*search.values())]
    drawn = np.random.default_rng(zlib.crc32(loss.encode())).permutation(len(points))
    settings = [Setting(1.0, dict(options))]
    # Shifting the draw by one after every round of the rates brings each rate together with each point once.
    for turn in range(len(points)):
        for place, rate in enumerate(learning_rates):
            setting = Setting(rate, points[drawn[(turn + place) % len(points)]])
            if (turn, place) != (0, 0) and setting not in settings:
                settings.append(setting)
    return settings[:count]
