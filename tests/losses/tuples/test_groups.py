"""Groups of a batch against loops over it."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.losses.tuples.groups import SpeakerGroups


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_positives_are_the_others_of_the_same_label(labels: list[int]) -> None:
    groups = SpeakerGroups.of(torch.tensor(labels))
    everyone = range(len(labels))
    expected = [(a, p) for a in everyone for p in everyone if a != p and labels[a] == labels[p]]
    anchors, positives = groups.positive_pairs()
    assert sorted(zip(anchors.tolist(), positives.tolist(), strict=True)) == expected
    assert groups.num_positives.tolist() == [labels.count(label) - 1 for label in labels]
    assert groups.num_negatives.tolist() == [len(labels) - labels.count(label) for label in labels]
    assert groups.same().tolist() == [[one == other for other in labels] for one in labels]
