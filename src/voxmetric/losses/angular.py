"""The angular family: a reference, a margin, a scale and a criterion make a loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.losses.comparison import Comparison
from voxmetric.losses.criteria import Contrast, CrossEntropy
from voxmetric.losses.loss import Loss
from voxmetric.losses.margins.margin import Margin
from voxmetric.losses.references.reference import Reference
from voxmetric.losses.scale import Scale


class AngularLoss(Loss):
    """Queries find their own speaker among references by cosine, handicapped by a margin.

    -log( exp(s psi(cos_y)) / (exp(s psi(cos_y)) + sum_j exp(s cos_j)) ), averaged over the queries, with psi the
    margin and s the scale.

    Args:
        reference: what the queries of a batch are compared with.
        margin: how the target's cosine is penalised.
        scale: the factor from cosines to logits.
        criterion: the loss of the logits; cross-entropy when not given.

    Attributes:
        remembers: whether the reference takes every training batch into its memory; set to false by whoever does that
            with other embeddings.
    """

    def __init__(
        self,
        reference: Reference,
        margin: Margin,
        scale: Scale,
        criterion: CrossEntropy | Contrast | None = None,
    ) -> None:
        super().__init__()
        self.needs = reference.needs
        self.reference = reference
        self.margin = margin
        self.scale = scale
        self.criterion = criterion or CrossEntropy()
        self.remembers = True
        reference.generator = self.generator

    @property
    def weight(self) -> nn.Parameter:
        """The class weights (C, D), where the reference has any."""
        weight = self.reference.weight
        assert isinstance(weight, nn.Parameter)
        return weight

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        comparison: Comparison = self.reference(embeddings, labels)
        if self.training:
            self.margin.observe(comparison.targets.detach(), comparison.norms.detach())
        scale: Tensor = self.scale(comparison.norms)
        penalised = self.margin(comparison.targets, comparison.of_targets(comparison.norms), self.margin_factor)
        own = comparison.of_queries(comparison.targets)

        scales = scale.unsqueeze(-1)

        def logits(cosines: Tensor) -> Tensor:
            others = self.margin.negatives(cosines, own, self.margin_factor)
            # In place where no gradient needs the cosines: making large matrices is what takes the time.
            return others * scales if scales.requires_grad else others.mul_(scales)

        target_scale = comparison.of_targets(scale) if scale.ndim else scale
        loss: Tensor = self.criterion(comparison, target_scale * penalised, logits) + self.margin.regulariser(
            comparison.norms
        )
        if self.training and self.remembers:
            self.reference.remember(embeddings.detach(), labels)
        return loss

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """Mean target cosine, mean cosine of the hardest negative, and how often the target is nearer than it."""
        comparison: Comparison = self.reference(embeddings, labels)
        hardest = comparison.of_targets(comparison.reduce(torch.clone, torch.amax)).clamp(min=-1)
        return {
            "accuracy": float(comparison.average((comparison.targets > hardest).to(hardest.dtype))),
            "target_cosine": float(comparison.average(comparison.targets)),
            "hardest_negative_cosine": float(comparison.average(hardest)),
        }
