from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Method, Moment
from voxmetric.selfsupervised.spherical_k_means import spherical_k_means

RECORDINGS = 12


def create(encoder: nn.Module, **options: object) -> Method:
    torch.manual_seed(0)
    small = {"projector_sizes": [6, 3], "prototypes": [4, 3]}
    return selfsupervised.create("deepcluster", encoder, num_recordings=RECORDINGS, **(small | options)).train()


def views(count: int = 2, rows: int = 4) -> list[Tensor]:
    return [torch.randn(rows, 3, dtype=torch.float64, requires_grad=True) for _ in range(count)]


def batches() -> list[Tensor]:
    return list(torch.randperm(RECORDINGS).split(4))


def epoch(method: Method, encoder: nn.Module, number: int) -> list[float]:
    values = []
    for place, recordings in enumerate(batches()):
        method.reseed(100 * number + place)
        method.begin(encoder, Moment(3 * number + place, 9, 3))
        values.append(method(views(), [], recordings).item())
    return values


def test_the_first_epoch_moves_nothing_and_fills_the_memory(encoder: nn.Module) -> None:
    method, projections = create(encoder), views(3)
    method.begin(encoder, Moment(0, 9, 3))
    value = method(projections, [], torch.tensor([5, 2, 7, 0]))
    value.backward()
    assert value.item() == 0
    assert all(view.grad.eq(0).all() for view in projections)
    for memory, view in zip(method.memories, projections, strict=False):
        assert memory.known.nonzero().squeeze(1).tolist() == [0, 2, 5, 7]
        wanted = (view / view.norm(dim=1, keepdim=True)).detach().bfloat16()
        assert memory.vectors[[5, 2, 7, 0]].equal(wanted)


def test_is_the_published_formula_after_an_epoch(encoder: nn.Module) -> None:
    method = create(encoder)
    epoch(method, encoder, 0)
    method.reseed(5)
    kept = [memory.vectors.clone() for memory in method.memories]
    method.begin(encoder, Moment(3, 9, 3))
    generator, terms = torch.Generator().manual_seed(5), []
    projections, recordings = views(3), torch.tensor([1, 8, 3, 11])
    for number, count in enumerate([4, 3]):
        centroids, labels = spherical_k_means(kept[number % 2], count, generator)
        assert method.clusters[number].equal(labels)
        for view in projections:
            for row, recording in zip(view, recordings.tolist(), strict=True):
                scores = torch.stack([row @ one.double() / row.norm() / 0.1 for one in centroids])
                terms.append(-scores.log_softmax(0)[labels[recording]])
    # As many rows in each set, so that the mean of the sets' means is the mean of all.
    torch.testing.assert_close(method(projections, [], recordings), torch.stack(terms).mean())


def test_recordings_without_a_cluster_are_left_out(encoder: nn.Module) -> None:
    method = create(encoder)
    epoch(method, encoder, 0)
    method.begin(encoder, Moment(3, 9, 3))
    projections, recordings = views(), torch.tensor([1, 8, 3, 11])
    method.clusters[:, 8] = -1
    value = method(projections, [], recordings)
    value.backward()
    assert projections[0].grad[1].eq(0).all()
    rest = [view.detach()[[0, 2, 3]] for view in projections]
    torch.testing.assert_close(method(rest, [], recordings[[0, 2, 3]]), value)


def test_clusters_change_at_the_beginning_of_an_epoch_only(encoder: nn.Module) -> None:
    method = create(encoder)
    epoch(method, encoder, 0)
    method.begin(encoder, Moment(3, 9, 3))
    made = method.clusters.clone()
    assert made.min() >= 0
    method([10 * view.detach() for view in views()], [], torch.arange(4))
    method.begin(encoder, Moment(4, 9, 3))
    assert method.clusters.equal(made)


def test_gradient(encoder: nn.Module) -> None:
    method = create(encoder)
    epoch(method, encoder, 0)
    method.begin(encoder, Moment(3, 9, 3))
    method.eval()
    assert torch.autograd.gradcheck(lambda *rows: method(rows, [], torch.arange(4)), views())


def test_state_goes_on_where_it_was_saved(encoder: nn.Module) -> None:
    method = create(encoder)
    epoch(method, encoder, 0)
    saved = {name: value.clone() for name, value in method.state_dict().items()}
    torch.manual_seed(7)
    straight = epoch(method, encoder, 1) + epoch(method, encoder, 2)
    resumed = create(encoder)
    resumed.load_state_dict(saved)
    torch.manual_seed(7)
    assert epoch(resumed, encoder, 1) + epoch(resumed, encoder, 2) == straight
    assert min(straight) > 0


def test_tells_how_well_clusters_are_found(encoder: nn.Module) -> None:
    method = create(encoder, prototypes=[RECORDINGS])
    together = [torch.randn(RECORDINGS, 3)] * 2
    method.begin(encoder, Moment(0, 2, 1))
    method(together, [], torch.arange(RECORDINGS))
    method.begin(encoder, Moment(1, 2, 1))
    method(together, [], torch.arange(RECORDINGS))
    assert method.measure() == {"cluster_accuracy": 1.0}


@pytest.mark.parametrize("wrong", [{"prototypes": []}, {"prototypes": [13]}, {"prototypes": [0]}, {"temperature": 0.0}])
def test_refuses_bad_values(encoder: nn.Module, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="expected"):
        create(encoder, **wrong)


def test_the_memory_holds_the_recordings_own_projections_where_others_stood_for_them(encoder: nn.Module) -> None:
    method, own, others = create(encoder), views(), views()
    method.begin(encoder, Moment(0, 9, 3))
    method([own[0], others[1]], [], torch.arange(4), (own, []))
    for memory, view in zip(method.memories, own, strict=True):
        wanted = (view / view.norm(dim=1, keepdim=True)).detach().bfloat16()
        assert memory.vectors[:4].equal(wanted)


def test_fewer_known_recordings_than_prototypes_leave_clusters_empty(encoder: nn.Module) -> None:
    method = create(encoder, prototypes=[6])
    method.begin(encoder, Moment(0, 9, 3))
    method(views(), [], torch.arange(4))
    method.begin(encoder, Moment(3, 9, 3))
    assert sorted(method.clusters[0, :4].tolist()) == [0, 1, 2, 3]
    assert method.centroids_0[4:].eq(0).all()
    projections = views()
    method(projections, [], torch.arange(4)).backward()
    assert all(view.grad.isfinite().all() for view in projections)
