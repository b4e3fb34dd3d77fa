"""Starting from a trained model: its encoder taken over, stages frozen, and a rate of learning for each stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from voxmetric import shipped
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.stages import matching, stages
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel, load_model, read_model
from voxmetric.training.recipe import EncoderChoice, FineTuning

_TAKEN_OVER = ("name", "embedding_size", "front_end", "options")


def with_encoder_of_model(content: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's plain data with `encoder` and `fine_tuning.fingerprint` filled in from the model it starts from.

    Raises:
        InputError: if the model cannot be read, what the recipe says of the encoder disagrees with it, or it has no
            such stages as are to be frozen.
    """
    section = dict(content["fine_tuning"])
    model = load_model(section["model"])
    configuration = model.encoder.configuration()
    _refuse_disagreement(content.get("encoder") or {}, configuration, section["model"])
    _refuse_another_model(section.get("fingerprint"), model, section["model"])
    matching(model.encoder, section.get("frozen") or [])
    section["fingerprint"] = model.fingerprint
    encoder = {key: configuration[key] for key in _TAKEN_OVER}
    return {**content, "encoder": encoder, "fine_tuning": section}


def trained_encoder(folder: str, encoder: EncoderChoice, fingerprint: str | None) -> Encoder:
    """The encoder of the model in `folder`.

    Raises:
        InputError: if it cannot be read, or is not the one, or not of the encoder, that the recipe names.
    """
    model = read_model(shipped.locate(folder))
    _refuse_another_model(fingerprint, model, folder)
    said = {key: getattr(encoder, key) for key in _TAKEN_OVER}
    _refuse_disagreement(said, model.encoder.configuration(), folder)
    return model.encoder


def origin(choice: FineTuning) -> dict[str, Any] | None:
    """What the card of a fine-tuned model tells of the one it started from; none if it started from random weights."""
    if choice.model is None:
        return None
    model = read_model(shipped.locate(choice.model))
    card = model.card
    return {
        "name": card.name,
        "summary": card.summary,
        "fingerprint": model.fingerprint,
        "licence": card.licence,
        "synthetic": card.synthetic,
        "training_data": card.training_data,
    }


def rate_factors(encoder: Encoder, choice: FineTuning) -> dict[nn.Parameter, float]:
    """The factor of the learning rate for each parameter of the encoder.

    `encoder_rate` for the last stage, `encoder_rate * layer_decay` for the one before it, and so on to the waveform.
    """
    factors: dict[nn.Parameter, float] = {}
    for depth, parts in enumerate(reversed(stages(encoder).values())):
        factor = choice.encoder_rate * choice.layer_decay**depth
        factors |= dict.fromkeys(_parameters(parts), factor)
    return factors


class FrozenStages:
    """The stages of an encoder that get no gradient and whose normalisation statistics and dropout stand still.

    Args:
        encoder: its parameters that require a gradient now get it back when the stages are trained after all.
        choice: which stages, and until which step.

    Raises:
        InputError: for an unknown stage.
    """

    def __init__(self, encoder: Encoder, choice: FineTuning) -> None:
        parts = matching(encoder, choice.frozen)
        self._parameters = [one for one in _parameters(parts) if one.requires_grad]
        self._modules = [inner for part in parts if isinstance(part, nn.Module) for inner in part.modules()]
        self._until = choice.unfreeze_at_step

    def hold(self, step: int) -> None:
        """Freeze or unfreeze as is due at `step`, whatever mode the encoder was put into since the last one."""
        trained = bool(self._until) and step >= self._until
        for parameter in self._parameters:
            parameter.requires_grad_(trained)
        for module in self._modules:
            module.training = trained


def _parameters(parts: list[nn.Module | nn.Parameter]) -> list[nn.Parameter]:
    return [one for part in parts for one in ([part] if isinstance(part, nn.Parameter) else part.parameters())]


def _refuse_disagreement(said: Mapping[str, Any], configuration: Mapping[str, Any], model: str) -> None:
    """Every value that a recipe gives must be the model's; options may be given in part."""
    for key in _TAKEN_OVER:
        value, actual = said.get(key), configuration[key]
        given = value if isinstance(value, Mapping) else {key: value}
        held = actual if isinstance(value, Mapping) else {key: actual}
        for name, wanted in given.items():
            if wanted is not None and held.get(name) != wanted:
                dotted = f"encoder.{key}" if name == key else f"encoder.{key}.{name}"
                raise InputError(
                    f"{dotted} is {wanted!r}, but the model {model} has {held.get(name)!r}: leave `encoder` out of a "
                    "recipe that starts from a model, or start from another one"
                )


def _refuse_another_model(fingerprint: str | None, model: SpeakerModel, path: str) -> None:
    if fingerprint is not None and fingerprint != model.fingerprint:
        raise InputError(
            f"{path} holds another model than the recipe was begun with (fingerprint {model.fingerprint[:12]}..., "
            f"expected {fingerprint[:12]}...): put that one back, or begin in another folder"
        )
