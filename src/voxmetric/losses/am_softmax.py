"""AM-Softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def am_softmax(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float = 30.0,
    margin_kind: str = "additive",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Class weights with an additive margin, also known as CosFace.

    L = -log( exp(s (cos_y - m)) / (exp(s (cos_y - m)) + sum_j exp(s cos_j)) ), j over the other speakers

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        margin: m; the kind's own default when not given.
        scale: s, above 0.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        margin 0.1 to 0.3 at scale 30; 0.2 at scale 32; 0.35 at scale 64 for faces.

    Source:
        Wang et al. 2018, "Additive margin softmax for face verification"; Wang et al. 2018, "CosFace".
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
