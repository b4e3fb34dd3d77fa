"""Parts of the losses over tuples; samplings by name."""

from __future__ import annotations

from voxmetric.registry import Entry, Registry

_HERE = "voxmetric.losses.tuples"

samplings = Registry(
    "sampling",
    {
        "all": Entry(f"{_HERE}.sampling:All", "every tuple, counted exactly and never listed"),
        "random": Entry(f"{_HERE}.random:Random", "any negative, all equally likely"),
        "semi_hard": Entry(f"{_HERE}.semi_hard:SemiHard", "a negative beyond the positive, inside the margin"),
        "hard": Entry(f"{_HERE}.hard:Hard", "the nearest negative of the farthest positive"),
        "distance_weighted": Entry(
            f"{_HERE}.distance_weighted:DistanceWeighted", "all distances equally likely, not all negatives"
        ),
        "rank": Entry(f"{_HERE}.rank:Rank", "with some probability one of the nearest negatives"),
    },
)
