"""The encoder: front-end, trunk, pooling and projection as one module."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, cast

import torch
from torch import Tensor, nn

from voxmetric.audio import features
from voxmetric.audio.features.front_end import FrontEnd
from voxmetric.encoders import pooling as poolings
from voxmetric.encoders import trunks
from voxmetric.encoders.trunk import Trunk
from voxmetric.errors import InputError


class Encoder(nn.Module):
    """From waveforms to speaker embeddings; made by `voxmetric.encoders.create`.

    Attributes:
        sample_rate: Hz of the waveforms it takes.
        embedding_size: components of an embedding.
        minimum_samples: the shortest waveform it takes.
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        front_end: FrontEnd,
        trunk: Trunk,
        pooling: nn.Module,
        projection: nn.Module,
    ) -> None:
        super().__init__()
        self.front_end = front_end
        self.trunk = trunk
        self.pooling = pooling
        self.projection = projection
        self.sample_rate = front_end.sample_rate
        self.embedding_size: int = configuration["embedding_size"]
        self.minimum_samples = front_end.samples_for(trunk.minimum_frames)
        self._configuration = dict(configuration)

    @property
    def num_parameters(self) -> int:
        """Trainable numbers."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)

    @property
    def _precision(self) -> torch.dtype:
        parameter = next(self.parameters(), None)  # none where the trunk keeps its own and nothing else has any
        return torch.float32 if parameter is None else parameter.dtype

    def configuration(self) -> dict[str, Any]:
        """Everything but the weights, JSON-able; `voxmetric.encoders.from_configuration` builds the encoder again."""
        return {key: dict(value) if isinstance(value, Mapping) else value for key, value in self._configuration.items()}

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Embeddings of a batch, not normalised.

        In evaluation mode an item's embedding depends neither on its padding nor on its neighbours. In training mode
        batch normalisation counts the padding of items that are shorter than the batch: train on crops of one length.

        Args:
            waveforms: (B, T) float in [-1, 1], at `sample_rate`.
            lengths: (B,) int64, samples that count in each item, the rest is padding, finite; None: all of them.

        Returns:
            (B, D) float32, also under autocast.

        Raises:
            InputError: if the shape is wrong or an item is shorter than `minimum_samples`.
        """
        return self.unchecked(waveforms, self._checked(waveforms, lengths))

    def unchecked(self, waveforms: Tensor, lengths: Tensor | None) -> Tensor:
        """As `forward`, of input that is known to be right."""
        frames, num_frames = self.trunk(*self.front_end(waveforms, lengths))
        with torch.autocast(waveforms.device.type, enabled=False):
            pooled = self.pooling(frames.to(self._precision), num_frames)
            embeddings: Tensor = self.projection(pooled)
        return embeddings

    def _checked(self, waveforms: Tensor, lengths: Tensor | None) -> Tensor | None:
        if waveforms.dim() != 2 or not waveforms.is_floating_point():
            raise InputError(
                f"an encoder takes a float tensor (batch, samples); found {waveforms.dtype} "
                f"{tuple(waveforms.shape)}; read recordings with voxmetric.audio.reading.read and stack them"
            )
        num_samples = waveforms.shape[1]
        if lengths is None:
            shortest = longest = num_samples
        else:
            if lengths.shape != waveforms.shape[:1]:
                raise InputError(
                    f"lengths has shape {tuple(lengths.shape)} for {len(waveforms)} waveforms: give one number per item"
                )
            shortest, longest = (int(end) for end in lengths.aminmax())
        if longest > num_samples:
            raise InputError(
                f"an item of {longest} samples in a batch of {num_samples}: lengths are counted in samples"
            )
        if shortest < self.minimum_samples:
            raise InputError(
                f"a recording of {shortest} samples is too short: this encoder needs at least {self.minimum_samples} "
                f"({self.minimum_samples / self.sample_rate:.3f} s at {self.sample_rate} Hz); repeat or drop it"
            )
        return None if shortest == num_samples else lengths


def assemble(
    name: str,
    embedding_size: int | None,
    front_end: Mapping[str, Any] | None,
    pooling: str | Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> Encoder:
    """See `voxmetric.encoders.create`."""
    trunk_class = cast(type[Trunk], trunks.load(name))
    published = trunk_class.published
    wanted = dict(front_end or {})
    if wanted.get("name", published.front_end["name"]) == published.front_end["name"]:
        wanted = {**published.front_end, **wanted}
    front_end_module = features.create(**wanted)
    size = published.embedding_size if embedding_size is None else embedding_size
    if size < 1:
        raise InputError(f"embedding_size is {size}: expected at least 1")

    offered = {"num_features": front_end_module.num_features, "sample_rate": front_end_module.sample_rate}
    trunk: Trunk = trunks.create(name, options, offered)
    pooling_options = poolings.as_mapping(published.pooling if pooling is None else pooling)
    pooling_module = poolings.create(pooling_options, trunk.num_channels)
    projection = trunk.projection(pooling_module.output_size, size)
    resolved = {
        key: parameter.default for key, parameter in signature(trunk_class).parameters.items() if key not in offered
    } | dict(options)
    kept = trunk.own_options(resolved)
    configuration = {
        "name": name,
        "embedding_size": size,
        "front_end": front_end_module.options(),
        "pooling": pooling_options,
        "options": {key: list(value) if isinstance(value, tuple) else value for key, value in kept.items()},
    }
    return Encoder(configuration, front_end_module, trunk, pooling_module, projection)
