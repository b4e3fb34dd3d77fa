"""What a margin is: a map from the target's cosine, and sometimes the others', to penalised ones."""

from __future__ import annotations

from torch import Tensor, nn


class Margin(nn.Module):
    """Makes the target harder to reach, so that classes end up apart by more than nothing.

    All methods take `factor`, the share of the margin in force in [0, 1], or are free of it. Cosines may lie
    outside [-1, 1] by rounding. Values and gradients are finite everywhere.
    """

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:
        """Penalised target cosines.

        Args:
            cosines: (T,) cosine of each target.
            norms: (T,) norm of the query's raw embedding.
            factor: share of the margin.
        """
        raise NotImplementedError

    def negatives(self, cosines: Tensor, targets: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        """Cosines of the others (Q, K), given each query's target cosine (Q,); unchanged by most margins."""
        return cosines

    def regulariser(self, norms: Tensor) -> Tensor:
        """A term to add to the loss, from the queries' norms (Q,); zero for most margins."""
        return norms.new_zeros(())

    def observe(self, cosines: Tensor, norms: Tensor) -> None:
        """Take note of a training batch's target cosines (T,) and norms (Q,); most margins keep no statistics."""
