"""MagFace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def magface(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float = 30.0,
    margin_kind: str = "magface",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Class weights with an angular margin that grows with the embedding's norm.

    Target logit s cos(theta_y + m(a)), m(a) rising linearly with the norm a from `lower_margin` to `margin`; plus a
    regulariser that rewards large norms. See the margin kind `magface` for its further options.

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        margin: largest margin, in radians; the kind's own default when not given.
        scale: s, above 0.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        margins 0.01 to 0.05 and 0.05 to 0.1 on speakers, 0.45 to 0.8 at scale 64 for faces; norms 10 to 110.

    Source:
        Meng et al. 2021, "MagFace: a universal representation for face recognition and quality assessment".
    """
    return class_weight_loss(
        embedding_size,
        num_speakers,
        margin_kind,
        margin,
        margin_options,
        scale,
        learn_scale,
        sampled_speakers,
    )
