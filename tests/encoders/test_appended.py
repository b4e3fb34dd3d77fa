from __future__ import annotations

import pytest
import torch
from torch import nn

from voxmetric import encoders
from voxmetric.encoders.appended import layers_from, with_layers
from voxmetric.errors import InputError
from voxmetric.selfsupervised.projector import projector


@pytest.mark.parametrize("batch_norm", [False, True])
def test_embeds_what_the_layers_make_of_the_embedding_and_is_built_again(batch_norm: bool) -> None:
    torch.manual_seed(0)
    encoder = encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12))
    layers = projector(8, (20, 5), batch_norm=batch_norm)
    appended = with_layers(encoder, layers).eval()
    waveforms = torch.randn(3, 6000)
    torch.testing.assert_close(appended(waveforms), layers(encoder(waveforms)))
    assert appended.embedding_size == 5
    again = encoders.from_configuration(appended.configuration())
    again.load_state_dict(appended.state_dict())
    assert again.embedding_size == 5
    assert again.configuration() == appended.configuration()
    torch.testing.assert_close(again.eval()(waveforms), appended(waveforms))


@pytest.mark.parametrize("layers", [nn.Sequential(), nn.Sequential(nn.ReLU())])
def test_there_must_be_layers(layers: nn.Sequential) -> None:
    encoder = encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12))
    with pytest.raises(InputError, match="at least one linear layer"):
        with_layers(encoder, layers)


def test_other_layers_are_refused() -> None:
    encoder = encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12))
    with pytest.raises(InputError, match=r"a layer Tanh .* cannot be saved"):
        with_layers(encoder, nn.Sequential(nn.Linear(8, 2), nn.Tanh()))
    with pytest.raises(InputError, match="unknown layer"):
        layers_from([{"name": "tanh"}], 8)
