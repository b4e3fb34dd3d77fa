"""Silero's network with weights drawn at random, against every layer written out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from voxmetric.audio.voice_activity import silero_network
from voxmetric.audio.voice_activity.silero_network import CONTEXT_SAMPLES, FRAME_SAMPLES, SileroNetwork, load_network
from voxmetric.errors import InputError

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def network() -> SileroNetwork:
    torch.manual_seed(0)
    return SileroNetwork().double().requires_grad_(False)


def convolved(values: Array, layer: torch.nn.Conv1d, padding: int) -> Array:
    """(C, T) -> (C', T'), a sum for each step."""
    weight, stride = layer.weight.numpy(), layer.stride[0]
    padded = np.pad(values, ((0, 0), (padding, padding)))
    width = weight.shape[2]
    steps = range(0, padded.shape[1] - width + 1, stride)
    found = np.stack([np.tensordot(weight, padded[:, step : step + width], 2) for step in steps], axis=1)
    return found if layer.bias is None else found + layer.bias.numpy()[:, None]


def sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))


def test_features_of_a_frame_written_out(network: SileroNetwork) -> None:
    frames = np.random.default_rng(0).standard_normal((3, CONTEXT_SAMPLES + FRAME_SAMPLES))
    expected = []
    for frame in frames:
        mirrored = np.concatenate([frame, frame[-2:-66:-1]])
        waves = convolved(mirrored[None], network.stft_conv, 0)
        hidden = np.hypot(waves[:129], waves[129:])
        for layer in (network.conv1, network.conv2, network.conv3, network.conv4):
            hidden = np.maximum(convolved(hidden, layer, 1), 0)
        assert hidden.shape == (128, 1)
        expected.append(hidden[:, 0])
    np.testing.assert_allclose(network.features(torch.from_numpy(frames)).numpy(), expected, atol=1e-12)


def test_probabilities_step_by_step(network: SileroNetwork) -> None:
    features = np.random.default_rng(1).standard_normal((2, 5, 128))
    found, (hidden, cell) = network.probabilities(torch.from_numpy(features), None)
    recurrent = {name: value.numpy() for name, value in network.lstm.named_parameters()}
    weight, bias = network.final_conv.weight.numpy()[0, :, 0], network.final_conv.bias
    assert bias is not None
    for row, sequence in enumerate(features):
        output, memory = np.zeros(128), np.zeros(128)
        for step, given in enumerate(sequence):
            gates = recurrent["weight_ih_l0"] @ given + recurrent["bias_ih_l0"]
            gates += recurrent["weight_hh_l0"] @ output + recurrent["bias_hh_l0"]
            enter, forget, new, leave = np.split(gates, 4)
            memory = sigmoid(forget) * memory + sigmoid(enter) * np.tanh(new)
            output = sigmoid(leave) * np.tanh(memory)
            expected = sigmoid(weight @ np.maximum(output, 0) + bias.numpy()[0])
            assert float(found[row, step]) == pytest.approx(expected, abs=1e-12)
        np.testing.assert_allclose(hidden[0, row].numpy(), output, atol=1e-12)
        np.testing.assert_allclose(cell[0, row].numpy(), memory, atol=1e-12)


def test_the_state_carries_on(network: SileroNetwork) -> None:
    features = torch.randn(2, 9, 128, dtype=torch.float64)
    whole, _ = network.probabilities(features, None)
    first, state = network.probabilities(features[:, :4], None)
    second, _ = network.probabilities(features[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    afresh, _ = network.probabilities(features[:, 4:], None)
    assert (afresh - second).abs().max() > 1e-3


def test_the_packaged_network_is_ready_and_loaded_once() -> None:
    network = load_network()
    assert load_network() is network
    assert not network.training
    assert not any(one.requires_grad for one in network.parameters())


def test_a_missing_or_another_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    afresh = load_network.__wrapped__
    monkeypatch.setattr(silero_network, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="needs the package silero-vad"):
        afresh()
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(silero_network, "find_spec", lambda _: package)
    with pytest.raises(InputError, match="does not hold the weights of silero-vad 6"):
        afresh()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "silero_vad.jit").write_bytes(b"no network")
    with pytest.raises(InputError, match="reinstall it"):
        afresh()
