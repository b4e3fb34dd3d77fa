"""Training that starts from a model."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

import voxmetric as vm
from voxmetric import encoders
from voxmetric.encoders.stages import stages
from voxmetric.errors import InputError
from voxmetric.speaker_model import Card, SpeakerModel
from voxmetric.training.fine_tuning import FrozenStages, origin, rate_factors, trained_encoder
from voxmetric.training.recipe import FineTuning, Recipe
from voxmetric.training.recipe_file import read_recipe
from voxmetric.training.trainer import Progress, train

LAYERS = [f"trunk.network.layers.{place}" for place in range(5)]


@pytest.fixture
def base(tmp_path: Path, tiny_recipe: dict[str, Any]) -> SpeakerModel:
    """A model in `base`, whose batch normalisations have statistics of their own."""
    torch.manual_seed(7)
    choice = tiny_recipe["encoder"]
    encoder = encoders.create(choice["name"], choice["embedding_size"], choice["front_end"], **choice["options"])
    encoder(torch.randn(8, 8000))
    model = SpeakerModel(encoder, Card(name="the base", licence="CC-BY-4.0", synthetic=True))
    model.save(tmp_path / "base")
    return model


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


@pytest.fixture
def plain(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe that leaves the encoder to the model."""
    plain = {key: value for key, value in tiny_recipe.items() if key != "encoder"}
    plain["loss"] = {"name": "softmax"}
    plain["training"] |= {"steps": 6, "evaluate_every": 2}
    return plain


def read(folder: Path, plain: dict[str, Any], **fine_tuning: Any) -> Recipe:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(plain | {"fine_tuning": {"model": "base"} | fine_tuning}))
    return read_recipe(path)


def changed(before: SpeakerModel, after: SpeakerModel) -> set[str]:
    """Names of the tensors, statistics among them, that differ."""
    old, new = before.encoder.state_dict(), after.encoder.state_dict()
    assert old.keys() == new.keys()
    return {name for name in old if not torch.equal(old[name], new[name])}


def test_encoder_front_end_and_weights_come_from_the_model(
    base: SpeakerModel, plain: dict[str, Any], tmp_path: Path
) -> None:
    recipe = read(tmp_path, plain)
    assert recipe.encoder.name == "x_vector"
    assert recipe.encoder.embedding_size == 16
    assert recipe.encoder.front_end == base.encoder.configuration()["front_end"]
    assert recipe.fine_tuning.fingerprint == base.fingerprint
    train(recipe, tmp_path / "run")
    model = vm.load_model(tmp_path / "run")
    assert model.encoder.configuration() == base.encoder.configuration()
    # A few small steps: near the start in every weight, and moved in every one.
    moved = changed(base, model)
    assert moved == set(base.encoder.state_dict())
    for name, weight in base.encoder.named_parameters():
        torch.testing.assert_close(model.encoder.get_parameter(name), weight, rtol=0, atol=0.02)
    told = model.card.training_data["fine_tuned_from"]
    assert (told["name"], told["licence"], told["fingerprint"]) == ("the base", "CC-BY-4.0", base.fingerprint)
    assert model.card.synthetic  # the base's voices were
    assert "fine-tuned from 'the base'" in model.card.summary
    assert str(tmp_path) not in json.dumps(dataclasses.asdict(model.card))


