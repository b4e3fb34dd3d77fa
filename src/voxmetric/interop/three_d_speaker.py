"""Checkpoints of 3D-Speaker: ECAPA-TDNN, whose modules are SpeechBrain's and whose front-end is Kaldi's."""

from __future__ import annotations

from voxmetric.audio.features.log_mel import KALDI
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.speechbrain_tree import ecapa_translation, has_tree


class ThreeDSpeaker:
    """Files `*.bin`, `*.pt` or `*.ckpt` of the encoder alone."""

    origin = "https://github.com/modelscope/3D-Speaker"

    def recognises(self, checkpoint: Checkpoint) -> bool:
        settings = checkpoint.settings_path
        return has_tree(checkpoint) and (settings is None or settings.name != "hyperparams.yaml")

    def translate(self, checkpoint: Checkpoint) -> Translation:
        front_end = {"name": "log_mel", **KALDI, "input_scale": 1.0, "window": "povey"}
        return ecapa_translation(checkpoint, front_end)
