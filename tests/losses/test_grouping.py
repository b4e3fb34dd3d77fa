from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.errors import InputError
from voxmetric.losses.grouping import group

LABELS = st.lists(st.integers(-3, 3), min_size=1, max_size=30)


@settings(deadline=None)
@given(LABELS)
def test_groups_are_in_order_of_first_appearance(labels: list[int]) -> None:
    groups = group(torch.tensor(labels))
    order = list(dict.fromkeys(labels))
    assert groups.labels.tolist() == order
    assert groups.members.tolist() == [order.index(label) for label in labels]
    assert groups.counts.tolist() == [labels.count(label) for label in order]
    assert groups.first.tolist() == [labels.index(label) for label in order]


@settings(deadline=None)
@given(LABELS)
def test_sums_pairs_and_others_are_those_of_loops(labels: list[int]) -> None:
    groups = group(torch.tensor(labels))
    values = torch.arange(2 * len(labels), dtype=torch.float64).view(-1, 2)
    rows = range(len(labels))
    order = list(dict.fromkeys(labels))
    expected = [sum(values[row] for row in rows if labels[row] == label).tolist() for label in order]
    assert groups.sums(values).tolist() == expected
    pairs = [(a, b) for a in rows for b in rows if a != b and labels[a] == labels[b]]
    found = torch.stack(groups.pairs(), 1).tolist()
    assert [tuple(pair) for pair in found] == pairs
    others = [row for label in order for row in rows if labels[row] == label and row != labels.index(label)]
    assert groups.others().tolist() == others


def test_a_short_group_is_named() -> None:
    with pytest.raises(InputError, match="at least 3 utterances of each label in a batch, found 2 of label 7"):
        group(torch.tensor([4, 7, 4, 7, 4]), utterances=3)
