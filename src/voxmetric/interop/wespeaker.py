"""Checkpoints of WeSpeaker (Wang et al. 2023): ResNets of basic blocks and ECAPA-TDNN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voxmetric.audio.features.log_mel import KALDI
from voxmetric.errors import InputError
from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.renaming import Rule, rename
from voxmetric.interop.residual_names import residual_rules, residual_sizes

# The margin layer, whose rows are the training speakers, three times as many under speed perturbation.
_COMMON: list[Rule] = [
    (r"projection\..+", None),
    (r"pool\.linear1\.(\w+)", r"pooling.hidden.\1"),
    (r"pool\.linear2\.(\w+)", r"pooling.scores.\1"),
]


class WeSpeaker:
    """Folders of `avg_model.pt` and `config.yaml`.

    Without `config.yaml` the filter bank is the published one: 16 kHz, frames of 25 ms every 10 ms, mean removed.
    """

    origin = "https://github.com/wenet-e2e/wespeaker"

    def recognises(self, checkpoint: Checkpoint) -> bool:
        return "seg_1.weight" in checkpoint.tensors or "layer2.se_res2block.0.conv.weight" in checkpoint.tensors

    def translate(self, checkpoint: Checkpoint) -> Translation:
        return _resnet(checkpoint) if "seg_1.weight" in checkpoint.tensors else _ecapa(checkpoint)


def _resnet(checkpoint: Checkpoint) -> Translation:
    sizes = residual_sizes(checkpoint, "layer")
    embedding_size, pooled_size = checkpoint.shape("seg_1.weight")
    pooling = _pooling(checkpoint, pooled_size)
    num_channels = pooled_size if pooling["name"] == "average" else pooled_size // 2
    encoder = {
        "name": "resnet34",
        "embedding_size": embedding_size,
        "front_end": _filter_bank(checkpoint, num_mels=8 * num_channels // sizes["channels"][-1]),
        "pooling": pooling,
        **sizes,
    }
    rules: list[Rule] = [
        (r"(conv1|bn1)\.(\w+)", r"trunk.\1.\2"),
        (r"seg_1\.(\w+)", r"projection.\1"),
        *residual_rules("layer"),
    ]
    architecture = f"ResNet{2 * sum(sizes['blocks']) + 2}"
    return Translation(architecture, encoder, rename(checkpoint.tensors, _COMMON + rules))


def _ecapa(checkpoint: Checkpoint) -> Translation:
    channels, num_mels, _ = checkpoint.shape("layer1.conv.weight")
    embedding_size, pooled_size = checkpoint.shape("linear.weight")
    encoder = {
        "name": "ecapa_tdnn",
        "embedding_size": embedding_size,
        "front_end": _filter_bank(checkpoint, num_mels),
        "pooling": _pooling(checkpoint, pooled_size),
        "channels": channels,
        "output_channels": checkpoint.shape("conv.weight")[0],
    }
    rules: list[Rule] = [
        (r"layer1\.conv\.(\w+)", r"trunk.first.convolution.\1"),
        (r"layer1\.bn\.(\w+)", r"trunk.first.normalization.\1"),
        (r"conv\.(\w+)", r"trunk.join.convolution.\1"),
        (r"bn\.(\w+)", r"projection.0.\1"),
        (r"linear\.(\w+)", r"projection.1.\1"),
    ]
    for block in range(3):
        theirs, ours = rf"layer{block + 2}\.se_res2block", f"trunk.blocks.{block}"
        rules += [
            (rf"{theirs}\.0\.conv\.(\w+)", rf"{ours}.narrow.convolution.\1"),
            (rf"{theirs}\.0\.bn\.(\w+)", rf"{ours}.narrow.normalization.\1"),
            (rf"{theirs}\.1\.convs\.(\d)\.(\w+)", rf"{ours}.res2.layers.\1.convolution.\2"),
            (rf"{theirs}\.1\.bns\.(\d)\.(\w+)", rf"{ours}.res2.layers.\1.normalization.\2"),
            (rf"{theirs}\.2\.conv\.(\w+)", rf"{ours}.widen.convolution.\1"),
            (rf"{theirs}\.2\.bn\.(\w+)", rf"{ours}.widen.normalization.\1"),
            (rf"{theirs}\.3\.linear1\.(\w+)", rf"{ours}.squeeze.\1"),
            (rf"{theirs}\.3\.linear2\.(\w+)", rf"{ours}.excite.\1"),
        ]
    return Translation("ECAPA-TDNN", encoder, rename(checkpoint.tensors, _COMMON + rules))


def _pooling(checkpoint: Checkpoint, pooled_size: int) -> dict[str, Any]:
    """The pooling: attentive where it has weights, else as the settings say, statistics without any.

    Raises:
        InputError: for a pooling that we do not have.
    """
    if "pool.linear1.weight" in checkpoint.tensors:
        bottleneck, seen, _ = checkpoint.shape("pool.linear1.weight")
        return {
            "name": "channel_context_attentive",
            "bottleneck": bottleneck,
            "context": seen == 3 * pooled_size // 2,
            "variance_floor": 1e-10,
        }
    name = _mapping(checkpoint, "model_args").get("pooling_func", "TSTP")
    known = {"TSTP": "statistics", "TAP": "average"}
    if name not in known:
        raise InputError(f"{checkpoint.settings_path}: pooling_func {name} is not supported; ASTP, TSTP and TAP are")
    return {"name": known[name]}


def _filter_bank(checkpoint: Checkpoint, num_mels: int) -> dict[str, Any]:
    """Options of `log_mel` for `dataset_args`.

    Raises:
        InputError: for features other than a filter bank, or a normalisation by the variance.
    """
    arguments = _mapping(checkpoint, "dataset_args")
    frontend = arguments.get("frontend", "fbank")
    if frontend != "fbank" or dict(arguments.get("cmvn_args") or {}).get("norm_var", False):
        raise InputError(
            f"{checkpoint.settings_path}: frontend {frontend} with cmvn_args {arguments.get('cmvn_args')} is not "
            "supported; expected fbank with norm_var false"
        )
    bank = dict(arguments.get("fbank_args") or {})
    sample_rate = int(arguments.get("resample_rate", 16000))
    frame_seconds = float(bank.get("frame_length", 25)) / 1000
    return {
        "name": "log_mel",
        **KALDI,
        "sample_rate": sample_rate,
        "frame_seconds": frame_seconds,
        "hop_seconds": float(bank.get("frame_shift", 10)) / 1000,
        # Kaldi takes the next power of two.
        "fft_size": 1 << (round(frame_seconds * sample_rate) - 1).bit_length(),
        "num_mels": int(bank.get("num_mel_bins", num_mels)),
        "normalization": "mean" if arguments.get("cmvn", True) else "none",
    }


def _mapping(checkpoint: Checkpoint, key: str) -> Mapping[str, Any]:
    value = checkpoint.settings.get(key) or {}
    if not isinstance(value, Mapping):
        raise InputError(f"{checkpoint.settings_path}: expected a mapping under {key}, found {value!r}")
    return value
