"""Losses written as their definitions read: loops over queries, lists of all tuples. Slow, to measure against."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def aam_softmax(embeddings: Tensor, labels: Tensor, weight: Tensor, margin: float, scale: float) -> Tensor:
    """One utterance after another, its angle by arccos."""
    directions = F.normalize(weight, dim=1)
    terms = []
    for embedding, label in zip(F.normalize(embeddings, dim=1), labels, strict=True):
        logits = directions @ embedding
        moved = torch.cos(torch.acos(logits[label].clamp(-1 + 1e-7, 1 - 1e-7)) + margin)
        beyond = logits[label] <= math.cos(math.pi - margin)
        target = torch.where(beyond, logits[label] - margin * math.sin(margin), moved)
        logits = torch.where(torch.arange(len(weight)) == label, target, logits)
        terms.append(F.cross_entropy(scale * logits.unsqueeze(0), label.unsqueeze(0)))
    return torch.stack(terms).mean()


def angular_prototypical(embeddings: Tensor, labels: Tensor, scale: float) -> Tensor:
    """`cosine_similarity` of tensors broadcast to (speakers, D, speakers), as published codes do."""
    by_speaker = _by_speaker(embeddings, labels)
    queries, prototypes = by_speaker[:, 0], by_speaker[:, 1:].mean(1)
    cosines = F.cosine_similarity(queries.unsqueeze(2), prototypes.T.unsqueeze(0))
    return F.cross_entropy(scale * cosines, torch.arange(len(queries)))


def prototypical(embeddings: Tensor, labels: Tensor) -> Tensor:
    """Squared differences of tensors broadcast to (speakers, speakers, D)."""
    by_speaker = _by_speaker(embeddings, labels)
    queries, prototypes = by_speaker[:, 0], by_speaker[:, 1:].mean(1)
    distances = (queries.unsqueeze(1) - prototypes.unsqueeze(0)).square().sum(2)
    return F.cross_entropy(-distances, torch.arange(len(queries)))


def ge2e(embeddings: Tensor, labels: Tensor, scale: float) -> Tensor:
    """Utterance by utterance, with all prototypes made anew for each place in a speaker's list."""
    by_speaker = F.normalize(_by_speaker(embeddings, labels), dim=2)
    speakers, utterances, _ = by_speaker.shape
    whole = by_speaker.mean(1)
    terms = []
    for speaker in range(speakers):
        for utterance in range(utterances):
            others = [place for place in range(utterances) if place != utterance]
            prototypes = torch.where(
                torch.arange(speakers).unsqueeze(1) == speaker, by_speaker[:, others].mean(1), whole
            )
            cosines = F.cosine_similarity(by_speaker[speaker, utterance].unsqueeze(0), prototypes)
            terms.append(F.cross_entropy(scale * cosines.unsqueeze(0), torch.tensor([speaker])))
    return torch.stack(terms).mean()


def nt_xent(embeddings: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """View by view, two views of each recording."""
    terms = []
    rows = torch.arange(len(labels))
    for row in range(len(labels)):
        others = rows != row
        cosines = F.cosine_similarity(embeddings[row].unsqueeze(0), embeddings[others]) / temperature
        positive = (labels[others] == labels[row]).nonzero()[0]
        terms.append(F.cross_entropy(cosines.unsqueeze(0), positive))
    return torch.stack(terms).mean()


def triplet(embeddings: Tensor, labels: Tensor, margin: float) -> Tensor:
    """All (N, N, N) triplets, those that are not triplets masked."""
    distances = _squared_distances(embeddings)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    valid = positive.unsqueeze(2) & ~same.unsqueeze(1)
    hinges = (distances.unsqueeze(2) - distances.unsqueeze(1) + margin).clamp(min=0)
    return hinges[valid].mean()


def quadruplet(embeddings: Tensor, labels: Tensor, margin: float, second_margin: float) -> Tensor:
    """All triplets, and every positive pair with every negative pair of other speakers."""
    distances = _squared_distances(embeddings)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    anchor, positive = (same & ~torch.eye(len(labels), dtype=torch.bool)).nonzero(as_tuple=True)
    first, second = (~same).nonzero(as_tuple=True)
    hinges = (distances[anchor, positive].unsqueeze(1) - distances[first, second] + second_margin).clamp(min=0)
    touches = (labels[anchor].unsqueeze(1) == labels[first]) | (labels[anchor].unsqueeze(1) == labels[second])
    return triplet(embeddings, labels, margin) + hinges[~touches].mean()


def contrastive(embeddings: Tensor, labels: Tensor, margin: float) -> Tensor:
    """All pairs as two lists of utterances."""
    first, second = torch.triu_indices(len(labels), len(labels), offset=1)
    distances = 1 - F.cosine_similarity(embeddings[first], embeddings[second])
    same = labels[first] == labels[second]
    return torch.where(same, distances.square(), (margin - distances).clamp(min=0).square()).mean() / 2


def _by_speaker(embeddings: Tensor, labels: Tensor) -> Tensor:
    """(speakers, utterances, D), for batches with as many utterances of every speaker."""
    return torch.stack([embeddings[labels == label] for label in labels.unique()])


def _squared_distances(embeddings: Tensor) -> Tensor:
    unit = F.normalize(embeddings, dim=1)
    return 2 - 2 * unit @ unit.T
