from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.selfsupervised.memory import Memory
from voxmetric.selfsupervised.partners import NO_PARTNER, ClusterPartners, NeighbourPartners, Partners

# Four directions in a fan, 0.3 rad apart but for a wide gap in the middle: 0 and 1 are near, and 2 and 3.
ANGLES = torch.tensor([0.0, 0.3, 1.5, 1.8])
GROUP = torch.arange(4).repeat(5)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def memory() -> Memory:
    """Five recordings in each of the four directions, and one more that is not known."""
    kept = Memory(21, 2)
    angles = ANGLES[GROUP] + 0.01 * torch.randn(20, generator=generator())
    kept.remember(torch.arange(20), torch.stack([angles.cos(), angles.sin()], 1))
    return kept


def prepared(partners: Partners, memory: Memory) -> Partners:
    """Prepared from a start that finds the four directions."""
    for seed in range(100):
        partners.prepare(memory, generator(seed))
        if len({tuple(sorted(partners.own[:20][group == GROUP].tolist())) for group in range(4)}) == 4 and all(
            len(partners.own[:20][group == GROUP].unique()) == 1 for group in range(4)
        ):
            return partners
    raise AssertionError("no start found the four directions")


def draws(partners: Partners, memory: Memory, recording: int, count: int = 4000) -> Counter[int]:
    drawn: Tensor = partners.draw(torch.full((count,), recording), memory, generator(1))
    return Counter(drawn.tolist())


def test_the_own_cluster_gives_each_other_member_alike(memory: Memory) -> None:
    partners = prepared(ClusterPartners(21, clusters=4, nearest=0), memory)
    for recording in (2, 18):
        counts = draws(partners, memory, recording)
        others = [one for one in range(20) if GROUP[one] == GROUP[recording] and one != recording]
        assert sorted(counts) == others
        assert min(counts.values()) > 850  # of 1,000 expected, five standard deviations below


def test_a_near_cluster_gives_its_members_alike(memory: Memory) -> None:
    partners = prepared(ClusterPartners(21, clusters=4, nearest=1), memory)
    counts = draws(partners, memory, 2)  # of direction 2, whose nearest is 3
    assert sorted(counts) == [one for one in range(20) if GROUP[one] == 3]
    assert min(counts.values()) > 650  # of 800 expected


def test_clusters_without_members_are_not_drawn_from() -> None:
    kept = Memory(12, 2)
    direction = torch.arange(12) % 3  # more clusters than directions: some stay empty
    kept.remember(torch.arange(12), torch.stack([direction.float().cos(), direction.float().sin()], 1))
    for seed in range(10):
        partners = ClusterPartners(12, clusters=6, nearest=2)
        partners.prepare(kept, generator(seed))
        occupied = partners.own.unique()
        assert len(occupied) == 3
        drawn = partners.draw(torch.arange(12).repeat(20), kept, generator(seed))
        assert (drawn != NO_PARTNER).all()
        assert (direction[drawn] != direction.repeat(20)).all()


def test_several_near_clusters_are_as_likely(memory: Memory) -> None:
    partners = prepared(ClusterPartners(21, clusters=4, nearest=2), memory)
    counts = draws(partners, memory, 0)  # of direction 0: 1 and 2 are the nearest two
    groups = Counter(int(GROUP[one]) for one in counts.elements())
    assert sorted(groups) == [1, 2]
    assert min(groups.values()) > 1800


@pytest.mark.parametrize("nearest", [0, 1])
def test_a_recording_without_an_embedding_has_no_partner(memory: Memory, nearest: int) -> None:
    partners = prepared(ClusterPartners(21, clusters=4, nearest=nearest), memory)
    assert partners.draw(torch.tensor([20]), memory, generator()).tolist() == [NO_PARTNER]


def test_a_recording_alone_in_its_cluster_has_no_partner() -> None:
    memory = Memory(3, 3)
    memory.remember(torch.arange(3), torch.eye(3))
    partners = ClusterPartners(3, clusters=3, nearest=0)
    partners.prepare(memory, generator())
    assert partners.draw(torch.arange(3), memory, generator()).tolist() == [NO_PARTNER] * 3


def test_nothing_known_gives_no_partners() -> None:
    memory, partners = Memory(4, 2), ClusterPartners(4, clusters=2, nearest=1)
    partners.prepare(memory, generator())
    assert partners.draw(torch.arange(4), memory, generator()).tolist() == [NO_PARTNER] * 4


def test_fewer_known_than_clusters_make_as_many() -> None:
    memory, partners = Memory(6, 2), ClusterPartners(6, clusters=5, nearest=2)
    memory.remember(torch.tensor([1, 4]), torch.eye(2))
    partners.prepare(memory, generator())
    assert partners.draw(torch.tensor([1, 4, 0]), memory, generator()).tolist() == [4, 1, NO_PARTNER]


def test_state_is_saved(memory: Memory) -> None:
    partners = prepared(ClusterPartners(21, clusters=4, nearest=1), memory)
    other = ClusterPartners(21, clusters=4, nearest=1)
    other.load_state_dict(partners.state_dict())
    asked = torch.arange(21)
    assert other.draw(asked, memory, generator()).equal(partners.draw(asked, memory, generator()))


def test_neighbours_are_the_nearest_alike(memory: Memory) -> None:
    partners = NeighbourPartners(21, neighbours=4)
    counts = draws(partners, memory, 2)
    assert sorted(counts) == [one for one in range(20) if GROUP[one] == 2 and one != 2]
    assert min(counts.values()) > 850
    assert partners.draw(torch.tensor([20]), memory, generator()).tolist() == [NO_PARTNER]


@pytest.mark.parametrize(("clusters", "nearest"), [(4, 4), (22, 0), (0, 0), (3, -1)])
def test_refuses_clusters_that_cannot_be(clusters: int, nearest: int) -> None:
    with pytest.raises(InputError, match="expected more clusters"):
        ClusterPartners(21, clusters, nearest)


@pytest.mark.parametrize("neighbours", [0, 21])
def test_refuses_neighbours_that_cannot_be(neighbours: int) -> None:
    with pytest.raises(InputError, match="from 1 to 20 neighbours"):
        NeighbourPartners(21, neighbours)
