"""Queries compared by cosine with references: which cosines are targets, and how the rest is summed up."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Logits = Callable[[Tensor], Tensor]
"""From cosines (Q, K) of queries with references to logits (Q, K), possibly in place."""


class Comparison:
    """Q queries against K references, with T targets (pairs of a query and a reference of its own speaker).

    Attributes:
        targets: (T,) cosine of each target.
        norms: (Q,) norm of each query's raw embedding.
        rows: (T,) the query of each target; None where query i has the one target i.
    """

    def __init__(self, targets: Tensor, norms: Tensor, rows: Tensor | None = None) -> None:
        self.targets = targets
        self.norms = norms
        self.rows = rows

    def reduce(self, logits: Logits, reduction: Reduction) -> Tensor:
        """Reduce each query's logits over the references that are not its targets.

        At most once, for it may use the cosines up.

        Args:
            logits: makes logits from cosines.
            reduction: over one dimension, such as `log_sum_exp` or `torch.amax`.

        Returns:
            (Q,); where nothing is left to reduce, about the lowest number of the type.
        """
        raise NotImplementedError

    def of_targets(self, values: Tensor) -> Tensor:
        """Spread values of queries (Q,) to their targets (T,)."""
        return values if self.rows is None else values[self.rows]

    def of_queries(self, values: Tensor) -> Tensor:
        """Mean over each query's targets: (T,) -> (Q,); 0 for a query without a target."""
        if self.rows is None:
            return values
        sums = self.norms.new_zeros(len(self.norms)).index_add(0, self.rows, values)
        return sums / self._counts().clamp(min=1)

    def average(self, values: Tensor) -> Tensor:
        """Mean over the queries that have a target of the means over their targets (T,); 0 if none has."""
        if self.rows is None:
            return values.mean()
        with_target = (self._counts() > 0).sum()
        return self.of_queries(values).sum() / with_target.clamp(min=1)

    def log_sum_targets(self, values: Tensor) -> Tensor:
        """Log of the sum of the exponentials of each query's targets: (T,) -> (Q,)."""
        if self.rows is None:
            return values
        start = values.new_zeros(len(self.norms))
        highest = start.scatter_reduce(0, self.rows, values.detach(), "amax", include_self=False)
        sums = start.index_add(0, self.rows, (values - highest[self.rows]).exp())
        # A sum is 1 or more, for the highest adds 1, but for a query without a target it is 0.
        return highest + sums.clamp(min=1).log()

    def _counts(self) -> Tensor:
        assert self.rows is not None
        return torch.bincount(self.rows, minlength=len(self.norms))


Reduction = Callable[[Tensor, int], Tensor]


class DenseComparison(Comparison):
    """A comparison that holds its matrix of cosines.

    Args:
        cosines: (Q, K).
        columns: (T,) the reference of each target; None where the targets are not among the references.
        norms: (Q,) norms of the raw queries.
        rows: (T,) the query of each target; None where query i has the one target i.
        targets: (T,) cosines of the targets, where they are not those of the matrix.
        excluded: queries and references, (E,) each, of the pairs that must not be compared (such as with itself).
    """

    def __init__(
        self,
        cosines: Tensor,
        columns: Tensor | None,
        norms: Tensor,
        rows: Tensor | None = None,
        targets: Tensor | None = None,
        excluded: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        self.cosines = cosines
        queries = torch.arange(len(cosines), device=cosines.device) if rows is None else rows
        self._position = None if columns is None else (queries, columns)
        self._excluded = excluded
        if targets is None:
            assert self._position is not None
            targets = cosines[self._position]
        super().__init__(targets, norms, rows)

    def reduce(self, logits: Logits, reduction: Reduction) -> Tensor:
        values = logits(self.cosines)
        lower(values, self._excluded)
        lower(values, self._position)
        return reduction(values, 1)


@torch.no_grad()
def lower(values: Tensor, position: tuple[Tensor, Tensor] | None) -> None:
    """Leave pairs out of a reduction of logits (Q, K): lowered so far, they add nothing to it or its gradient."""
    if position is not None:
        values[position] = torch.finfo(values.dtype).min
