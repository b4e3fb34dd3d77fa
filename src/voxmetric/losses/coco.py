"""Congenerous cosine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def coco(
    embedding_size: int,
    num_speakers: int,
    scale: float = 6.25,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Cross-entropy over scaled cosines to learnable class centres: NormFace at a mild scale.

    L = -log( exp(alpha cos(x, c_y)) / sum_j exp(alpha cos(x, c_j)) )

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        scale: alpha, above 0.
        margin: m; the kind's own default when not given.
        margin_kind: how the target's cosine is penalised; none unless asked for.
        margin_options: further options of that kind.
        learn_scale: let training change alpha.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        alpha 6.25 is the default of Coria et al. 2020.

    Source:
        Liu et al. 2017, "Learning deep features via congenerous cosine loss for person recognition".
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
