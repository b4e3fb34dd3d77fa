"""Checkpoints of SpeechBrain (Ravanelli et al. 2021): ECAPA-TDNN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.errors import InputError
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.speechbrain_tree import ecapa_translation, has_tree

_SETTINGS = "hyperparams.yaml"
# SpeechBrain's `Fbank` as it is without options, and the mean of the recording removed.
_FILTER_BANK: Mapping[str, Any] = {
    "name": "log_mel",
    "window": "hamming",
    "fft_size": 400,
    "edges": "zeros",
    "mel_filters": "symmetric",
    "log": "decibel",
    "offset": 0.0,
    "floor": 1e-10,
    "dynamic_range": 80.0,
    "normalization": "mean",
}


class SpeechBrain:
    """Folders of `embedding_model.ckpt` and `hyperparams.yaml`, which is read as data.

    The normaliser of embeddings beside them (`mean_var_norm_emb.ckpt`) is not used, as SpeechBrain itself does not by
    default.
    """

    origin = "https://github.com/speechbrain/speechbrain"

    def recognises(self, checkpoint: Checkpoint) -> bool:
        settings = checkpoint.settings_path
        return has_tree(checkpoint) and (settings is None or settings.name == _SETTINGS)

    def translate(self, checkpoint: Checkpoint) -> Translation:
        _check_settings(checkpoint)
        return ecapa_translation(checkpoint, _FILTER_BANK)


def _check_settings(checkpoint: Checkpoint) -> None:
    """Refuse a front-end other than the published one, rather than convert it wrongly."""
    features = checkpoint.settings.get("compute_features")
    other = sorted(set(features) - {"n_mels"}) if isinstance(features, Mapping) else []
    normalization = checkpoint.settings.get("mean_var_norm")
    if isinstance(normalization, Mapping):
        published = {"norm_type": "sentence", "std_norm": False}
        other += sorted(key for key, value in normalization.items() if published.get(key) != value)
    if other:
        raise InputError(
            f"{checkpoint.settings_path}: {', '.join(other)} differ from SpeechBrain's published front-end, "
            "which alone is supported: n_mels, norm_type sentence and std_norm false"
        )
