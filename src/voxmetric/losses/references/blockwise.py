"""A comparison with so many classes that the matrix of cosines is never held at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from voxmetric.losses.comparison import Comparison, Logits, Reduction, lower
from voxmetric.losses.references.class_cosines import class_cosines, own_class_cosines

BLOCK_SIZE = 65_536
"""Classes that are compared at once."""


class BlockwiseComparison(Comparison):
    """Queries against class weights, a block of classes at a time.

    Each block's cosines are computed, reduced and dropped, and computed again in the backward pass, so that memory
    holds one block of (Q, BLOCK_SIZE) logits beside the weights and their gradient.

    Args:
        queries: (Q, D) unit directions.
        labels: (Q,) class of each query.
        norms: (Q,) norms of the raw queries.
        weight: (C, D) or (C, K, D).
    """

    def __init__(self, queries: Tensor, labels: Tensor, norms: Tensor, weight: Tensor) -> None:
        self._queries = queries
        # split gives the weight's gradient in one piece; slices would each make one of full size.
        self._blocks = torch.split(weight, BLOCK_SIZE)
        block_of_query = labels // BLOCK_SIZE
        self._members = [(block_of_query == block).nonzero().squeeze(1) for block in range(len(self._blocks))]
        self._columns = [labels[members] % BLOCK_SIZE for members in self._members]
        targets = queries.new_zeros(len(queries))
        for block, members, columns in zip(self._blocks, self._members, self._columns, strict=True):
            own = own_class_cosines(queries[members], block[columns])
            targets = targets.index_copy(0, members, own)
        super().__init__(targets, norms)

    def reduce(self, logits: Logits, reduction: Reduction) -> Tensor:
        def reduced(block: Tensor, members: Tensor, columns: Tensor) -> Tensor:
            values = logits(class_cosines(self._queries, block))
            lower(values, (members, columns))
            return reduction(values, 1)

        parts = [
            checkpoint(reduced, *block, use_reentrant=False, preserve_rng_state=False)
            for block in zip(self._blocks, self._members, self._columns, strict=True)
        ]
        return reduction(torch.stack(parts), 0)
