"""Which tensors of a checkpoint fit an encoder, and which do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.interop.renaming import Renamed

_FRONT_END = "front_end."
# A counter that only training reads, and that files of old versions of torch do not have.
_COUNTER = "num_batches_tracked"
# Filters computed in single precision are off by a few 1e-4.
_TOLERANCE = 1e-3
_LISTED = 8


@dataclass(frozen=True)
class KeyReport:
    """What became of the tensors.

    Attributes:
        taken: how many went into the encoder.
        missing: tensors of the encoder that the checkpoint does not have, by our names.
        unexpected: tensors of the checkpoint that the encoder has no place for, by the names that they came to.
        misshapen: tensors of another shape, with both shapes.
        different: parts of the front-end that are not the checkpoint's.
        set_aside: tensors that are no part of an encoder, such as the classifier of the training speakers.
    """

    taken: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misshapen: tuple[str, ...]
    different: tuple[str, ...]
    set_aside: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether every tensor found its place."""
        return not (self.missing or self.unexpected or self.misshapen or self.different)

    def __str__(self) -> str:
        """What does not fit, in one line."""
        kinds = {
            "missing": self.missing,
            "unexpected": self.unexpected,
            "of another shape": self.misshapen,
            "of another front-end": self.different,
        }
        return "; ".join(f"{len(names)} {kind} ({_listed(names)})" for kind, names in kinds.items() if names)


def fill(encoder: Encoder, renamed: Renamed) -> KeyReport:
    """Copy tensors into `encoder`; those that do not fit are left out and reported."""
    expected = encoder.state_dict()
    fitting: dict[str, Tensor] = {}
    unexpected, misshapen, different = list(renamed.unexpected), [], []
    for name, tensor in renamed.tensors.items():
        if name.startswith(_FRONT_END):
            different += _difference(encoder, name, tensor)
        elif name not in expected:
            unexpected.append(name)
        elif _without_ones(tensor.shape) != _without_ones(expected[name].shape):
            misshapen.append(f"{name} {tuple(tensor.shape)} for {tuple(expected[name].shape)}")
        else:
            # A convolution of one frame and a linear layer have the same weights.
            fitting[name] = tensor.reshape(expected[name].shape)
    missing = [name for name in expected if name not in renamed.tensors and not name.endswith(_COUNTER)]
    encoder.load_state_dict(fitting, strict=False)
    return KeyReport(
        taken=len(fitting),
        missing=tuple(missing),
        unexpected=tuple(unexpected),
        misshapen=tuple(misshapen),
        different=tuple(different),
        set_aside=renamed.set_aside,
    )


def _difference(encoder: Encoder, name: str, theirs: Tensor) -> list[str]:
    buffers: Mapping[str, Tensor] = dict(encoder.named_buffers())
    ours = buffers.get(name)
    if ours is None or ours.shape != theirs.shape:
        return [f"{name} {tuple(theirs.shape)}"]
    largest = float((ours - theirs.to(ours)).abs().max())
    return [] if largest <= _TOLERANCE else [f"{name}, by up to {largest:.2g}"]


def _without_ones(shape: torch.Size) -> list[int]:
    return [size for size in shape if size != 1]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
