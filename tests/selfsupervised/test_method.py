from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from voxmetric.selfsupervised.method import Method, Moment


class Seen(Method):
    """Notes what it is given."""

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        self.types = [one.dtype for one in (*projections, *targets)]
        return (projections[0] @ targets[0].T).diagonal().mean()


@pytest.mark.parametrize(
    ("given", "used"), [(torch.bfloat16, torch.float32), (torch.float32, torch.float32), (torch.float64, torch.float64)]
)
def test_compares_in_full_precision_under_mixed_precision(given: torch.dtype, used: torch.dtype) -> None:
    method = Seen()
    views = [torch.randn(2, 3).to(given)]
    with torch.autocast("cpu", torch.bfloat16):
        loss = method(views, views, torch.arange(2))
    assert method.types == [used, used]
    assert loss.dtype == used


def test_moment_counts_epochs() -> None:
    moments = [Moment(step, 7, 3) for step in range(7)]
    assert [moment.epoch for moment in moments] == [0, 0, 0, 1, 1, 1, 2]
    assert [moment.begins_epoch for moment in moments] == [True, False, False, True, False, False, True]
