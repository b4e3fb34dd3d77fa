"""Margins by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.losses.margins.margin import Margin

_HERE = "voxmetric.losses.margins"

margins = Registry(
    "margin_kind",
    {
        "none": Entry(f"{_HERE}.none:NoMargin", "cos(theta)"),
        "additive": Entry(f"{_HERE}.additive:AdditiveMargin", "cos(theta) - m"),
        "learned": Entry(f"{_HERE}.learned:LearnedMargin", "cos(theta) - m, m learned against a reward"),
        "additive_angular": Entry(f"{_HERE}.additive_angular:AdditiveAngularMargin", "cos(theta + m)"),
        "sphereface": Entry(f"{_HERE}.sphereface:SphereFaceMargin", "cos(m theta), made monotone"),
        "curricularface": Entry(
            f"{_HERE}.curricularface:CurricularFaceMargin", "cos(theta + m), hard negatives reweighted"
        ),
        "magface": Entry(f"{_HERE}.magface:MagFaceMargin", "cos(theta + m(norm)), with a regulariser of norms"),
        "adaface": Entry(f"{_HERE}.adaface:AdaFaceMargin", "cos(theta - m z) - m (1 + z), z from the norm"),
    },
)


def create(kind: str | None, margin: float | None = None, options: Mapping[str, Any] | None = None) -> Margin:
    """Build a margin.

    Args:
        kind: its name; when not given, `additive` where a margin is given and `none` where it is not.
        margin: its size; the kind's own default when not given.
        options: the kind's further options.

    Raises:
        InputError: for an unknown kind or option, or a margin out of range.
    """
    if kind is None:
        kind = "additive" if margin else "none"
    size = {} if margin is None else {"margin": margin}
    built: Margin = margins.create(kind, {**size, **(options or {})})
    return built


def available() -> dict[str, str]:
    """Every margin's name with its target logit, theta being the angle between query and target."""
    return margins.available()


__all__ = ["available", "create", "margins"]
