"""Several encoders side by side, as one encoder: a cosine of its embeddings is the mean of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.errors import InputError

_DEFAULT = ({"name": "gated_tdnn"}, {"name": "fast_resnet34"})
# What an encoder's configuration says of parts that a member does not name: as published.
_AS_PUBLISHED: Mapping[str, Any] = {"embedding_size": None, "front_end": None, "pooling": None, "options": {}}


class Ensemble(Trunk):
    """Members that hear the waveform each through its own front-end; their unit-length embeddings, joined.

    The errors of networks of different kinds differ, so the mean of their scores errs less than either. An embedding
    has as many components as all members' together, and its cosines are the means of the members' cosines. `join` makes
    one of trained encoders. 2,415,494 parameters with the default members.

    Args:
        num_features: 1, the waveform.
        sample_rate: Hz of the waveform, which all members must take.
        members: configurations, each with a `name` and what else is not as published of `embedding_size`, `front_end`,
            `pooling` and `options`.
    """

    published = Published({"name": "waveform"}, "average", 704)

    def __init__(self, num_features: int, sample_rate: int, members: Sequence[Mapping[str, Any]] = _DEFAULT) -> None:
        from voxmetric.encoders import from_configuration

        if num_features != 1 or not members:
            raise InputError("an ensemble takes the front-end `waveform` and at least one member")
        self._take([from_configuration({**_AS_PUBLISHED, **member}) for member in members])
        for member in self._encoders():
            if member.sample_rate != sample_rate:
                raise InputError(
                    f"expected members that take {sample_rate} Hz as the ensemble does, found one of "
                    f"{member.sample_rate} Hz"
                )

    @classmethod
    def of(cls, members: Sequence[Encoder]) -> Ensemble:
        """The ensemble of encoders as they are, which are shared, not copied."""
        ensemble = cls.__new__(cls)
        ensemble._take(members)
        return ensemble

    def _take(self, members: Sequence[Encoder]) -> None:
        super().__init__(
            num_channels=sum(member.embedding_size for member in members),
            minimum_frames=max(member.minimum_samples for member in members),
        )
        self.members = nn.ModuleList(members)

    def _encoders(self) -> list[Encoder]:
        return [cast(Encoder, member) for member in self.members]

    def own_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {**given, "members": [member.configuration() for member in self._encoders()]}

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        waveforms = features.squeeze(1)
        units = [F.normalize(member.unchecked(waveforms, lengths)) for member in self._encoders()]
        frames = torch.cat(units, dim=1).unsqueeze(-1) / len(units) ** 0.5
        return frames, None if lengths is None else torch.ones_like(lengths)

    @staticmethod
    def projection(pooled_size: int, embedding_size: int) -> nn.Module:
        if embedding_size == pooled_size:
            return nn.Identity()
        return nn.Linear(pooled_size, embedding_size)


def join(members: Sequence[Encoder]) -> Encoder:
    """One encoder, with its own copy of their weights, whose cosines are the means of those of trained encoders.

    Raises:
        InputError: if there are none, or they take different sample rates.
    """
    from voxmetric.encoders import create

    if not members:
        raise InputError("expected at least one encoder to join, found none")
    joined = create(
        "ensemble",
        embedding_size=sum(member.embedding_size for member in members),
        front_end={"sample_rate": members[0].sample_rate},
        members=[member.configuration() for member in members],
    )
    for own, given in zip(cast(Ensemble, joined.trunk).members, members, strict=True):
        own.load_state_dict(given.state_dict())
    return joined.eval()
