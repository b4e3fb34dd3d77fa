"""All triplets of a batch, exactly and without listing them."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups
from voxmetric.losses.tuples.margins import Margin
from voxmetric.losses.tuples.partners import positives_of_each, same_speaker

ENTRIES_AT_ONCE = 2**22


@torch.no_grad()
def active_triplets(distances: Tensor, groups: Groups, margin: Margin) -> tuple[Tensor, Tensor]:
    """Count the active triplets that each distance takes part in.

    A triplet (a, p, n), ordered, is active if d(a,n) < d(a,p) + margin, strictly. For one anchor, sort its few keys
    d(a,p) + margin; the place of d(a,n) among them tells how many positives keep that negative active, and the
    places of all negatives, counted, tell how many negatives are active for each positive. That takes
    O(N^2 log P) time and O(N^2) memory, P the most positives of an anchor, instead of O(N^2 P) for a list.

    Args:
        distances: (N, N).
        groups: the speakers of the N utterances.
        margin: scalar.

    Returns:
        weights (N, N), such that the sum of the active hinges is the sum of weights times distances plus margin
        times the number of active triplets: at (a, p) the number of active n, at (a, n) less the number of active p;
        and that number, an int64 scalar.
    """
    positives, valid = positives_of_each(groups)
    num_keys = positives.shape[1]
    weights = torch.zeros_like(distances)
    num_active = torch.zeros((), dtype=torch.int64, device=distances.device)
    for rows in torch.arange(len(groups.members)).split(max(1, ENTRIES_AT_ONCE // len(groups.members))):
        chunk = slice(int(rows[0]), int(rows[-1]) + 1)
        some, negative = distances[chunk], ~same_speaker(groups, chunk)
        keys = (some.gather(1, positives[chunk]) + margin).masked_fill(~valid[chunk], -torch.inf)
        keys, order = keys.sort(1)
        # For each negative, the keys at or below it: with these positives the triplet is not active.
        inactive = torch.searchsorted(keys, some.contiguous(), right=True, out_int32=True)
        weights[chunk] = (inactive - num_keys) * negative
        # Counted by place, with one more place for the entries that are no negatives.
        places = torch.where(negative, inactive, num_keys)
        places += torch.arange(len(rows), device=places.device)[:, None] * (num_keys + 1)
        counts = torch.bincount(places.flatten(), minlength=len(rows) * (num_keys + 1))
        active = counts.view(len(rows), -1)[:, :num_keys].cumsum(1)
        weights[chunk].scatter_add_(1, positives[chunk].gather(1, order), active.to(weights.dtype))
        num_active += active.sum()
    return weights, num_active
