"""What holds for every kind of margin."""

from __future__ import annotations

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses import margins

KINDS = list(margins.available())
NORMS = torch.tensor([5.0, 12.0, 40.0, 80.0, 200.0], dtype=torch.float64)
COSINES = torch.tensor([-0.97, -0.4, 0.05, 0.6, 0.98], dtype=torch.float64)


def test_kinds() -> None:
    expected = "none additive learned additive_angular sphereface curricularface magface adaface"
    assert expected.split() == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_factor_of_zero_is_no_margin(kind: str) -> None:
    margin = margins.create(kind)
    torch.testing.assert_close(margin(COSINES, NORMS, 0.0), COSINES)


@pytest.mark.parametrize("kind", KINDS)
def test_half_the_factor_lies_between(kind: str) -> None:
    margin = margins.create(kind)
    none, half, full = (margin(COSINES, NORMS, factor) for factor in (0.0, 0.5, 1.0))
    assert (full <= none + 1e-12).all()
    assert ((full - half) * (half - none) >= -1e-12).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ends_are_finite(kind: str, dtype: torch.dtype) -> None:
    cosines = torch.tensor([1.0, -1.0, 1.0000001, -1.0000001, 0.0], dtype=dtype, requires_grad=True)
    norms = torch.tensor([0.0, 1e-30, 20.0, 1e30, 20.0], dtype=dtype, requires_grad=True)
    margin = margins.create(kind)
    margin.observe(cosines.detach(), norms.detach())
    others = cosines.detach().expand(5, 5).clone().requires_grad_()
    value = margin(cosines, norms, 1.0).sum() + margin.negatives(others, cosines, 1.0).sum() + margin.regulariser(norms)
    value.backward()
    assert value.isfinite()
    for leaf in (cosines, others):
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()
    assert norms.grad is None or norms.grad.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_gradient(kind: str) -> None:
    margin = margins.create(kind).double()
    cosines = COSINES.clone().requires_grad_()
    # AdaFace takes the norm as given; its clip and MagFace's have no slope at their corners.
    norms = torch.tensor([12.0, 20.0, 40.0, 60.0, 80.0], dtype=torch.float64, requires_grad=kind != "adaface")
    assert torch.autograd.gradcheck(lambda *given: margin(*given, 0.8), (cosines, norms))


def test_kind_follows_from_the_margin_when_not_given() -> None:
    assert type(margins.create(None)).__name__ == "NoMargin"
    assert type(margins.create(None, 0.0)).__name__ == "NoMargin"
    assert type(margins.create(None, 0.1)).__name__ == "AdditiveMargin"


@pytest.mark.parametrize(
    ("kind", "margin"),
    [
        ("none", 0.1),
        ("additive", -0.1),
        ("additive", float("nan")),
        ("learned", 1.0),
        ("additive_angular", 2.0),
        ("sphereface", 0.5),
        ("curricularface", -0.2),
        ("magface", 1.7),
        ("adaface", -1.0),
    ],
)
def test_refuses_a_margin_out_of_range(kind: str, margin: float) -> None:
    with pytest.raises(InputError, match="margin"):
        margins.create(kind, margin)


def test_unknown_kind_and_option_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'additive_angular'"):
        margins.create("aditive_angular")
    with pytest.raises(InputError, match=r"option of margin_kind 'magface' 'lower'.*lower_margin"):
        margins.create("magface", 0.1, {"lower": 0.05})
