"""A batch in chunks has the gradients, the statistics and the dropout masks that it should, and little memory."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from voxmetric import encoders, losses, selfsupervised
from voxmetric.encoders.encoder import Encoder
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.gradient_caching import embed_in_chunks, split_evenly
from voxmetric.training.objective import Objective, SupervisedObjective
from voxmetric.training.self_supervised_objective import SelfSupervisedObjective

ALONE = ProcessGroup(0, 1, torch.device("cpu"))
ROWS = 10


def x_vector(batch_norm: bool) -> Encoder:
    torch.manual_seed(0)
    return encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12), batch_norm=batch_norm)


def supervised(name: str, chunk_size: int, dtype: torch.dtype) -> Objective:
    encoder = x_vector(batch_norm=False)
    loss = losses.create(name, embedding_size=8, num_speakers=ROWS // 2)
    return SupervisedObjective(encoder, loss, ALONE, chunk_size=chunk_size).to(dtype)


def without_labels(name: str, chunk_size: int, dtype: torch.dtype) -> Objective:
    encoder = x_vector(batch_norm=False)
    options = {"moco": {"queue_size": 30}, "byol": {"projector_sizes": [12, 6], "predictor_size": 8}}
    method = selfsupervised.create(name, encoder, **options.get(name, {"projector_sizes": [12, 6]}))
    return SelfSupervisedObjective(encoder, method, ALONE, steps=9, steps_per_epoch=3, chunk_size=chunk_size).to(dtype)


def gradients(objective: Objective, inputs: Sequence[Any]) -> dict[str, Tensor]:
    objective.train()
    objective.begin(0, seed=1)
    objective(*inputs).backward()
    return {name: one.grad for name, one in objective.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("chunk_size", [1, 3, 4, 10, 19])
@pytest.mark.parametrize(
    ("build", "name"),
    [
        (supervised, "aam_softmax"),
        (supervised, "triplet"),
        (supervised, "ge2e"),
        (without_labels, "simclr"),
        (without_labels, "moco"),
        (without_labels, "byol"),
        (without_labels, "barlow_twins"),
    ],
)
def test_gradients_are_those_of_the_whole_batch(
    build: Callable[[str, int, torch.dtype], Objective],
    name: str,
    chunk_size: int,
) -> None:
    # In float64: the gradients of nearly parallel embeddings are differences in which float32 keeps few digits.
    dtype, tolerance = torch.float64, 1e-10
    torch.manual_seed(5)
    waveforms = torch.randn(2, ROWS, 6000, dtype=dtype)
    inputs: tuple[Any, Tensor] = (waveforms[0], torch.arange(ROWS) // 2)
    if build is without_labels:
        inputs = (list(waveforms), torch.arange(ROWS))
    whole = gradients(build(name, 0, dtype), inputs)
    parts = gradients(build(name, chunk_size, dtype), inputs)
    assert parts.keys() == whole.keys()
    assert any(one.abs().max() > 0 for one in whole.values())
    largest = max(one.abs().max().item() for one in whole.values())  # some gradients are zero but for rounding
    for key, value in whole.items():
        torch.testing.assert_close(parts[key], value, rtol=tolerance, atol=tolerance * largest)


def in_one_graph(encoder: nn.Module, waveforms: Tensor, chunk_size: int) -> Tensor:
    return torch.cat([encoder(chunk) for chunk in split_evenly(waveforms, chunk_size)])


def dropping() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(30, 20), nn.Dropout(0.5), nn.ReLU(), nn.BatchNorm1d(20), nn.Linear(20, 8)).double()


@pytest.mark.parametrize("build", [lambda: x_vector(batch_norm=True).double(), dropping])
def test_statistics_and_dropout_are_those_of_chunks_in_one_graph(build: Callable[[], nn.Module]) -> None:
    encoders_of = {"one graph": build(), "cached": build()}
    embed = {"one graph": in_one_graph, "cached": embed_in_chunks}
    length = 30 if isinstance(encoders_of["cached"], nn.Sequential) else 6000
    torch.manual_seed(1)
    waveforms, weights = torch.randn(ROWS, length, dtype=torch.float64), torch.randn(ROWS, 8, dtype=torch.float64)
    found = {}
    for name, encoder in encoders_of.items():
        encoder.train()
        torch.manual_seed(2)
        embeddings = embed[name](encoder, waveforms, 4)
        (embeddings * weights).sum().backward()
        found[name] = {"embeddings": embeddings.detach(), **encoder.state_dict()}
        found[name] |= {f"gradient of {key}": one.grad for key, one in encoder.named_parameters()}
        found[name]["drawn afterwards"] = torch.rand(3)
    assert any(key.endswith("num_batches_tracked") and value == 3 for key, value in found["cached"].items())
    torch.testing.assert_close(found["cached"], found["one graph"], rtol=1e-12, atol=1e-12)


def test_mixed_precision_is_that_of_chunks_in_one_graph() -> None:
    encoder = x_vector(batch_norm=True).train()
    twin = copy.deepcopy(encoder)
    waveforms = torch.randn(ROWS, 6000)
    for one, embed in ((encoder, embed_in_chunks), (twin, in_one_graph)):
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = embed(one, waveforms, 4)
        embeddings.square().sum().backward()
    for own, other in zip(encoder.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-5, atol=1e-5 * own.grad.abs().max().item())


class Watched(nn.Module):
    """Notes how many rows it sees at once and how many of its activations are alive."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 3)
        self.rows: list[int] = []
        self.activations: list[weakref.ref[Tensor]] = []
        self.most_alive = 0

    def forward(self, waveforms: Tensor) -> Tensor:
        hidden = self.layer(waveforms).tanh()
        hidden.register_hook(lambda _: None) if hidden.requires_grad else None
        self.rows.append(len(waveforms))
        self.activations.append(weakref.ref(hidden))
        self.most_alive = max(self.most_alive, sum(one() is not None for one in self.activations))
        return (hidden * hidden).sum(1, keepdim=True)


def test_activations_of_one_chunk_are_alive_at_a_time() -> None:
    encoder = Watched()
    waveforms = torch.randn(12, 5)
    embeddings = embed_in_chunks(encoder, waveforms, 3)
    assert not any(one() is not None for one in encoder.activations)
    embeddings.sum().backward()
    assert encoder.rows == [3] * 8
    assert encoder.most_alive <= 2
    kept = Watched()
    in_one_graph(kept, waveforms, 3).sum().backward()
    assert kept.most_alive == 4  # what the numbers above would be without


@pytest.mark.parametrize(
    ("rows", "chunk_size", "sizes"), [(10, 0, [10]), (10, 4, [4, 3, 3]), (9, 8, [5, 4]), (4, 9, [4])]
)
def test_chunks_are_even(rows: int, chunk_size: int, sizes: list[int]) -> None:
    assert [len(chunk) for chunk in split_evenly(torch.zeros(rows, 2), chunk_size)] == sizes
