"""The modules of SpeechBrain's ECAPA-TDNN, which other tools took over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.renaming import Rule, rename

_GROUPS = 8
_FIRST = "blocks.0.conv.conv.weight"


def has_tree(checkpoint: Checkpoint, prefix: str = "") -> bool:
    """Whether the file holds these modules, their names behind `prefix`."""
    return f"{prefix}{_FIRST}" in checkpoint.tensors and f"{prefix}mfa.conv.conv.weight" in checkpoint.tensors


def ecapa_translation(
    checkpoint: Checkpoint, front_end: Mapping[str, Any], prefix: str = "", others: Sequence[Rule] = ()
) -> Translation:
    """The network behind `prefix`, the number of mel bands being what its first layer takes.

    Args:
        checkpoint: a file that holds these modules.
        front_end: name and options but for `num_mels`.
        prefix: before the names of the modules.
        others: rules for tensors outside the network.

    Raises:
        InputError: if the number or width of the blocks is not the published one.
    """
    num_mels = checkpoint.shape(f"{prefix}{_FIRST}")[1]
    encoder = _encoder(checkpoint, {**front_end, "num_mels": num_mels}, prefix)
    tensors = _with_last_group_unchanged(checkpoint.tensors, prefix)
    return Translation("ECAPA-TDNN", encoder, rename(tensors, [*_rules(re.escape(prefix)), *others]))


def _encoder(checkpoint: Checkpoint, front_end: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    channels = checkpoint.shape(f"{prefix}{_FIRST}")[0]
    output_channels, joined, _ = checkpoint.shape(f"{prefix}mfa.conv.conv.weight")
    bottleneck, seen, _ = checkpoint.shape(f"{prefix}asp.tdnn.conv.conv.weight")
    if joined != 3 * channels:
        raise InputError(
            f"{checkpoint.path}: {joined} channels reach the layer behind the blocks, expected three times {channels}: "
            "blocks of other numbers or widths than published are not supported"
        )
    return {
        "name": "ecapa_tdnn",
        "embedding_size": checkpoint.shape(f"{prefix}fc.conv.weight")[0],
        "front_end": front_end,
        "pooling": {
            "name": "channel_context_attentive",
            "bottleneck": bottleneck,
            "context": seen == 3 * output_channels,
            "unbiased": False,
            "hidden_normalization": True,
            "variance_floor": 1e-12,
        },
        "channels": channels,
        "output_channels": output_channels,
        "edges": "reflect",
        "join_normalization": True,
    }


def _rules(prefix: str) -> list[Rule]:
    """Rules for the modules behind `prefix`, a regular expression; normalisations may be wrapped once or not."""
    rules: list[Rule] = [
        *_time_delay(rf"{prefix}blocks\.0", "trunk.first"),
        *_time_delay(rf"{prefix}mfa", "trunk.join"),
        (rf"{prefix}asp\.tdnn\.conv\.conv\.(\w+)", r"pooling.hidden.\1"),
        (rf"{prefix}asp\.tdnn\.norm\.(?:norm\.)?(\w+)", r"pooling.hidden_normalization.1.\1"),
        (rf"{prefix}asp\.conv\.conv\.(\w+)", r"pooling.scores.\1"),
        (rf"{prefix}asp_bn\.(?:norm\.)?(\w+)", r"projection.0.\1"),
        (rf"{prefix}fc\.conv\.(\w+)", r"projection.1.\1"),
    ]
    for block in range(3):
        theirs, ours = rf"{prefix}blocks\.{block + 1}", f"trunk.blocks.{block}"
        rules += [
            *_time_delay(rf"{theirs}\.tdnn1", f"{ours}.narrow"),
            *_time_delay(rf"{theirs}\.tdnn2", f"{ours}.widen"),
            (rf"{theirs}\.se_block\.conv1\.conv\.(\w+)", rf"{ours}.squeeze.\1"),
            (rf"{theirs}\.se_block\.conv2\.conv\.(\w+)", rf"{ours}.excite.\1"),
        ]
        for layer in range(_GROUPS - 1):
            rules += _time_delay(rf"{theirs}\.res2net_block\.blocks\.{layer}", f"{ours}.res2.layers.{layer}")
    return rules


def _with_last_group_unchanged(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """`tensors` with the channels between the layers of a block in another order, which changes no result.

    SpeechBrain passes the first of a block's groups of channels on as it is and convolves the others in a chain; in
    our trunk it is the last. The groups move by one place: the rows of the layer before them, and the columns of the
    layer behind.
    """
    moved = dict(tensors)
    for block in (1, 2, 3):
        for name, tensor in tensors.items():
            if name.startswith(f"{prefix}blocks.{block}.tdnn1.") and tensor.dim():
                moved[name] = tensor.roll(-(len(tensor) // _GROUPS), 0)
        behind = f"{prefix}blocks.{block}.tdnn2.conv.conv.weight"
        if behind in tensors:
            moved[behind] = tensors[behind].roll(-(tensors[behind].shape[1] // _GROUPS), 1)
    return moved


def _time_delay(theirs: str, ours: str) -> list[Rule]:
    return [
        (rf"{theirs}\.conv\.conv\.(\w+)", rf"{ours}.convolution.\1"),
        (rf"{theirs}\.norm\.(?:norm\.)?(\w+)", rf"{ours}.normalization.\1"),
    ]
