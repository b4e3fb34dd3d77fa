"""SphereFace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def sphereface(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float | str = 30.0,
    margin_kind: str = "sphereface",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Class weights with a multiplied angle, also known as A-Softmax.

    L = -log( exp(s psi(theta_y)) / (exp(s psi(theta_y)) + sum_j exp(s cos_j)) ),
    psi(theta) = (-1)^k cos(m theta) - 2k with k = floor(m theta / pi). Raise the margin by a schedule: a full
    one is hard to start from.

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        margin: m, 1 or above; the kind's own default when not given.
        scale: s, above 0, or "norm" for the norm of the raw embedding.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        margin 4 with scale "norm" in the paper; margins 2 to 4 tried on speakers.

    Source:
        Liu et al. 2017, "SphereFace: deep hypersphere embedding for face recognition".
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
