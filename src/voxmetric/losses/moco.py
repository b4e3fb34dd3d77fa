"""The loss of momentum contrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.references.key_queue import KeyQueue
from voxmetric.losses.scale import Scale, scale_of_temperature


def moco(
    embedding_size: int,
    temperature: float = 0.2,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    queue_size: int = 32768,
    learn_scale: bool = False,
) -> AngularLoss:
    """Each recording's first view finds its key among a queue of past keys; labels name the recordings.

    L = -log( exp(s cos(q, k+)) / (exp(s cos(q, k+)) + sum over the queue of exp(s cos(q, k))) ), s = 1 / temperature.
    The further views of a recording, by order of appearance, are its keys, which get no gradient; compute them with
    a slowly moving copy of the encoder. Two losses, with the views exchanged, make the symmetric form.

    Args:
        embedding_size: D.
        temperature: above 0.
        margin: m; the kind's own default when not given.
        margin_kind: how the positive's cosine is penalised; `additive` when only a margin is given.
        margin_options: further options of that kind. Norms are those of the raw queries.
        queue_size: past keys that are kept.
        learn_scale: let training change s.

    Published values:
        temperature 0.2 with a queue of 65,536, or 0.03 with 32,768; momentum of the encoder's copy 0.999.

    Source:
        He et al. 2020, "Momentum contrast for unsupervised visual representation learning".
    """
    return AngularLoss(
        KeyQueue(embedding_size, queue_size),
        margins.create(margin_kind, margin, margin_options),
        Scale(scale_of_temperature(temperature), learn_scale),
    )
