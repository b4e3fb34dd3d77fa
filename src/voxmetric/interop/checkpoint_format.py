"""What every format is: telling its files from others, and their tensors and front-end in our terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.renaming import Renamed


@dataclass(frozen=True)
class Translation:
    """A checkpoint in our terms.

    Attributes:
        architecture: the network, as its makers call it.
        encoder: arguments of `voxmetric.encoders.create`; options that `front_end` leaves out have the front-end's
            own defaults, not the encoder's.
        renamed: its tensors.
    """

    architecture: str
    encoder: Mapping[str, Any]
    renamed: Renamed


class CheckpointFormat(Protocol):
    """One tool's files.

    Attributes:
        origin: where the tool comes from.
    """

    origin: str

    def recognises(self, checkpoint: Checkpoint) -> bool:
        """Whether the names of the tensors, and the settings beside them, are this tool's."""

    def translate(self, checkpoint: Checkpoint) -> Translation:
        """The checkpoint in our terms.

        Raises:
            InputError: if its network or front-end is one that we do not have.
        """
