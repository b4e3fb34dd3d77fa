from __future__ import annotations

import pytest
import torch

from voxmetric.selfsupervised.cross_view import cross_view_entropy


@pytest.mark.parametrize(("views", "assigned"), [(2, 2), (5, 2), (4, 3), (3, 1)])
def test_is_the_mean_over_pairs_of_different_views(views: int, assigned: int) -> None:
    logits = [torch.randn(3, 6, dtype=torch.float64) for _ in range(views)]
    wanted = [torch.randn(3, 6, dtype=torch.float64).softmax(1) for _ in range(assigned)]
    terms = [
        -(wanted[one][row, place] * logits[other][row].softmax(0)[place].log()) * 6
        for one in range(assigned)
        for other in range(views)
        if one != other
        for row in range(3)
        for place in range(6)
    ]
    torch.testing.assert_close(cross_view_entropy(logits, wanted), torch.stack(terms).mean())


def test_a_uniform_prediction_costs_the_logarithm_of_the_prototypes() -> None:
    wanted = [torch.randn(3, 8, dtype=torch.float64).softmax(1) for _ in range(2)]
    value = cross_view_entropy([torch.zeros(3, 8, dtype=torch.float64)] * 2, wanted)
    torch.testing.assert_close(value, torch.tensor(8.0, dtype=torch.float64).log())


def test_gradient() -> None:
    wanted = [torch.randn(3, 4, dtype=torch.float64).softmax(1) for _ in range(2)]
    logits = [torch.randn(3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(lambda *views: cross_view_entropy(views, wanted), logits)
