"""The mel spectrograms of torchaudio, whose window and filters lie in the checkpoints as buffers."""

from __future__ import annotations

from typing import Any

import torch

from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.renaming import Rule


def mel_spectrogram_rules(prefix: str) -> list[Rule]:
    """Rules for the buffers of a `MelSpectrogram` called `prefix`, a regular expression."""
    return [
        (rf"{prefix}\.spectrogram\.window", "front_end.spectrum.window"),
        (rf"{prefix}\.mel_scale\.fb", "front_end.mel_energies.filters"),
    ]


def mel_spectrogram_options(checkpoint: Checkpoint, prefix: str, **options: Any) -> dict[str, Any]:
    """Options of `log_mel`; window and number of bands are those of the buffers where the file has them.

    Args:
        checkpoint: its tensors.
        prefix: the name of the `MelSpectrogram`.
        options: everything that the buffers do not tell.
    """
    found: dict[str, Any] = {"name": "log_mel", **options}
    filters = checkpoint.tensors.get(f"{prefix}.mel_scale.fb")
    if filters is not None:
        found["num_mels"] = filters.shape[1]
    window = checkpoint.tensors.get(f"{prefix}.spectrogram.window")
    if window is not None:
        is_hann = torch.allclose(window.float(), torch.hann_window(len(window)), atol=1e-4)
        found["window"] = "hann" if is_hann else "hamming"
    return found
