"""Cross-entropy between what one view of a recording is assigned and what the other views predict."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def cross_view_entropy(logits: Sequence[Tensor], assignments: Sequence[Tensor]) -> Tensor:
    """Mean over rows and over the pairs (a, v) of different views of -sum_k p_a(k) log softmax(l_v)(k).

    Args:
        logits: one (B, K) for each of V views.
        assignments: one (B, K) for each of the first A <= V views; rows sum to 1.

    Returns:
        A scalar.

    Source:
        Caron et al. 2020 (SwAV), equation 1; Caron et al. 2021 (DINO), equation 3.
    """
    total = logits[0].new_zeros(())
    for view, predicted in enumerate(logits):
        others = [assigned for number, assigned in enumerate(assignments) if number != view]
        if not others:
            continue
        wanted = others[0] if len(others) == 1 else torch.stack(others).sum(0)
        # Without the matrix of log-probabilities: it is as large as the logits, which may have 65,536 columns.
        total = total + (len(others) * predicted.logsumexp(1) - (wanted * predicted).sum(1)).mean()
    return total / (len(assignments) * (len(logits) - 1))
