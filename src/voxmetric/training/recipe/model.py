"""Recipe sections on the encoder and the weights that it starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta

from voxmetric.training.recipe.ranges import NonNegativeInt, PositiveFloat, PositiveInt, Share


@dataclass(frozen=True)
class EncoderChoice:
    """The encoder.

    Attributes:
        name: a registered encoder; `voxmetric.encoders.available()` lists them.
        embedding_size: length of an embedding.
        front_end: name and options of the front-end; none for the encoder's own default.
        options: further options of the encoder.
    """

    name: str = "fast_resnet34"
    embedding_size: PositiveInt = 512
    front_end: dict[str, Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FineTuning:
    """Starting from the weights of a trained model instead of random ones; the loss is always new.

    Attributes:
        model: model folder, relative to the recipe file, whose encoder and front-end are trained on; `encoder` of the
            recipe may be left out, or must agree.
        fingerprint: of that model, filled in when the recipe is read; given, another model is refused.
        frozen: stages of the encoder that stay as they are, by name or the beginning of one: `trunk.stages.0`,
            `trunk`; `encoder` for all.
        unfreeze_at_step: step from which they are trained after all; 0 for never.
        encoder_rate: factor of the learning rate for the encoder's last stage; the loss has the whole rate.
        layer_decay: further factor for each stage before the last.
        original_share: share of the weights before fine-tuning in those that are saved; none for the new ones alone.
    """

    model: str | None = None
    fingerprint: str | None = None
    frozen: list[str] = field(default_factory=list)
    unfreeze_at_step: NonNegativeInt = 0
    encoder_rate: PositiveFloat = 1.0
    layer_decay: Annotated[float, Meta(gt=0, le=1)] = 1.0
    original_share: Share | None = None
