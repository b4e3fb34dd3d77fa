"""The builder behind every loss with class weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.references.class_weights import ClassWeights
from voxmetric.losses.references.sampled_class_weights import SampledClassWeights
from voxmetric.losses.scale import Scale


def class_weight_loss(
    embedding_size: int,
    num_speakers: int,
    margin_kind: str | None,
    margin: float | None,
    margin_options: Mapping[str, Any] | None,
    scale: float | str,
    learn_scale: bool,
    sampled_speakers: int | None,
    centers: int = 1,
) -> AngularLoss:
    """An angular loss over class weights, all of them or a random share in each step."""
    reference = (
        ClassWeights(embedding_size, num_speakers, centers)
        if sampled_speakers is None
        else SampledClassWeights(embedding_size, num_speakers, sampled_speakers, centers)
    )
    return AngularLoss(reference, margins.create(margin_kind, margin, margin_options), Scale(scale, learn_scale))
