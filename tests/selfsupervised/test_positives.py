from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.selfsupervised import positives
from voxmetric.selfsupervised.method import Moment
from voxmetric.selfsupervised.positives import BootstrappedPositives

RECORDINGS, SPEAKERS = 12, torch.arange(4).repeat(3)


def create(**options: Any) -> BootstrappedPositives:
    numbers = {"num_recordings": RECORDINGS, "embedding_size": 4, "projection_size": 3, "seed": 7}
    chosen = {"kind": "neighbours", "start_epoch": 2, "clusters": 4, "nearest": 0, "neighbours": 2}
    made = positives.create(**(numbers | chosen | options))
    assert made is not None
    return made


def embeddings(recordings: Tensor) -> Tensor:
    """Orthogonal by speaker, so that the nearest recordings are the speaker's."""
    return torch.eye(4)[SPEAKERS[recordings]] + 0.01 * torch.rand(len(recordings), 4)


def epoch(bootstrapped: BootstrappedPositives, encoder: nn.Module, number: int) -> list[Tensor]:
    """Three updates; returns what each compared as the second view."""
    compared = []
    for place, recordings in enumerate(torch.arange(RECORDINGS).split(4)):
        bootstrapped.begin(encoder, Moment(3 * number + place, 12, 3))
        views = [torch.full((4, 3), float(number)), recordings[:, None].float().repeat(1, 3)]
        compared.append(bootstrapped.replace(views, [], recordings)[0][1])
        bootstrapped.remember(embeddings(recordings), views, [], recordings)
    return compared


@pytest.mark.parametrize("kind", ["clusters", "neighbours"])
def test_positives_are_those_of_recordings_of_the_same_speaker(encoder: nn.Module, kind: str) -> None:
    bootstrapped = create(kind=kind)
    for number in range(2):
        usual = torch.arange(RECORDINGS)[:, None].float().repeat(1, 3)
        assert torch.cat(epoch(bootstrapped, encoder, number)).equal(usual)
        assert bootstrapped.measure() == {}
    # Every second view is its recording's number, so that it tells whose it is.
    partners = torch.cat(epoch(bootstrapped, encoder, 2))[:, 0].long()
    if kind == "neighbours":
        assert (SPEAKERS[partners] == SPEAKERS).all()
        assert (partners != torch.arange(RECORDINGS)).all()
        assert bootstrapped.measure() == {"replaced_positives": 1.0}
        assert bootstrapped.same_speaker_share(SPEAKERS) == 1.0
    else:
        own = bootstrapped.partners.own
        assert (own[partners] == own).all()


def test_collects_from_the_epoch_before_the_first_that_replaces(encoder: nn.Module) -> None:
    bootstrapped = create()
    epoch(bootstrapped, encoder, 0)
    assert not bootstrapped.embeddings.known.any()
    epoch(bootstrapped, encoder, 1)
    assert bootstrapped.embeddings.known.all()


def test_recordings_without_a_partner_keep_their_positive_and_its_gradient(encoder: nn.Module) -> None:
    bootstrapped = create(start_epoch=0)
    known = torch.arange(8)
    bootstrapped.begin(encoder, Moment(0, 12, 3))
    bootstrapped.remember(embeddings(known), [torch.zeros(8, 3), torch.zeros(8, 3)], [], known)
    view = torch.ones(2, 3, requires_grad=True)
    changed, _ = bootstrapped.replace([torch.ones(2, 3), view], [], torch.tensor([0, 10]))
    changed[1].sum().backward()
    assert changed[1].tolist() == [[0.0] * 3, [1.0] * 3]
    assert view.grad.tolist() == [[0.0] * 3, [1.0] * 3]
    assert bootstrapped.measure() == {"replaced_positives": 0.5}


def test_targets_are_replaced_where_there_are_any(encoder: nn.Module) -> None:
    bootstrapped, recordings = create(start_epoch=0), torch.arange(RECORDINGS)
    bootstrapped.begin(encoder, Moment(0, 12, 3))
    aimed = [torch.full((RECORDINGS, 3), value) for value in (1.0, 2.0)]
    views = [torch.full((RECORDINGS, 3), value) for value in (3.0, 4.0, 5.0)]
    bootstrapped.remember(embeddings(recordings), views, aimed, recordings)
    projected, changed = bootstrapped.replace(views, [10 * one for one in aimed], recordings)
    assert [one[0, 0].item() for one in projected] == [3.0, 4.0, 5.0]
    assert [one[0, 0].item() for one in changed] == [2.0, 2.0]


@pytest.mark.parametrize("kind", ["clusters", "neighbours"])
def test_state_goes_on_where_it_was_saved(encoder: nn.Module, kind: str) -> None:
    bootstrapped = create(kind=kind)
    torch.manual_seed(0)
    for number in range(3):
        epoch(bootstrapped, encoder, number)
    saved = {name: value.clone() for name, value in bootstrapped.state_dict().items()}
    torch.manual_seed(1)
    straight = epoch(bootstrapped, encoder, 3)
    resumed = create(kind=kind)
    resumed.load_state_dict(saved)
    torch.manual_seed(1)
    assert all(one.equal(other) for one, other in zip(epoch(resumed, encoder, 3), straight, strict=True))


def test_draws_depend_on_the_seed_and_the_update(encoder: nn.Module) -> None:
    bootstrapped, recordings = create(start_epoch=0, neighbours=8), torch.arange(RECORDINGS)
    views = [torch.zeros(RECORDINGS, 3), recordings[:, None].float().repeat(1, 3)]
    bootstrapped.begin(encoder, Moment(0, 12, 3))
    bootstrapped.remember(embeddings(recordings), views, [], recordings)
    drawn = []
    for seed, step in [(7, 1), (7, 1), (7, 2), (8, 1)]:
        bootstrapped.seed = seed
        bootstrapped.begin(encoder, Moment(step, 12, 3))
        drawn.append(bootstrapped.replace(views, [], recordings)[0][1])
    assert drawn[0].equal(drawn[1])
    assert not drawn[0].equal(drawn[2])
    assert not drawn[0].equal(drawn[3])


def test_the_same_speaker_share_counts_partners_alone(encoder: nn.Module) -> None:
    bootstrapped, recordings = create(start_epoch=0), torch.arange(RECORDINGS)
    assert bootstrapped.same_speaker_share(SPEAKERS) is None
    bootstrapped.begin(encoder, Moment(0, 12, 3))
    views = [torch.zeros(RECORDINGS, 3)] * 2
    bootstrapped.replace(views, [], recordings)
    assert bootstrapped.same_speaker_share(SPEAKERS) is None
    bootstrapped.remember(embeddings(recordings), views, [], recordings)
    bootstrapped.replace(views, [], recordings)
    halves = torch.where(recordings < 6, SPEAKERS, recordings + 100)  # half of them speak once alone
    partners = bootstrapped._pairs[1]
    expected = (halves[partners] == halves).float().mean().item()
    assert 0 < expected < 1
    assert bootstrapped.same_speaker_share(halves) == pytest.approx(expected)


def test_none_and_unknown_kinds() -> None:
    options = {"start_epoch": 2, "clusters": 4, "nearest": 0, "neighbours": 2}
    numbers = {"num_recordings": 12, "embedding_size": 4, "projection_size": 3, "seed": 7}
    assert positives.create("none", **numbers, **options) is None
    with pytest.raises(InputError, match="did you mean 'clusters'"):
        positives.create("cluster", **numbers, **options)
