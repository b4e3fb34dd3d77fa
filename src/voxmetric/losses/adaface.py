"""AdaFace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def adaface(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float = 30.0,
    margin_kind: str = "adaface",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Class weights with a margin that adapts to the embedding's norm, taken as a sign of quality.

    Target logit s (cos(theta_y - m z) - m (1 + z)), z in [-1, 1] placing the norm among those of the training batches.
    See the margin kind `adaface` for its further options.

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
        margin 0.2 and 0.3 on speakers; 0.4 at scale 64 for faces.

    Source:
        Kim et al. 2022, "AdaFace: quality adaptive margin for face recognition".
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
