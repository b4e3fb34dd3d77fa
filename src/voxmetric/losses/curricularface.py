"""CurricularFace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def curricularface(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float = 30.0,
    margin_kind: str = "curricularface",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Class weights with an additive angular margin; hard negatives weigh more as training goes on.

    Target logit s cos(theta_y + m); a negative cosine n above cos(theta_y + m) becomes n (t + n), t following the mean
    target cosine of the training batches.

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        margin: m, in radians; the kind's own default when not given.
        scale: s, above 0.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        margin 0.005 to 0.2 on speakers; 0.5 at scale 64 for faces.

    Source:
        Huang et al. 2020, "CurricularFace: adaptive curriculum learning loss for deep face recognition".
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
