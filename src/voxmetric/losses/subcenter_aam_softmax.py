"""Sub-centre AAM-Softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def subcenter_aam_softmax(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float = 30.0,
    centers: int = 3,
    easy: bool = False,
    monotone: bool = True,
    margin_kind: str = "additive_angular",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Several centres for each class, the nearest of which counts, with an additive angular margin.

    cos_j = max over the centres k of class j of cos(x, W_jk), otherwise as `aam_softmax`; odd
    recordings gather around minor centres of their speaker.

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        margin: m, in radians; the kind's own default when not given.
        scale: s, above 0.
        centers: K, centres of each class.
        easy: penalise only targets within 90 degrees.
        monotone: keep the target logit falling beyond pi - m; false reproduces the code of Coria et al. 2020.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        3 centres, margin 0.5 at scale 64 for faces; margin 0.2 at scale 32 on speakers.

    Source:
        Deng et al. 2020, "Sub-center ArcFace: boosting face recognition by large-scale noisy web faces".
    """
    chosen: dict[str, Any] = {} if (easy, monotone) == (False, True) else {"easy": easy, "monotone": monotone}
    return class_weight_loss(
        embedding_size,
        num_speakers,
        margin_kind,
        margin,
        {**chosen, **(margin_options or {})},
        scale,
        learn_scale,
        sampled_speakers,
        centers,
    )
