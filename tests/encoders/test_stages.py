"""Every parameter of every encoder is in exactly one stage."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from voxmetric import encoders
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.stages import matching, stages
from voxmetric.errors import InputError


def parameters_of(parts: list[nn.Module | nn.Parameter]) -> list[nn.Parameter]:
    return [one for part in parts for one in ([part] if isinstance(part, nn.Parameter) else part.parameters())]


# The others need files of their own; these are those of the published recipes and of conversion.
@pytest.mark.parametrize("name", ["fast_resnet34", "x_vector", "sincnet_x_vector", "ecapa_tdnn", "transformer"])
def test_stages_share_out_the_parameters(name: str) -> None:
    encoder = encoders.create(name)
    shared_out = [one for parts in stages(encoder).values() for one in parameters_of(parts)]
    assert sorted(map(id, shared_out)) == sorted(map(id, encoder.parameters()))


def test_stages_are_the_groups_of_a_resnet_with_its_stem_and_what_follows() -> None:
    encoder = encoders.create("fast_resnet34")
    groups = [f"trunk.stages.{place}" for place in range(4)]
    assert list(stages(encoder)) == ["trunk.conv1", *groups, "pooling", "projection"]
    stem = stages(encoder)["trunk.conv1"]
    assert [type(part) for part in stem] == [nn.Conv2d, nn.BatchNorm2d]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12))


@pytest.mark.parametrize(
    ("names", "count"),
    [(["encoder"], 6), (["trunk"], 5), (["trunk.network.layers.1"], 1), (["trunk", "trunk.network", "projection"], 6)],
)
def test_a_name_is_one_stage_or_the_beginning_of_several(encoder: Encoder, names: list[str], count: int) -> None:
    assert len(matching(encoder, names)) == count


@pytest.mark.parametrize("name", ["trunk.network.layer", "trunk.network.layers.7", "pooling", ""])
def test_an_unknown_stage_names_those_there_are(encoder: Encoder, name: str) -> None:
    with pytest.raises(InputError, match=r"unknown stage .*valid: encoder, projection, trunk\.network\.layers\.0"):
        matching(encoder, [name])