def test_a_shipped_model_goes_by_its_name_and_is_introduced_once(
    plain: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = read(tmp_path, plain, model="default")
    origin(recipe.fine_tuning)
    trained_encoder("default", recipe.encoder, recipe.fine_tuning.fingerprint)
    assert capsys.readouterr().err.count("default: ") == 1
    assert recipe.fine_tuning.model == "default"
    assert recipe.fine_tuning.fingerprint == vm.load_model("default").fingerprint
    (tmp_path / "default").mkdir()
    with pytest.raises(InputError, match="default is not a model folder"):
        read(tmp_path, plain, model="default")


def test_frozen_stages_move_neither_in_weights_nor_in_statistics(
    base: SpeakerModel, plain: dict[str, Any], tmp_path: Path
) -> None:
    train(read(tmp_path, plain, frozen=LAYERS[:3]), tmp_path / "run")
    moved = changed(base, vm.load_model(tmp_path / "run"))
    assert {name.rsplit(".", 2)[0].partition(".convolution")[0].partition(".normalization")[0] for name in moved} == {
        *LAYERS[3:],
        "projection",
    }
    assert f"{LAYERS[3]}.normalization.running_mean" in moved


def test_an_encoder_frozen_throughout_leaves_the_loss_alone_to_learn(
    base: SpeakerModel, plain: dict[str, Any], tmp_path: Path
) -> None:
    result = train(read(tmp_path, plain, frozen=["encoder"]), tmp_path / "run")
    assert result.fingerprint == base.fingerprint
    plain["loss"] = {"name": "triplet"}
    with pytest.raises(InputError, match="nothing is left to train"):
        train(read(tmp_path, plain, frozen=["encoder"]), tmp_path / "nothing")


def test_stages_are_unfrozen_at_their_step(base: SpeakerModel, plain: dict[str, Any], tmp_path: Path) -> None:
    late = train(read(tmp_path, plain, frozen=["encoder"], unfreeze_at_step=6), tmp_path / "late")
    assert late.fingerprint == base.fingerprint
    train(read(tmp_path, plain, frozen=["encoder"], unfreeze_at_step=5), tmp_path / "last")
    assert changed(base, vm.load_model(tmp_path / "last")) == set(base.encoder.state_dict())


@pytest.mark.parametrize("unfreeze_at_step", [0, 2, 4])
def test_an_interrupted_run_ends_with_the_same_weights(
    base: SpeakerModel, plain: dict[str, Any], tmp_path: Path, unfreeze_at_step: int
) -> None:
    del base
    choice = {"frozen": LAYERS[:2], "unfreeze_at_step": unfreeze_at_step, "layer_decay": 0.5}
    recipe = read(tmp_path, plain, **choice)
    whole = train(recipe, tmp_path / "whole")

    def interrupt(now: Any) -> None:
        if now.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "parts", interrupt)  # the last checkpoint is of step 3
    assert train(recipe, tmp_path / "parts").fingerprint == whole.fingerprint


def test_each_stage_learns_at_its_own_rate(base: SpeakerModel) -> None:
    factors = rate_factors(base.encoder, FineTuning(model="base", encoder_rate=0.1, layer_decay=0.5))
    assert set(factors) == set(base.encoder.parameters())
    expected = dict(zip([*reversed(LAYERS)], [0.05, 0.025, 0.0125, 0.00625, 0.003125], strict=True))
    assert {name: factors[base.encoder.get_parameter(f"{name}.convolution.weight")] for name in LAYERS} == (
        pytest.approx(expected)
    )
    assert factors[base.encoder.get_parameter("projection.weight")] == pytest.approx(0.1)


def test_rates_reach_the_weights(base: SpeakerModel, plain: dict[str, Any], tmp_path: Path) -> None:
    """Adam's first step is the learning rate itself, whatever the gradient."""
    plain["training"]["steps"] = 1
    plain["optimizer"] = {"name": "adam", "learning_rate": 0.01}
    train(read(tmp_path, plain, encoder_rate=0.5, layer_decay=0.5), tmp_path / "run")
    model = vm.load_model(tmp_path / "run")
    for depth, name in enumerate(reversed(stages(base.encoder))):
        weight = "projection.weight" if name == "projection" else f"{name}.convolution.weight"
        moved = (model.encoder.get_parameter(weight) - base.encoder.get_parameter(weight)).abs().max().item()
        assert moved == pytest.approx(0.01 * 0.5 * 0.5**depth, rel=0.02)


def test_frozen_stages_hold_whatever_mode_the_encoder_is_put_into(base: SpeakerModel) -> None:
    encoder = copy.deepcopy(base.encoder)
    held = FrozenStages(encoder, FineTuning(model="base", frozen=["trunk"], unfreeze_at_step=3))
    for step in range(5):
        encoder.train()
        held.hold(step)
        assert encoder.get_submodule(f"{LAYERS[0]}.normalization").training == (step >= 3)
        assert {one.requires_grad for one in encoder.trunk.parameters()} == {step >= 3}
        assert encoder.projection.training


