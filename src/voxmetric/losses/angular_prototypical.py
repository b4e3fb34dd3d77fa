"""Angular prototypical loss, and its points with a margin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.references.batch_prototypes import BatchPrototypes
from voxmetric.losses.scale import Scale


def angular_prototypical(
    scale: float = 10.0,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = True,
) -> AngularLoss:
    """Each speaker's first utterance finds its speaker's prototype by scaled cosine.

    L = -log( exp(w cos(q_j, c_j)) / sum_k exp(w cos(q_j, c_k)) ), q_j the first utterance of speaker j by order of
    appearance and c_k the mean of the further utterances of speaker k. The published offset b is left out: a number
    added to every logit changes neither the loss nor any gradient.

    Args:
        scale: w, above 0.
        margin: m; the kind's own default when not given.
        margin_kind: how the target's cosine is penalised; none unless asked for.
        margin_options: further options of that kind.
        learn_scale: let training change w, which starts at `scale` and stays positive.

    Published values:
        w starts at 10 and is learnable; 2 utterances of each speaker, 200 or 400 speakers a batch.

    Source:
        Chung et al. 2020, "In defence of metric learning for speaker recognition".
    """
    built = margins.create(margin_kind, margin, margin_options)
    return AngularLoss(BatchPrototypes(), built, Scale(scale, learn_scale))


def am_prototypical(
    margin: float | None = None,
    scale: float = 30.0,
    margin_kind: str = "additive",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
) -> AngularLoss:
    """Angular prototypical with an additive margin: target logit s (cos - m).

    Args:
        margin: m; the kind's own default when not given.
        scale: s, above 0; fixed by default, because a learnable one can grow until no margin is felt.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.

    Published values:
        none: nobody has published this cell.

    Source:
        The reference of Chung et al. 2020 with the margin of Wang et al. 2018.
    """
    return angular_prototypical(scale, margin, margin_kind, margin_options, learn_scale)


def aam_prototypical(
    margin: float | None = None,
    scale: float = 30.0,
    margin_kind: str = "additive_angular",
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = False,
) -> AngularLoss:
    """Angular prototypical with an additive angular margin: target logit s cos(theta + m).

    Args:
        margin: m, in radians; the kind's own default when not given.
        scale: s, above 0; fixed by default, because a learnable one can grow until no margin is felt.
        margin_kind: how the target's cosine is penalised.
        margin_options: further options of that kind.
        learn_scale: let training change s.

    Published values:
        none: nobody has published this cell.

    Source:
        The reference of Chung et al. 2020 with the margin of Deng et al. 2019.
    """
    return angular_prototypical(scale, margin, margin_kind, margin_options, learn_scale)
