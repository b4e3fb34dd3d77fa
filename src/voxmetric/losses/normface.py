"""NormFace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def normface(
    embedding_size: int,
    num_speakers: int,
    scale: float = 30.0,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Cross-entropy over scaled cosines to class weights, without a margin unless one is asked for.

    L = -log( exp(s cos(x, W_y)) / sum_j exp(s cos(x, W_j)) )

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        scale: s, above 0; needed, for with s = 1 even a perfect separation leaves a large loss.
        margin: m; the kind's own default when not given.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        scale 20 (temperature 0.05) or 30.

    Source:
        Wang et al. 2017, "NormFace: L2 hypersphere embedding for face verification".
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
