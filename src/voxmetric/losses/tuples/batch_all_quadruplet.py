"""The second term over all quadruplets of a batch, exactly and without listing them."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups
from voxmetric.losses.tuples.margins import Margin

ORDERS = 4  # (a, p) and (n1, n2) each stand for both of their orders


@torch.no_grad()
def active_quadruplets(distances: Tensor, groups: Groups, margin: Margin) -> tuple[Tensor, Tensor]:
    """Count the active quadruplets that each distance takes part in.

    A quadruplet is an ordered pair (a, p) of one speaker and an ordered pair (n1, n2) of two further, different
    speakers; it is active if d(n1,n2) < d(a,p) + margin, strictly. Rank all keys d(a,p) + margin in one list; the
    place of d(n1,n2) in it tells how many positive pairs keep it active, of which those of n1's and of n2's
    speaker are taken off again. They are found by the same place in the list ordered by speaker first: the keys'
    ranks, being integers, make a composite with the speaker that loses no digit. Counting places instead of
    keys gives the weights of the positive pairs. O(N^2 log N) time and O(N^2) memory instead of O(N^4).

    Args:
        distances: (N, N), symmetric; only what lies above the diagonal is looked at.
        groups: the speakers of the N utterances.
        margin: scalar.

    Returns:
        weights (N, N) float64, such that the sum of the active hinges is the sum of weights times distances plus
        margin times the number of active quadruplets; and that number, an int64 scalar.
    """
    speakers, num_speakers = groups.members, len(groups.counts)
    first, second = torch.triu_indices(len(groups.members), len(groups.members), 1, device=distances.device)
    values, same = distances[first, second], speakers[first] == speakers[second]

    keys, order = (values[same] + margin).sort()
    num_keys = len(keys)
    key_speakers = speakers[first[same]][order]
    rank_by_speaker = key_speakers.argsort(stable=True)
    speaker_by_speaker = key_speakers[rank_by_speaker]
    composite = speaker_by_speaker * (num_keys + 1) + rank_by_speaker
    ends = torch.bincount(key_speakers, minlength=num_speakers).cumsum(0)

    # Keys from this place on keep the negative pair active, both in the list of all and in a speaker's own.
    place = torch.searchsorted(keys, values[~same], right=True)
    active_keys = num_keys - place
    slot_counts = torch.zeros(num_keys + num_speakers, dtype=torch.int64, device=keys.device)
    for touched in (speakers[first[~same]], speakers[second[~same]]):
        own_place = torch.searchsorted(composite, touched * (num_keys + 1) + place)
        active_keys -= ends[touched] - own_place
        # A speaker's last place is the next one's first: one more slot for each speaker keeps them apart.
        slot_counts += torch.bincount(own_place + touched, minlength=len(slot_counts))

    active_pairs = torch.bincount(place, minlength=num_keys + 1).cumsum(0)[:num_keys]
    reached = torch.cat([slot_counts.new_zeros(1), slot_counts.cumsum(0)])
    starts = torch.cat([ends.new_zeros(1), ends[:-1]])
    slots = torch.arange(num_keys, device=keys.device) + speaker_by_speaker
    first_slots = starts[speaker_by_speaker] + speaker_by_speaker
    active_pairs[rank_by_speaker] -= reached[slots + 1] - reached[first_slots]

    counts = torch.empty_like(first)
    counts[~same] = -active_keys
    counts[same.nonzero()[order, 0]] = active_pairs
    weights = torch.zeros_like(distances, dtype=torch.float64)
    weights[first, second] = (ORDERS * counts).double()
    return weights, ORDERS * active_pairs.sum()
