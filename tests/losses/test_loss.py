from __future__ import annotations

import pytest
import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.loss import BatchNeeds, Loss


class SumOfSquares(Loss):
    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        self.seen = (embeddings.dtype, labels.dtype, torch.is_autocast_enabled("cpu"))
        return embeddings.square().sum()

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:  # noqa: ARG002
        return {"drawn": float(torch.rand((), generator=self.generator))}


LABELS = torch.tensor([0, 0, 1])


def test_needs_nothing_unless_told() -> None:
    assert SumOfSquares().needs == BatchNeeds(utterances_per_speaker=1, speakers=1, batches="speakers")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_computes_in_single_or_double_precision_without_autocast(given: torch.dtype, used: torch.dtype) -> None:
    loss = SumOfSquares()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(torch.ones(3, 2, dtype=given), LABELS.to(torch.int32))
    assert loss.seen == (used, torch.int64, False)
    assert value.dtype == used
    assert value.shape == ()


@pytest.mark.parametrize(
    "embeddings", [torch.ones(3), torch.ones(3, 2, 1), torch.ones(0, 2), torch.ones(3, 2, dtype=torch.int64)]
)
def test_refuses_embeddings_of_the_wrong_kind(embeddings: Tensor) -> None:
    with pytest.raises(InputError, match=r"expected floating-point embeddings of shape \(N, D\)"):
        SumOfSquares()(embeddings, LABELS)


@pytest.mark.parametrize("labels", [LABELS[:2], LABELS.float(), LABELS.unsqueeze(1)])
def test_refuses_labels_of_the_wrong_kind(labels: Tensor) -> None:
    with pytest.raises(InputError, match=r"expected integer labels of shape \(3,\)"):
        SumOfSquares()(torch.ones(3, 2), labels)


@pytest.mark.parametrize("factor", [-0.1, 1.1, float("nan")])
def test_refuses_a_margin_factor_out_of_range(factor: float) -> None:
    with pytest.raises(InputError, match="margin factor"):
        SumOfSquares().set_margin_factor(factor)


def test_statistics_leave_the_random_draws_as_they_were() -> None:
    loss = SumOfSquares()
    loss.reseed(5)
    expected = torch.rand(3, generator=torch.Generator().manual_seed(5))
    first, again = (loss.statistics(torch.ones(3, 2), LABELS)["drawn"] for _ in range(2))
    assert first == again == float(expected[0])
    assert torch.equal(torch.rand(3, generator=loss.generator), expected)