@pytest.mark.parametrize(
    ("encoder", "fine_tuning", "message"),
    [
        ({"name": "ecapa_tdnn"}, {}, r"encoder\.name is 'ecapa_tdnn', but the model .* has 'x_vector'"),
        ({"embedding_size": 512}, {}, r"encoder\.embedding_size is 512, .* has 16: leave `encoder` out"),
        ({"front_end": {"num_mels": 80}}, {}, r"encoder\.front_end\.num_mels is 80, .* has 40"),
        ({"options": {"depth": 80}}, {}, r"encoder\.options\.depth is 80, .* has None"),
        ({}, {"frozen": ["trunk.layers"]}, r"unknown stage 'trunk\.layers': .*valid: encoder, projection, trunk"),
        ({}, {"fingerprint": "0123"}, "holds another model"),
        ({}, {"model": "elsewhere"}, "elsewhere is not a model folder"),
        ({}, {"model": None, "frozen": ["trunk"]}, "needs a model to start from"),
    ],
)
def test_what_disagrees_is_one_line(
    base: SpeakerModel,
    plain: dict[str, Any],
    tmp_path: Path,
    encoder: dict[str, Any],
    fine_tuning: dict[str, Any],
    message: str,
) -> None:
    del base
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, plain | {"encoder": encoder}, **fine_tuning)
    assert "\n" not in str(caught.value)


def test_what_agrees_may_be_said(base: SpeakerModel, plain: dict[str, Any], tmp_path: Path) -> None:
    recipe = read(tmp_path, plain | {"encoder": {"name": "x_vector", "front_end": {"normalization": "none"}}})
    assert recipe.encoder.front_end == base.encoder.configuration()["front_end"]


def test_another_model_under_the_same_name_is_refused(
    base: SpeakerModel, plain: dict[str, Any], tmp_path: Path
) -> None:
    recipe = read(tmp_path, plain)
    with torch.no_grad():
        base.encoder.get_parameter("projection.bias").add_(1.0)
    base.save(tmp_path / "base")
    with pytest.raises(InputError, match="another model than the recipe was begun with"):
        train(recipe, tmp_path / "run")


@pytest.mark.usefixtures("base")
def test_a_share_of_the_original_is_mixed_into_what_is_saved(plain: dict[str, Any], tmp_path: Path) -> None:
    train(read(tmp_path, plain, model="base"), tmp_path / "trained")
    train(read(tmp_path, plain, model="base", original_share=0.25), tmp_path / "mixed")
    before, after, mixed = (weights(tmp_path / name) for name in ("base", "trained", "mixed"))
    for name, found in mixed.items():
        if found.is_floating_point():
            torch.testing.assert_close(found, 0.25 * before[name] + 0.75 * after[name], msg=name)
        else:
            assert torch.equal(found, after[name]), name
    assert any(not torch.equal(before[name], after[name]) for name in mixed)


@pytest.mark.usefixtures("base")
def test_the_original_alone_is_the_model_that_training_started_from(plain: dict[str, Any], tmp_path: Path) -> None:
    train(read(tmp_path, plain, model="base", original_share=1.0), tmp_path / "mixed")
    before, mixed = (weights(tmp_path / name) for name in ("base", "mixed"))
    assert all(torch.equal(mixed[name], one) for name, one in before.items() if one.is_floating_point())


@pytest.mark.usefixtures("base")
def test_an_average_is_mixed_after_an_interruption_too(plain: dict[str, Any], tmp_path: Path) -> None:
    plain["training"] |= {"average_from_step": 2, "checkpoint_every": 2}
    recipe = read(tmp_path, plain, model="base", original_share=0.5)
    whole = train(recipe, tmp_path / "whole")

    def interrupt(now: Progress) -> None:
        if now.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "parts", interrupt)
    assert train(recipe, tmp_path / "parts").fingerprint == whole.fingerprint


@pytest.mark.usefixtures("base")
def test_a_projection_drawn_anew_has_no_original(plain: dict[str, Any], tmp_path: Path) -> None:
    del plain["loss"]
    plain["method"] = {"name": "simclr", "embedding": "projection"}
    with pytest.raises(InputError, match="original_share has no projection to mix with"):
        read(tmp_path, plain, model="base", original_share=0.5)
