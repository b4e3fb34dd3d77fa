"""Checkpoints of Resemblyzer (Jemine 2019): three recurrent layers trained with GE2E."""

from __future__ import annotations

import re

from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.renaming import Rule, rename

_RULES: list[Rule] = [
    (r"lstm\.(\w+)", r"trunk.lstm.\1"),
    (r"linear\.(\w+)", r"trunk.linear.\1"),
    # Scale and offset of the loss.
    (r"similarity_(weight|bias)", None),
]


class Resemblyzer:
    """The file `pretrained.pt`, and those of Real-Time-Voice-Cloning's encoder, which it comes from.

    Level and windows are part of the model; that long silences are cut out by a voice activity detector is not.
    """

    origin = "https://github.com/resemble-ai/Resemblyzer"

    def recognises(self, checkpoint: Checkpoint) -> bool:
        return {"lstm.weight_ih_l0", "linear.weight"} <= checkpoint.tensors.keys()

    def translate(self, checkpoint: Checkpoint) -> Translation:
        output_size, hidden = checkpoint.shape("linear.weight")
        encoder = {
            "name": "lstm",
            "embedding_size": output_size,
            "front_end": {"name": "waveform"},
            "num_mels": checkpoint.shape("lstm.weight_ih_l0")[1],
            "hidden": hidden,
            "layers": sum(re.fullmatch(r"lstm\.weight_hh_l\d+", name) is not None for name in checkpoint.tensors),
            "output_size": output_size,
        }
        return Translation("LSTM", encoder, rename(checkpoint.tensors, _RULES))
