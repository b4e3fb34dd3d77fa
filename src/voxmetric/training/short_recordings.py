"""Training recordings that are shorter than a crop: they are repeated to fill it, which is worth knowing."""

from __future__ import annotations

import numpy as np

from voxmetric.data.speeds import COLUMN as SPEED_COLUMN
from voxmetric.data.utterances import UtteranceTable
from voxmetric.training.recipe import Recipe

# Durations in tables may be rounded to milliseconds; a recording that lacks less is as long as the crop.
_TOLERANCE = 0.001


def longest_crop(recipe: Recipe) -> float:
    """Seconds of the longest crop or view that training takes."""
    if recipe.method is not None and recipe.views.local_count:
        return max(recipe.data.crop_seconds, recipe.views.local_seconds)
    return recipe.data.crop_seconds


def num_shorter(table: UtteranceTable, seconds: float) -> int:
    """How many utterances last less than `seconds` as they are played; one of unknown duration is not counted."""
    durations = table.durations
    if SPEED_COLUMN in table.columns:
        durations = durations / table.column(SPEED_COLUMN).astype(np.float64)
    return int(np.count_nonzero(durations < seconds - _TOLERANCE))


def remark(num_short: int, num_utterances: int, seconds: float) -> str:
    """A sentence about them; empty where there are none."""
    if not num_short:
        return ""
    return (
        f"{num_short:,} of {num_utterances:,} training recordings are shorter than a crop of {seconds:g} s and are "
        "repeated to fill it: a lower data.crop_seconds avoids that"
    )
