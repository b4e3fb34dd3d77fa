"""Partners within a batch against loops over it."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.losses.grouping import group
from voxmetric.losses.tuples.partners import num_negatives, num_positives, positives_of_each, same_speaker


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_positives_are_the_others_of_the_same_label(labels: list[int]) -> None:
    groups = group(torch.tensor(labels))
    everyone = range(len(labels))
    indices, valid = positives_of_each(groups)
    for a in everyone:
        expected = [p for p in everyone if a != p and labels[a] == labels[p]]
        assert sorted(indices[a][valid[a]].tolist()) == expected
    assert num_positives(groups).tolist() == [labels.count(label) - 1 for label in labels]
    assert num_negatives(groups).tolist() == [len(labels) - labels.count(label) for label in labels]
    assert same_speaker(groups).tolist() == [[one == other for other in labels] for one in labels]
