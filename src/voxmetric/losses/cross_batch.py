"""Contrast against a memory of past batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.criteria import CrossEntropy
from voxmetric.losses.references.cross_batch_memory import CrossBatchMemory
from voxmetric.losses.scale import Scale, scale_of_temperature


def cross_batch(
    embedding_size: int,
    temperature: float = 0.1,
    margin: float | None = None,
    margin_kind: str | None = None,
    margin_options: Mapping[str, Any] | None = None,
    memory_size: int = 8192,
    positives_compete: bool = False,
    learn_scale: bool = False,
) -> AngularLoss:
    """Every utterance finds those of its speaker among the batch and a memory of past embeddings.

    For each positive p of x: L = -log( exp(s cos(x, p)) / (exp(s cos(x, p)) + sum over other speakers of
    exp(s cos(x, z))) ), s = 1 / temperature; mean over the positives, then over the utterances that have one.

    Args:
        embedding_size: D.
        temperature: above 0.
        margin: m; the kind's own default when not given.
        margin_kind: how the positive's cosine is penalised; `additive` when only a margin is given.
        margin_options: further options of that kind.
        memory_size: past embeddings that are kept; they get no gradient.
        positives_compete: let each positive stand against the other positives as well, as SupCon does.
        learn_scale: let training change s.

    Published values:
        none on speakers; the paper keeps up to the whole training set in memory.

    Source:
        Wang et al. 2020, "Cross-batch memory for embedding learning", with the loss of NT-Xent.
    """
    return AngularLoss(
        CrossBatchMemory(embedding_size, memory_size),
        margins.create(margin_kind, margin, margin_options),
        Scale(scale_of_temperature(temperature), learn_scale),
        CrossEntropy(positives_compete),
    )
