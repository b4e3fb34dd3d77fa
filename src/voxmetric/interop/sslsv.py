"""Checkpoints of sslsv (Lepage and Dehak): ResNet-34 and ECAPA-TDNN trained without labels."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from voxmetric.errors import InputError, unknown_name
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.folding import fold_normalization
from voxmetric.interop.renaming import Rule, rename
from voxmetric.interop.residual_names import residual_rules, residual_sizes
from voxmetric.interop.speechbrain_tree import ecapa_translation, has_tree
from voxmetric.interop.torchaudio_front_end import mel_spectrogram_options, mel_spectrogram_rules

Weights = Literal["teacher", "student"]
_STUDENT, _TEACHER = "encoder.", "encoder_momentum."


class Sslsv:
    """Files `checkpoints/model_*.pt`, beside them `config.yml`.

    Args:
        weights: which of two encoders: the `student`, which the gradient trains, or the `teacher`, its running mean
            (`encoder_momentum`), by which sslsv itself evaluates DINO.
    """

    origin = "https://github.com/theolepage/sslsv"

    def __init__(self, weights: Weights | None = None) -> None:
        if weights is not None and weights not in get_args(Weights):
            raise unknown_name("kind of weights", weights, get_args(Weights))
        self.weights = weights

    def recognises(self, checkpoint: Checkpoint) -> bool:
        return f"{_STUDENT}block1.0.conv1.weight" in checkpoint.tensors or has_tree(checkpoint, _STUDENT)

    def translate(self, checkpoint: Checkpoint) -> Translation:
        prefix = self._prefix(checkpoint)
        network = re.escape(prefix)
        others: list[Rule] = [
            *mel_spectrogram_rules(rf"{network}features_extractor\.0"),
            (rf"(?!{network}).+", None),
        ]
        front_end = mel_spectrogram_options(checkpoint, f"{prefix}features_extractor.0")
        if has_tree(checkpoint, prefix):
            return ecapa_translation(checkpoint, front_end, prefix, others)
        return _resnet(checkpoint, front_end, prefix, others)

    def _prefix(self, checkpoint: Checkpoint) -> str:
        has_teacher = any(name.startswith(_TEACHER) for name in checkpoint.tensors)
        if has_teacher and self.weights is None:
            raise InputError(f"{checkpoint.path} holds two encoders: say --weights teacher or --weights student")
        if self.weights == "teacher" and not has_teacher:
            raise InputError(f"{checkpoint.path} holds no teacher: leave --weights out")
        return _TEACHER if self.weights == "teacher" else _STUDENT


def _resnet(checkpoint: Checkpoint, front_end: dict[str, Any], prefix: str, others: list[Rule]) -> Translation:
    if f"{prefix}pooling.attention" not in checkpoint.tensors:
        raise InputError(f"{checkpoint.path}: expected a ResNet-34 with self-attentive pooling, no other is supported")
    network = re.escape(prefix)
    encoder = {
        "name": "fast_resnet34",
        "embedding_size": checkpoint.shape(f"{prefix}fc.weight")[0],
        "front_end": front_end,
        **residual_sizes(checkpoint, f"{prefix}block"),
    }
    rules: list[Rule] = [
        (rf"{network}conv\.(\w+)", r"trunk.conv1.\1"),
        (rf"{network}bn\.(\w+)", r"trunk.bn1.\1"),
        (rf"{network}pooling\.sap_linear\.(\w+)", r"pooling.attention.hidden.\1"),
        (rf"{network}pooling\.attention", "pooling.attention.context"),
        (rf"{network}fc\.(\w+)", r"projection.\1"),
        *residual_rules(rf"{network}block"),
    ]
    tensors = fold_normalization(checkpoint.tensors, f"{prefix}fc", f"{prefix}last_bn")
    return Translation("ResNet34", encoder, rename(tensors, rules + others))
