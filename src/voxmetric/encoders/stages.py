"""The stages of an encoder, from the waveform to the embedding, by which parts of it are frozen or slowed down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import unknown_name

WHOLE = "encoder"


def stages(encoder: Encoder) -> dict[str, list[nn.Module | nn.Parameter]]:
    """The stages that hold parameters, in the order in which the encoder was put together.

    A stage is the front-end, a part of the trunk, the pooling or the projection; each entry of a list of parts (such
    as the four groups of blocks of a ResNet) is one. A normalisation belongs to the stage before it.

    Returns:
        Name, such as `trunk.stages.0`, to the modules and single parameters that the stage is made of.
    """
    found: dict[str, list[nn.Module | nn.Parameter]] = {}
    for name, part in _parts(encoder):
        if isinstance(part, nn.Module) and next(part.parameters(), None) is None:
            continue
        if found and "Norm" in type(part).__name__:
            found[next(reversed(found))].append(part)
        else:
            found[name] = [part]
    return found


def matching(encoder: Encoder, names: Iterable[str]) -> list[nn.Module | nn.Parameter]:
    """What the stages named are made of; a name may be the beginning of several, and `encoder` is all of them.

    Raises:
        InputError: for a name that fits no stage; all are named.
    """
    known = stages(encoder)
    chosen: dict[str, None] = {}  # in order, each once
    for wanted in names:
        fitting = [name for name in known if wanted == WHOLE or f"{name}.".startswith(f"{wanted}.")]
        if not fitting:
            raise unknown_name("stage", wanted, [*known, WHOLE])
        chosen |= dict.fromkeys(fitting)
    return [part for name in chosen for part in known[name]]


def _parts(encoder: Encoder) -> Iterator[tuple[str, nn.Module | nn.Parameter]]:
    yield "front_end", encoder.front_end
    yield from _parts_of("trunk", encoder.trunk)
    yield "pooling", encoder.pooling
    yield "projection", encoder.projection


def _parts_of(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module | nn.Parameter]]:
    """A module that has no list of parts within is one part; others are taken apart, a list into its entries."""
    if isinstance(module, nn.ModuleList):
        yield from ((f"{name}.{place}", entry) for place, entry in enumerate(module))
    elif any(isinstance(inner, nn.ModuleList) for inner in module.modules()):
        yield from ((f"{name}.{own}", parameter) for own, parameter in module.named_parameters(recurse=False))
        for child_name, child in module.named_children():
            yield from _parts_of(f"{name}.{child_name}", child)
    else:
        yield name, module
