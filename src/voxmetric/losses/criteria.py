"""From penalised logits to a loss: cross-entropy, and GE2E's contrast."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voxmetric.losses.comparison import Comparison, Logits
from voxmetric.losses.log_sum_exp import log_sum_exp


class CrossEntropy(nn.Module):
    """-log( exp(target) / (exp(target) + sum over negatives of exp(negative)) ), averaged over queries.

    Args:
        positives_compete: where a query has several targets, let each stand against the others as well; otherwise
            against the negatives only.
    """

    def __init__(self, positives_compete: bool = False) -> None:
        super().__init__()
        self.positives_compete = positives_compete

    def forward(self, comparison: Comparison, targets: Tensor, logits: Logits) -> Tensor:
        """The loss, given the targets' penalised logits (T,) and the map from cosines to negatives' logits."""
        negatives = comparison.reduce(logits, log_sum_exp)
        if self.positives_compete and comparison.rows is not None:
            partition = torch.logaddexp(negatives, comparison.log_sum_targets(targets))
            return comparison.average(comparison.of_targets(partition) - targets)
        # log(1 + exp(negatives - target)) keeps its digits where the target wins by far.
        return comparison.average(F.softplus(comparison.of_targets(negatives) - targets))


class Contrast(nn.Module):
    """1 - sigmoid(target + b) + the largest sigmoid(negative + b), averaged over queries.

    Args:
        bias: start of b, which is learnable.
    """

    def __init__(self, bias: float = -5.0) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(float(bias)))

    def forward(self, comparison: Comparison, targets: Tensor, logits: Logits) -> Tensor:
        """The loss, given the targets' penalised logits (T,) and the map from cosines to negatives' logits."""
        hardest = comparison.of_targets(comparison.reduce(logits, torch.amax))
        bias = self.bias.to(targets.dtype)
        return comparison.average(torch.sigmoid(-targets - bias) + torch.sigmoid(hardest + bias))
