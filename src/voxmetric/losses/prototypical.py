"""Prototypical loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmetric.losses.loss import BatchNeeds, Loss
from voxmetric.losses.references.batch_prototypes import split_queries


class Prototypical(Loss):
    """Each speaker's first utterance finds its speaker's prototype by squared Euclidean distance.

    L = -log( exp(-||q_j - c_j||^2) / sum_k exp(-||q_j - c_k||^2) ), q_j the first utterance of speaker j by order of
    appearance and c_k the mean of the further utterances of speaker k; raw embeddings, no parameters.

    Published values:
        none; 2 utterances of each speaker, as many speakers as fit.

    Source:
        Snell et al. 2017, "Prototypical networks for few-shot learning"; Chung et al. 2020, "In defence of metric
        learning for speaker recognition".
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=2)

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        logits = _logits(embeddings, labels)
        return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """How often the nearest prototype is the right one."""
        logits = _logits(embeddings, labels)
        right = logits.argmax(1) == torch.arange(len(logits), device=logits.device)
        return {"accuracy": float(right.to(torch.float32).mean())}


def _logits(embeddings: Tensor, labels: Tensor) -> Tensor:
    """2 q.c - ||c||^2: the squared distances less ||q||^2, which is the same for all prototypes of a query."""
    # Distances do not change when everything moves; around the mean the products lose fewest digits.
    queries, prototypes = split_queries(embeddings - embeddings.mean(0), labels)
    return 2 * queries @ prototypes.T - prototypes.square().sum(1)
