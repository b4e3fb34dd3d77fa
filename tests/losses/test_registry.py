"""What holds for every loss by name."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from voxmetric import losses
from voxmetric.errors import InputError
from voxmetric.losses.loss import Loss

SIZES = {"embedding_size": 6, "num_speakers": 5}
OPTIONS: dict[str, dict[str, Any]] = {
    "moco": {"queue_size": 16},
    "cross_batch": {"memory_size": 16},
    "triplet": {"sampling": "all"},
    "quadruplet": {"sampling": "all"},
    "weighted_sum": {"terms": [{"loss": "softmax"}, {"loss": "ge2e", "weight": 0.5}]},
}
NAMES = list(losses.available())


def build(name: str, **options: Any) -> Loss:
    torch.manual_seed(3)
    return losses.create(name, **SIZES, **OPTIONS.get(name, {}), **options)


def batch(speakers: int = 4, utterances: int = 3, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(speakers * 100 + utterances)
    labels = torch.arange(speakers).repeat_interleave(utterances)
    labels = labels[torch.randperm(len(labels), generator=generator)]
    return torch.randn(len(labels), SIZES["embedding_size"], generator=generator, dtype=dtype), labels


def value_and_gradient(loss: Loss, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    leaf = embeddings.clone().requires_grad_()
    value = loss(leaf, labels)
    value.backward()
    assert leaf.grad is not None
    return value.detach(), leaf.grad


def test_listing_imports_no_torch() -> None:
    code = "import sys; from voxmetric import losses; losses.available(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'aam_softmax'"):
        losses.create("aam_sofmax", **SIZES)


def test_unknown_option_names_the_right_ones() -> None:
    with pytest.raises(InputError, match=r"did you mean 'scale'\? valid: .*margin_kind.*scale"):
        losses.create("aam_softmax", **SIZES, scales=3.0)


def test_missing_size_is_named() -> None:
    with pytest.raises(InputError, match="'am_softmax' needs num_speakers"):
        losses.create("am_softmax", embedding_size=4)


@pytest.mark.parametrize("name", NAMES)
def test_is_documented(name: str) -> None:
    text = losses.losses.load(name).__doc__
    assert text is not None
    for section in ("Published values:", "Source:"):
        assert section in text


@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient_are_finite_and_not_zero(name: str) -> None:
    value, gradient = value_and_gradient(build(name), *batch())
    assert value.isfinite()
    assert value > 0
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["identical", "zero", "one speaker", "perfect", "huge", "tiny"])
def test_degenerate_batches_stay_finite(name: str, kind: str) -> None:
    embeddings, labels = batch()
    if kind == "identical":
        embeddings = embeddings[:1].expand_as(embeddings)
    elif kind == "zero":
        embeddings = torch.zeros_like(embeddings)
    elif kind == "one speaker":
        labels = torch.zeros_like(labels)
    elif kind == "perfect":
        embeddings = torch.eye(SIZES["embedding_size"])[labels]
    else:
        embeddings = embeddings * (1e6 if kind == "huge" else 1e-25)
    loss = build(name)
    value, gradient = value_and_gradient(loss, embeddings, labels)
    assert value.isfinite()
    assert gradient.isfinite().all()
    for parameter in loss.parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_order_of_the_rows_does_not_matter(name: str) -> None:
    """Beyond which utterance of a speaker comes first, which prototypes are defined by."""
    embeddings, labels = batch(dtype=torch.float64)
    by_speaker = torch.cat([(labels == speaker).nonzero().squeeze(1) for speaker in (2, 0, 3, 1)])
    value, gradient = value_and_gradient(build(name), embeddings, labels)
    other_value, other_gradient = value_and_gradient(build(name), embeddings[by_speaker], labels[by_speaker])
    torch.testing.assert_close(other_value, value)
    torch.testing.assert_close(other_gradient, gradient[by_speaker])


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_under_autocast_is_that_of_single_precision(name: str) -> None:
    embeddings, labels = batch()
    embeddings = embeddings.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = build(name)(embeddings, labels)
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, build(name)(embeddings.float(), labels))


@pytest.mark.parametrize("name", NAMES)
def test_saved_state_goes_on_as_if_never_stopped(name: str) -> None:
    trained = build(name)
    for utterances in (2, 3):
        trained(*batch(utterances=utterances))
    resumed = losses.create(name, **SIZES, **OPTIONS.get(name, {}))
    resumed.load_state_dict(trained.state_dict())
    assert torch.equal(resumed(*batch()), trained(*batch()))


@pytest.mark.parametrize("name", NAMES)
def test_statistics_and_evaluation_change_no_state(name: str) -> None:
    loss = build(name)
    before = {key: value.clone() for key, value in loss.state_dict().items()}
    first = loss.statistics(*batch())
    loss.eval()
    loss(*batch())
    assert loss.statistics(*batch()) == first
    for key, value in loss.state_dict().items():
        assert torch.equal(value, before[key])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("triplet", {"sampling": "random"}),
        ("am_softmax", {"sampled_speakers": 4}),
        ("weighted_sum", {"terms": [{"loss": "am_softmax", "options": {"sampled_speakers": 4}}]}),
    ],
)
def test_draws_come_from_the_seed_alone(name: str, options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    loss = losses.create(name, **SIZES, **options)
    values = []
    for seed in (1, 2, 3, 4, 1):
        torch.manual_seed(seed + len(values))
        state = torch.get_rng_state()
        loss.reseed(seed)
        values.append(float(loss(*batch(speakers=3)).detach()))
        assert torch.equal(torch.get_rng_state(), state)
    assert values[0] == values[-1]
    assert len(set(values)) > 1


def test_a_copy_draws_on_its_own() -> None:
    loss = losses.create("am_softmax", **SIZES, sampled_speakers=4)
    copied = copy.deepcopy(loss)
    values = [loss(*batch(speakers=3)) for _ in range(5)]
    assert [copied(*batch(speakers=3)) for _ in range(5)] == values


@pytest.mark.parametrize("name", [name for name in NAMES if build(name).needs.utterances_per_speaker == 2])
def test_one_utterance_where_two_are_needed_names_the_label(name: str) -> None:
    embeddings, labels = batch()
    labels[5] = 9_000 if name not in ("softmax_prototypical", "weighted_sum") else 4
    if name in ("contrastive", "triplet", "quadruplet"):
        assert build(name)(embeddings, labels).isfinite()
        return
    with pytest.raises(InputError, match=f"at least 2 utterances of each label.*of label {int(labels[5])}"):
        build(name)(embeddings, labels)


@pytest.mark.parametrize("name", [name for name in NAMES if "num_speakers" in losses.losses.options(name)])
@pytest.mark.parametrize("label", [-1, 5])
def test_labels_outside_the_classes_are_refused(name: str, label: int) -> None:
    embeddings, labels = batch()
    labels[labels == 2] = label
    with pytest.raises(InputError, match=rf"expected labels in \[0, 5\), found {label}"):
        build(name)(embeddings, labels)
