"""A weighted sum of losses is a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from voxmetric import losses
from voxmetric.errors import InputError, unknown_name
from voxmetric.losses.loss import BatchNeeds, Loss


class WeightedSum(Loss):
    """w_1 L_1 + w_2 L_2 + ...

    Args:
        terms: the losses by name; the names head their statistics.
        weights: the factor of each, 0 or above.

    Raises:
        InputError: without terms, or if a weight is negative.
    """

    def __init__(self, terms: Mapping[str, Loss], weights: Sequence[float]) -> None:
        super().__init__()
        if not terms or len(terms) != len(weights) or min(weights) < 0:
            raise InputError(
                f"expected one loss or more with a weight of at least 0 each, found {len(terms)} losses "
                f"with weights {list(weights)}"
            )
        self.terms = nn.ModuleDict(terms)
        self.weights = [float(weight) for weight in weights]
        self.needs = _joint_needs([term.needs for term in terms.values()])

    @property
    def weight(self) -> nn.Parameter:
        """The class weights (C, D) of the first term that has any."""
        for term in self.terms.values():
            weight = getattr(term, "weight", None)
            if isinstance(weight, nn.Parameter):
                return weight
        raise AttributeError("no term of this sum has class weights")

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        values = torch.stack([term(embeddings, labels) for term in self.terms.values()])
        return values @ values.new_tensor(self.weights)

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """The statistics of every term, as `term.statistic`."""
        return {
            f"{name}.{key}": value
            for name, term in self._losses().items()
            for key, value in term.statistics(embeddings, labels).items()
        }

    def set_margin_factor(self, factor: float) -> None:
        super().set_margin_factor(factor)
        for term in self._losses().values():
            term.set_margin_factor(factor)

    def reseed(self, seed: int) -> None:
        super().reseed(seed)
        for term in self._losses().values():
            term.reseed(seed)

    def _losses(self) -> dict[str, Loss]:
        return {name: term for name, term in self.terms.items() if isinstance(term, Loss)}


def weighted_sum(
    terms: Sequence[Mapping[str, Any]], embedding_size: int | None = None, num_speakers: int | None = None
) -> WeightedSum:
    """Any losses, weighted and added.

    L = w_1 L_1 + w_2 L_2 + ...

    Args:
        terms: for each a mapping with `loss`, a registered name, and if need be `weight` (1 when not given) and
            `options`.
        embedding_size: D, passed on to the terms.
        num_speakers: C, passed on to the terms.

    Published values:
        softmax and angular prototypical 1 to 1.

    Source:
        Kwon et al. 2021, "The ins and outs of speaker recognition: lessons from VoxSRC 2020".
    """
    built: dict[str, Loss] = {}
    for number, term in enumerate(terms):
        for key in term:
            if key not in ("loss", "weight", "options"):
                raise unknown_name("key of a term", key, ("loss", "weight", "options"))
        if "loss" not in term:
            raise InputError(f"expected `loss` in every term of a weighted sum, found none in term {number + 1}")
        name = term["loss"]
        unique = name if name not in built else f"{name}_{number + 1}"
        built[unique] = losses.create(
            name, embedding_size=embedding_size, num_speakers=num_speakers, **term.get("options", {})
        )
    return WeightedSum(built, [term.get("weight", 1.0) for term in terms])


def _joint_needs(needs: Sequence[BatchNeeds]) -> BatchNeeds:
    return BatchNeeds(
        utterances_per_speaker=max(need.utterances_per_speaker for need in needs),
        speakers=max(need.speakers for need in needs),
        batches="speakers" if any(need.batches == "speakers" for need in needs) else "shuffled",
    )
