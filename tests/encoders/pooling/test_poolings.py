"""Every pooling against loops over items and frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from voxmetric.encoders import pooling as poolings
from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.errors import InputError

CHANNELS = 16
LENGTHS = torch.tensor([20, 7, 1])
Array = NDArray[np.float64]


def made(name: str) -> Pooling:
    torch.manual_seed(0)
    return poolings.create(name, CHANNELS).double().eval()


def frames() -> torch.Tensor:
    return torch.randn(3, CHANNELS, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def weighted(item: Array, weights: Array) -> tuple[Array, Array]:
    """Mean and floored standard deviation of (C, T) under (C, T) weights, channel by channel."""
    mean = np.array([np.average(row, weights=weight) for row, weight in zip(item, weights, strict=True)])
    variance = [
        np.average((row - centre) ** 2, weights=weight) for row, centre, weight in zip(item, mean, weights, strict=True)
    ]
    return mean, np.sqrt(np.maximum(variance, 1e-5))


def parameters(pooling: Pooling) -> dict[str, Array]:
    return {key: value.detach().numpy() for key, value in pooling.state_dict().items()}


def frame_weights(pooling: Pooling, item: Array) -> Array:
    own = parameters(pooling)
    scores = []
    for frame in item.T:
        hidden = np.tanh(own["attention.hidden.weight"] @ frame + own["attention.hidden.bias"])
        scores.append(hidden @ own["attention.context"][:, 0])
    return np.tile(softmax(scores), (CHANNELS, 1))


def channel_weights(pooling: Pooling, item: Array) -> Array:
    own = parameters(pooling)
    scores = []
    for frame in item.T:
        hidden = np.maximum(own["scores.0.weight"][..., 0] @ frame + own["scores.0.bias"], 0)
        # Fresh running statistics are 0 and 1.
        hidden = hidden / np.sqrt(1 + 1e-5) * own["scores.2.weight"] + own["scores.2.bias"]
        scores.append(own["scores.3.weight"][..., 0] @ hidden + own["scores.3.bias"])
    return np.asarray(softmax(np.array(scores).T, axis=1))


def context_weights(pooling: Pooling, item: Array) -> Array:
    own = parameters(pooling)
    ddof = 1 if item.shape[1] > 1 else 0
    context = np.concatenate([item.mean(1), np.sqrt(np.maximum(item.var(1, ddof=ddof), 1e-5))])
    scores = []
    for frame in item.T:
        hidden = np.tanh(own["hidden.weight"][..., 0] @ np.concatenate([frame, context]) + own["hidden.bias"])
        scores.append(own["scores.weight"][..., 0] @ hidden + own["scores.bias"])
    return np.asarray(softmax(np.array(scores).T, axis=1))


def head_weights(pooling: Pooling, item: Array) -> Array:
    queries = parameters(pooling)["queries"]
    size = queries.shape[1]
    rows = []
    for head, query in enumerate(queries):
        own = item[head * size : (head + 1) * size]
        rows += [softmax(query @ own / np.sqrt(size))] * size
    return np.array(rows)


def naive(name: str, pooling: Pooling, item: Array) -> Array:
    if name == "max":
        return item.max(1)
    if name == "average":
        return item.mean(1)
    if name == "statistics":
        ddof = 1 if item.shape[1] > 1 else 0
        return np.concatenate([item.mean(1), np.sqrt(item.var(1, ddof=ddof) + 1e-7)])
    weights = {
        "self_attentive": frame_weights,
        "attentive_statistics": frame_weights,
        "channel_attentive": channel_weights,
        "channel_context_attentive": context_weights,
        "multi_head_attentive": head_weights,
    }[name](pooling, item)
    mean, deviation = weighted(item, weights)
    return mean if name in ("self_attentive", "multi_head_attentive") else np.concatenate([mean, deviation])


@pytest.mark.parametrize("name", poolings.available())
def test_each_item_by_itself(name: str) -> None:
    pooling, values = made(name), frames()
    found = pooling(values, LENGTHS)
    assert found.shape == (3, pooling.output_size)
    for row, length, result in zip(values, LENGTHS, found.detach(), strict=True):
        expected = naive(name, pooling, row[:, :length].numpy())
        np.testing.assert_allclose(result, expected, atol=1e-10)
        np.testing.assert_allclose(pooling(row[None, :, :length]).detach()[0], expected, atol=1e-10)


@pytest.mark.parametrize("name", poolings.available())
def test_gradient(name: str) -> None:
    pooling = made(name)
    values = frames()[:2, :, :6].requires_grad_()
    torch.autograd.gradcheck(lambda given: pooling(given, torch.tensor([6, 4])), values)


@pytest.mark.parametrize("name", poolings.available())
def test_constant_frames_have_a_finite_gradient(name: str) -> None:
    values = torch.ones(2, CHANNELS, 5, dtype=torch.float64, requires_grad=True)
    made(name)(values, torch.tensor([5, 1])).sum().backward()
    assert values.grad is not None
    assert values.grad.isfinite().all()


@pytest.mark.parametrize("name", poolings.available())
def test_order_of_the_frames_does_not_matter(name: str) -> None:
    values = frames()
    torch.testing.assert_close(made(name)(values.flip(-1)), made(name)(values))


def test_mean_alone_is_the_first_half_of_channel_attentive_statistics() -> None:
    torch.manual_seed(0)
    both = poolings.create("channel_attentive", CHANNELS).double().eval()
    mean = poolings.create({"name": "channel_attentive", "deviation": False}, CHANNELS).double().eval()
    mean.load_state_dict(both.state_dict())
    torch.testing.assert_close(mean(frames(), LENGTHS), both(frames(), LENGTHS)[:, :CHANNELS])


def test_context_options() -> None:
    options = {"context": True, "unbiased": False, "hidden_normalization": True, "variance_floor": 0.5}
    pooling = poolings.create({"name": "channel_context_attentive", **options}, CHANNELS).double().eval()
    own, values = parameters(pooling), frames()[0]
    item = values.numpy()
    context = np.concatenate([item.mean(1), np.sqrt(np.maximum(item.var(1), 0.5))])
    hidden = own["hidden.weight"][..., 0] @ np.concatenate([item, np.tile(context[:, None], 20)])
    hidden = np.tanh(np.maximum(hidden + own["hidden.bias"][:, None], 0) / np.sqrt(1 + 1e-5))
    weights = softmax(own["scores.weight"][..., 0] @ hidden + own["scores.bias"][:, None], axis=1)
    mean = (weights * item).sum(1)
    deviation = np.sqrt(np.maximum((weights * (item - mean[:, None]) ** 2).sum(1), 0.5))
    np.testing.assert_allclose(pooling(values[None]).detach()[0], np.concatenate([mean, deviation]), atol=1e-10)


def test_without_context_the_frame_alone_decides() -> None:
    pooling = poolings.create({"name": "channel_context_attentive", "context": False}, CHANNELS).double().eval()
    own, item = parameters(pooling), frames()[0].numpy()
    hidden = np.tanh(own["hidden.weight"][..., 0] @ item + own["hidden.bias"][:, None])
    weights = softmax(own["scores.weight"][..., 0] @ hidden + own["scores.bias"][:, None], axis=1)
    expected = np.concatenate(weighted(item, weights))
    np.testing.assert_allclose(pooling(frames()[:1]).detach()[0], expected, atol=1e-10)


def test_bad_requests_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'statistics'"):
        poolings.create("statistic", CHANNELS)
    with pytest.raises(InputError, match="valid: heads"):
        poolings.create({"name": "multi_head_attentive", "head": 2}, CHANNELS)
    with pytest.raises(InputError, match="choose a divisor"):
        poolings.create({"name": "multi_head_attentive", "heads": 3}, CHANNELS)
    with pytest.raises(InputError, match="a name or a mapping with one"):
        poolings.create({"heads": 3}, CHANNELS)
