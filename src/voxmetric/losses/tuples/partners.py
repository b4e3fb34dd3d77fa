"""Who is a positive and who a negative of each utterance of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups


def num_positives(groups: Groups) -> Tensor:
    """(N,) int64: other utterances of the same speaker."""
    return groups.counts[groups.members] - 1


def num_negatives(groups: Groups) -> Tensor:
    """(N,) int64: utterances of other speakers."""
    return len(groups.members) - groups.counts[groups.members]


def same_speaker(groups: Groups, rows: slice = slice(None)) -> Tensor:
    """(R, N) bool: whether each of `rows` shares its speaker with each utterance (itself included)."""
    return groups.members[rows, None] == groups.members


def positives_of_each(groups: Groups) -> tuple[Tensor, Tensor]:
    """The positives of every utterance.

    Returns:
        indices (N, P) int64, with P the most positives that any utterance has, and valid (N, P) bool.
        Entries that are not valid point at some utterance of the same speaker.
    """
    members = groups.members
    by_speaker = members.argsort(stable=True)
    first = groups.counts.cumsum(0) - groups.counts
    sizes = groups.counts[members, None]
    place = torch.empty_like(members)
    place[by_speaker] = torch.arange(len(members), device=place.device) - first[members[by_speaker]]
    step = torch.arange(1, int(groups.counts.max()), device=place.device)
    # Going round the speaker's utterances from the next one on never meets the utterance itself.
    indices = by_speaker[first[members, None] + (place[:, None] + step) % sizes]
    return indices, step < sizes
