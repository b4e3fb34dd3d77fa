from __future__ import annotations

import numpy as np
import pytest
import torch

from voxmetric.training import loss_gate
from voxmetric.training.loss_gate import reliable, utterance_losses


def naive(vectors: np.ndarray, labels: np.ndarray) -> list[float]:
    points = torch.from_numpy(vectors).double()
    points = points / points.norm(dim=1, keepdim=True)
    losses = []
    for number, label in enumerate(labels):
        logits = []
        for other in range(labels.max() + 1):
            members = [place for place in np.flatnonzero(labels == other) if place != number]
            mean = points[members].sum(0)
            logits.append(30.0 * float(points[number] @ mean / mean.norm()) if members else -np.inf)
        losses.append(float(torch.logsumexp(torch.tensor(logits), 0) - logits[label]))
    return losses


@pytest.mark.parametrize("block", [2**22, 12])
def test_losses_equal_loops(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(loss_gate, "BLOCK_ELEMENTS", block)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 5)).astype(np.float32)
    labels = rng.permutation(np.r_[np.arange(4).repeat(4), [4, 0, 1, 2]])  # one class of a single utterance
    np.testing.assert_allclose(utterance_losses(vectors, labels), naive(vectors, labels), rtol=1e-4, atol=1e-5)


def test_the_gate_parts_wrong_labels_from_right_ones() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(8).repeat(50)
    vectors = (np.eye(8)[labels] + 0.25 * rng.normal(size=(400, 8))).astype(np.float32)
    wrong = rng.random(400) < 0.2
    noisy = np.where(wrong, (labels + rng.integers(1, 8, 400)) % 8, labels)
    kept = reliable(utterance_losses(vectors, noisy), seed=0).kept
    assert wrong[kept].mean() < 0.02
    assert kept[~wrong].mean() > 0.9


def test_the_gate_is_a_threshold() -> None:
    rng = np.random.default_rng(2)
    for spread_low, spread_high in [(0.1, 2.0), (2.0, 0.1)]:
        losses = np.exp(np.r_[rng.normal(-2, spread_low, 500), rng.normal(1, spread_high, 500)])
        kept = reliable(losses, seed=0).kept
        assert losses[kept].max() <= losses[~kept].min()
        assert 0.3 < kept.mean() < 0.9


def test_equal_losses_are_all_kept() -> None:
    assert reliable(np.full(5, 0.3), seed=0).kept.all()
    assert reliable(np.zeros(5), seed=0).kept.all()


def test_those_alone_in_their_class_are_left_out_and_change_nothing_for_the_others() -> None:
    rng = np.random.default_rng(4)
    losses = np.exp(np.r_[rng.normal(-3, 0.5, 300), rng.normal(1, 0.5, 100)])
    alone = np.r_[np.zeros(400, dtype=bool), np.ones(100, dtype=bool)]
    order = rng.permutation(500)
    mixed = np.r_[losses, np.full(100, np.inf)][order]
    kept = reliable(mixed, seed=0).kept
    assert not kept[alone[order]].any()
    assert set(mixed[kept]) == set(losses[reliable(losses, seed=0).kept])
    assert kept.sum() == 300
    assert not reliable(np.full(3, np.inf), seed=0).kept.any()
    assert reliable(np.array([np.inf, 0.5]), seed=0).kept.tolist() == [False, True]


def test_the_threshold_lies_midway_between_equal_groups_of_logarithms() -> None:
    rng = np.random.default_rng(3)
    for low, high in [(-6.0, -1.0), (-2.0, 3.0)]:
        logarithms = np.r_[rng.normal(low, 0.9, 3000), rng.normal(high, 0.9, 3000)]
        kept = reliable(np.exp(logarithms), seed=0).kept
        assert logarithms[kept].max() == pytest.approx((low + high) / 2, abs=0.15)


@pytest.mark.parametrize(("distance", "parted"), [(0.0, False), (1.0, False), (5.0, True), (8.0, True)])
def test_whether_the_losses_part_into_two_groups_is_told(distance: float, parted: bool) -> None:
    # Two equal Gaussians have one mode up to a distance of two deviations.
    rng = np.random.default_rng(5)
    logarithms = np.r_[rng.normal(0, 1, 2000), rng.normal(distance, 1, 2000)]
    assert reliable(np.exp(logarithms), seed=0).parted is parted
    assert not reliable(np.full(5, 0.3), seed=0).parted
