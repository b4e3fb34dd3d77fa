"""Further layers behind the embedding, as one encoder that is saved and loaded like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError


def with_layers(encoder: Encoder, layers: nn.Sequential) -> Encoder:
    """An encoder whose embedding is what `layers` make of the embedding of `encoder`; both are shared, not copied.

    Raises:
        InputError: for layers other than linear ones, ReLU and batch normalisation, or none.
    """
    sizes = [layer.out_features for layer in layers if isinstance(layer, nn.Linear)]
    if not sizes:
        raise InputError("expected at least one linear layer behind the embedding, found none")
    appended = Encoder(
        encoder.configuration() | {"layers": [_description(layer) for layer in layers]},
        encoder.front_end,
        encoder.trunk,
        encoder.pooling,
        nn.Sequential(encoder.projection, *layers),
    )
    appended.embedding_size = sizes[-1]
    return appended


def layers_from(descriptions: Sequence[Mapping[str, Any]], input_size: int) -> nn.Sequential:
    """The layers, with random weights, that an encoder's configuration describes.

    Raises:
        InputError: for a description of none of them.
    """
    layers: list[nn.Module] = []
    for description in descriptions:
        match dict(description):
            case {"name": "linear", "size": int(size), "bias": bool(bias)}:
                layers.append(nn.Linear(input_size, size, bias=bias))
                input_size = size
            case {"name": "relu"}:
                layers.append(nn.ReLU())
            case {"name": "batch_norm"}:
                layers.append(nn.BatchNorm1d(input_size))
            case unknown:
                raise InputError(
                    f"an encoder's configuration has an unknown layer {unknown}: take it from a saved model"
                )
    return nn.Sequential(*layers)


def _description(layer: nn.Module) -> dict[str, Any]:
    if isinstance(layer, nn.Linear):
        return {"name": "linear", "size": layer.out_features, "bias": layer.bias is not None}
    if isinstance(layer, nn.ReLU):
        return {"name": "relu"}
    if isinstance(layer, nn.modules.batchnorm._BatchNorm):
        return {"name": "batch_norm"}
    raise InputError(f"a layer {type(layer).__name__} behind the embedding cannot be saved")
