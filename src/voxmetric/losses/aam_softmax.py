"""AAM-Softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.class_weight_loss import class_weight_loss


def aam_softmax(
    embedding_size: int,
    num_speakers: int,
    margin: float | None = None,
    scale: float = 30.0,
    easy: bool = False,
    monotone: bool = True,
    margin_kind: str = "additive_angular",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
    sampled_speakers: int | None = None,
) -> AngularLoss:
    """Class weights with an additive angular margin, also known as ArcFace.

    L = -log( exp(s cos(theta_y + m)) / (exp(s cos(theta_y + m)) + sum_j exp(s cos_j)) ), j over the other speakers

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        margin: m, in radians; the kind's own default when not given.
        scale: s, above 0.
        easy: penalise only targets within 90 degrees.
        monotone: keep the target logit falling beyond pi - m; false reproduces the code of Coria et al. 2020.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.
        sampled_speakers: compare each step with so many speakers only, the batch's and random others.

    Published values:
        margin 0.2 at scale 30 or 32; 0.05 at scale 10 (Coria et al. 2020); 0.3 at scale 15 (Chung et al. 2020);
        0.5 for fine-tuning on long crops.

    Source:
        Deng et al. 2019, "ArcFace: additive angular margin loss for deep face recognition".
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
    )
