"""NT-Xent, the loss of SimCLR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.criteria import CrossEntropy
from voxmetric.losses.references.other_views import OtherViews
from voxmetric.losses.scale import Scale, scale_of_temperature


def nt_xent(
    temperature: float = 0.2,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    symmetric: bool = True,
    positives_compete: bool = True,
    learn_scale: bool = False,
) -> AngularLoss:
    """Each view of a recording finds its other view among all views of the batch; labels name the recordings.

    L = -log( exp(s cos(x, x+)) / (exp(s cos(x, x+)) + sum over other recordings' views of exp(s cos(x, z))) ),
    s = 1 / temperature; with a margin, cos(x, x+) is penalised. Recordings may have more than two views: the loss is
    then the mean over a view's positives.

    Args:
        temperature: above 0; a best margin goes with each temperature.
        margin: m; the kind's own default when not given.
        margin_kind: how the positive's cosine is penalised; `additive` when only a margin is given.
        margin_options: further options of that kind.
        symmetric: every view asks, among all the others; otherwise each recording's first view (by order of
            appearance) asks, among all views that are not first.
        positives_compete: with more than two views, let each positive stand against the others as well, as SupCon
            does; otherwise against the negatives only. Makes no difference with two.
        learn_scale: let training change s.

    Published values:
        temperature 0.2 with additive margin 0.4 or angular margin 0.1 (2023); temperature 0.0333 with additive
        margin 0.1 (2024); 200 or 256 recordings a batch.

    Source:
        Chen et al. 2020, "A simple framework for contrastive learning of visual representations"; Lepage and Dehak
        2023 and 2024 for the symmetric form and the margins on speakers; Khosla et al. 2020 for several positives.
    """
    return AngularLoss(
        OtherViews(symmetric),
        margins.create(margin_kind, margin, margin_options),
        Scale(scale_of_temperature(temperature), learn_scale),
        CrossEntropy(positives_compete),
    )
