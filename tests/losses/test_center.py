from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from voxmetric.errors import InputError
from voxmetric.losses.center import Center

LABELS = torch.tensor([0, 3, 0, 2, 0])


def built(**options: Any) -> Center:
    torch.manual_seed(0)
    return Center(4, 5, **options).double()


def test_cosine_form() -> None:
    loss = built(center_weight=0.7)
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    squares = [(1 - F.cosine_similarity(x[i], loss.centers[LABELS[i]], dim=0)) ** 2 for i in range(5)]
    expected = F.cross_entropy(x @ loss.weight.T, LABELS) + 0.7 * sum(squares) / 10
    torch.testing.assert_close(loss(x, LABELS), expected)
    assert torch.autograd.gradcheck(lambda given, *_: loss(given, LABELS), (x, *loss.parameters()))
    assert {name for name, _ in loss.named_parameters()} == {"softmax.weight", "centers"}


def test_original_form_moves_its_centers() -> None:
    loss = built(form="squared_euclidean", center_weight=0.5, center_rate=0.3)
    x = torch.randn(5, 4, dtype=torch.float64)
    centers = loss.centers.clone()
    squares = sum((x[i] - centers[LABELS[i]]).square().sum() for i in range(5))
    torch.testing.assert_close(loss(x, LABELS), F.cross_entropy(x @ loss.weight.T, LABELS) + 0.5 * squares / 10)
    for speaker in range(5):
        own = [i for i in range(5) if LABELS[i] == speaker]
        pull = sum((centers[speaker] - x[i] for i in own), torch.zeros(4, dtype=torch.float64)) / (1 + len(own))
        torch.testing.assert_close(loss.centers[speaker], centers[speaker] - 0.3 * pull)
    assert [name for name, _ in loss.named_parameters()] == ["softmax.weight"]
    assert "centers" in loss.state_dict()


@pytest.mark.parametrize("form", ["cosine", "squared_euclidean"])
def test_embeddings_on_their_centers_cost_the_entropy_alone(form: str) -> None:
    loss = built(form=form)
    x = loss.centers.detach().clone()[LABELS]
    torch.testing.assert_close(loss(x, LABELS), F.cross_entropy(x @ loss.weight.T, LABELS))
    assert loss.statistics(x, LABELS)["center_loss"] < 0.2


@pytest.mark.parametrize("options", [{"center_weight": -1.0}, {"center_rate": 2.0}, {"form": "euclidean"}])
def test_refuses_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"expected|did you mean"):
        built(**options)
