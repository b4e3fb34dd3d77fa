"""Generalised end-to-end loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.errors import unknown_name
from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.criteria import Contrast, CrossEntropy
from voxmetric.losses.references.leave_one_out_prototypes import LeaveOneOutPrototypes
from voxmetric.losses.scale import Scale

_CRITERIA: dict[str, type[CrossEntropy] | type[Contrast]] = {"softmax": CrossEntropy, "contrast": Contrast}


def ge2e(
    scale: float = 10.0,
    form: str = "softmax",
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = True,
    normalize_utterances: bool = True,
    clamp_negative_cosines: bool = False,
) -> AngularLoss:
    """Every utterance finds its speaker's prototype, which leaves the utterance itself out.

    S_k = w cos(x, c_k) + b, c_k the mean of the unit vectors of speaker k, without x for its own speaker.
    Form `softmax`: L = -S_y + log sum_k exp(S_k); b is left out there, for it changes neither loss nor gradient.
    Form `contrast`: L = 1 - sigmoid(S_y) + max over k != y of sigmoid(S_k). Both averaged over the utterances.

    Args:
        scale: w, above 0.
        form: `softmax` or `contrast`; b starts at -5 in the latter and is learnable.
        margin: m; the kind's own default when not given.
        margin_kind: how the target's cosine is penalised; none unless asked for.
        margin_options: further options of that kind.
        learn_scale: let training change w, which starts at `scale` and stays positive.
        normalize_utterances: average unit vectors, as published; false averages raw embeddings, as the code of
            Chung et al. 2020 does.
        clamp_negative_cosines: raise cosines below 1e-6 to it, without gradient, as that code does.

    Published values:
        w starts at 10, b at -5; 64 speakers with 10 utterances, or 2 to 5 utterances (Chung et al. 2020).

    Source:
        Wan et al. 2018, "Generalized end-to-end loss for speaker verification".
    """
    if form not in _CRITERIA:
        raise unknown_name("form of ge2e", form, _CRITERIA)
    criterion: CrossEntropy | Contrast = _CRITERIA[form]()
    return AngularLoss(
        LeaveOneOutPrototypes(normalize_utterances, clamp_negative_cosines),
        margins.create(margin_kind, margin, margin_options),
        Scale(scale, learn_scale),
        criterion,
    )
