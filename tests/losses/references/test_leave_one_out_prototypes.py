from __future__ import annotations

import torch

from voxmetric.losses.references.leave_one_out_prototypes import LeaveOneOutPrototypes

OPPOSITE = torch.tensor([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.1], [-1.0, -0.1]])


def test_clamp_raises_negative_cosines_and_stops_their_gradient() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    x = OPPOSITE.clone().requires_grad_()
    clamped = LeaveOneOutPrototypes(clamp_negative_cosines=True)(x, labels)
    plain = LeaveOneOutPrototypes()(x, labels)
    assert (plain.cosines[:2, 1] < 0).all()
    assert (clamped.cosines[:2, 1] == 1e-6).all()
    (gradient,) = torch.autograd.grad(clamped.cosines[:2, 1].sum(), x)
    assert torch.equal(gradient, torch.zeros_like(x))
    assert torch.equal(clamped.targets, plain.targets)


def test_raw_and_unit_means_differ_with_the_norms_only() -> None:
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    x = torch.randn(6, 4)
    unit = x / x.norm(dim=1, keepdim=True)
    raw, normalized = LeaveOneOutPrototypes(normalize_utterances=False), LeaveOneOutPrototypes()
    torch.testing.assert_close(raw(unit, labels).targets, normalized(x, labels).targets)
    assert not torch.allclose(raw(x, labels).targets, normalized(x, labels).targets)
