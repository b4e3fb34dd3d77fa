"""Softmax plus angular prototypical."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses.angular_prototypical import angular_prototypical
from voxmetric.losses.combination import WeightedSum
from voxmetric.losses.softmax import Softmax


def softmax_prototypical(
    embedding_size: int,
    num_speakers: int,
    scale: float = 10.0,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    learn_scale: bool = True,
) -> WeightedSum:
    """Softmax over all utterances plus angular prototypical over the speakers, 1 to 1.

    L = L_softmax + L_angular_prototypical; for other terms and weights see `weighted_sum`.

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        scale: w of the prototypical term, above 0.
        margin: m of the prototypical term; the kind's own default when not given.
        margin_kind: how its target's cosine is penalised; none unless asked for.
        margin_options: further options of that kind.
        learn_scale: let training change w.

    Published values:
        w starts at 10 and is learnable; 2 utterances of each speaker.

    Source:
        Kwon et al. 2021, "The ins and outs of speaker recognition: lessons from VoxSRC 2020".
    """
    terms = {
        "softmax": Softmax(embedding_size, num_speakers),
        "angular_prototypical": angular_prototypical(scale, margin, margin_kind, margin_options, learn_scale),
    }
    return WeightedSum(terms, [1.0, 1.0])
