"""The stages of ResNets, which all tools name alike."""

from __future__ import annotations

from voxmetric.errors import InputError
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.renaming import Rule

_STAGES = range(1, 5)


def residual_rules(prefix: str) -> list[Rule]:
    """Rules for four stages that are called `prefix` and a number from 1, `prefix` being a regular expression."""
    rules: list[Rule] = []
    for stage in _STAGES:
        theirs, ours = rf"{prefix}{stage}\.(\d+)", rf"trunk.stages.{stage - 1}.\1"
        rules += [
            (rf"{theirs}\.((?:conv|bn)[12])\.(\w+)", rf"{ours}.\2.\3"),
            (rf"{theirs}\.(?:downsample|shortcut)\.([01])\.(\w+)", rf"{ours}.shortcut.\2.\3"),
            (rf"{theirs}\.se\.fc\.0\.(\w+)", rf"{ours}.gates.squeeze.\2"),
            (rf"{theirs}\.se\.fc\.2\.(\w+)", rf"{ours}.gates.excite.\2"),
        ]
    return rules


def residual_sizes(checkpoint: Checkpoint, prefix: str) -> dict[str, list[int]]:
    """Channels and number of blocks of the four stages that are called `prefix` and a number from 1.

    Raises:
        InputError: if a stage is missing, or its blocks have three convolutions.
    """
    if f"{prefix}1.0.conv3.weight" in checkpoint.tensors:
        raise InputError(
            f"{checkpoint.path} is a ResNet of bottleneck blocks (ResNet-50 and deeper), which is not supported: "
            "convert a ResNet-18 or ResNet-34"
        )
    channels = [checkpoint.shape(f"{prefix}{stage}.0.conv1.weight")[0] for stage in _STAGES]
    blocks = [
        sum(name.startswith(f"{prefix}{stage}.") and name.endswith(".conv1.weight") for name in checkpoint.tensors)
        for stage in _STAGES
    ]
    return {"channels": channels, "blocks": blocks}
