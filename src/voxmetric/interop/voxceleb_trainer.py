"""Checkpoints of voxceleb_trainer: ResNetSE34L and ResNetSE34V2 (Chung et al. 2020, Heo et al. 2020)."""

from __future__ import annotations

from voxmetric.audio.features.mel_energies import Log
from voxmetric.errors import InputError
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.renaming import Rule, rename
from voxmetric.interop.residual_names import residual_rules, residual_sizes
from voxmetric.interop.torchaudio_front_end import mel_spectrogram_options, mel_spectrogram_rules

_NETWORK = "__S__."
_COMMON: list[Rule] = [
    (r"__S__\.(conv1|bn1)\.(\w+)", r"trunk.\1.\2"),
    (r"__S__\.fc\.(\w+)", r"projection.\1"),
    (r"__L__\..+", None),
    *residual_rules(r"__S__\.layer"),
]


class VoxcelebTrainer:
    """Files `*.model`: the bare state dictionary of the published models, or newer ones that hold the optimiser too.

    Args:
        log_input: whether the network takes logarithms of mel energies (the tool's `log_input`, which the weights do
            not tell); None: as the settings beside the file say, else true, as for all published models.
    """

    origin = "https://github.com/clovaai/voxceleb_trainer"

    def __init__(self, log_input: bool | None = None) -> None:
        self.log_input = log_input

    def recognises(self, checkpoint: Checkpoint) -> bool:
        return f"{_NETWORK}layer1.0.se.fc.0.weight" in checkpoint.tensors

    def translate(self, checkpoint: Checkpoint) -> Translation:
        log_input = checkpoint.settings.get("log_input", True) if self.log_input is None else self.log_input
        if not isinstance(log_input, bool):
            raise InputError(f"{checkpoint.settings_path}: log_input is {log_input!r}, expected true or false")
        network = _lite if f"{_NETWORK}sap_linear.weight" in checkpoint.tensors else _version_two
        return network(checkpoint, "natural" if log_input else "none")


def _lite(checkpoint: Checkpoint, log: Log) -> Translation:
    """ResNetSE34L, with self-attentive (`SAP`) or attentive statistics pooling (`ASP`)."""
    sizes = residual_sizes(checkpoint, f"{_NETWORK}layer")
    embedding_size, pooled_size = checkpoint.shape(f"{_NETWORK}fc.weight")
    encoder = {
        "name": "fast_resnet34",
        "embedding_size": embedding_size,
        "front_end": mel_spectrogram_options(checkpoint, f"{_NETWORK}torchfb", log=log),
        "pooling": "self_attentive" if pooled_size == sizes["channels"][-1] else "attentive_statistics",
        **sizes,
    }
    rules: list[Rule] = [
        (r"__S__\.sap_linear\.(\w+)", r"pooling.attention.hidden.\1"),
        (r"__S__\.attention", "pooling.attention.context"),
        *mel_spectrogram_rules(r"__S__\.torchfb"),
    ]
    return Translation("ResNetSE34L", encoder, rename(checkpoint.tensors, _COMMON + rules))


def _version_two(checkpoint: Checkpoint, log: Log) -> Translation:
    """ResNetSE34V2, whose attention gives the mean (`SAP`) or mean and standard deviation (`ASP`)."""
    sizes = residual_sizes(checkpoint, f"{_NETWORK}layer")
    embedding_size, pooled_size = checkpoint.shape(f"{_NETWORK}fc.weight")
    bottleneck, num_channels, _ = checkpoint.shape(f"{_NETWORK}attention.0.weight")
    taps = checkpoint.tensors.get(f"{_NETWORK}torchfb.0.flipped_filter")
    front_end = mel_spectrogram_options(
        checkpoint,
        f"{_NETWORK}torchfb.1",
        log=log,
        # Three strides of two leave an eighth of the bands.
        num_mels=8 * num_channels // sizes["channels"][-1],
        # Rounded, for the filter is held in single precision.
        pre_emphasis=0.97 if taps is None else round(-float(taps.flatten()[0]), 6),
    )
    encoder = {
        "name": "half_resnet34",
        "embedding_size": embedding_size,
        "front_end": front_end,
        "pooling": {
            "name": "channel_attentive",
            "bottleneck": bottleneck,
            "deviation": pooled_size == 2 * num_channels,
        },
        **sizes,
    }
    rules: list[Rule] = [
        (r"__S__\.attention\.([023])\.(\w+)", r"pooling.scores.\1.\2"),
        (r"__S__\.torchfb\.0\.flipped_filter", None),
        *mel_spectrogram_rules(r"__S__\.torchfb\.1"),
    ]
    return Translation("ResNetSE34V2", encoder, rename(checkpoint.tensors, _COMMON + rules))
