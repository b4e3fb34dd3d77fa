"""Self-supervised speech networks of Hugging Face transformers, from a local folder or from their settings alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from voxmetric.errors import InputError

# By `model_type`; all three have the same parts and names.
_FAMILIES = {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "wavlm": "WavLM"}
# What belongs to the file that the settings came from and not to the network, or follows from other settings.
_LEFT_OUT = (
    "_name_or_path",
    "architectures",
    "dtype",
    "id2label",
    "label2id",
    "num_feat_extract_layers",
    "transformers_version",
)
# Masking in training would come on top of our augmentations; dropped layers and the unused adapter would leave
# parameters without gradients.
_SWITCHED_OFF = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "layerdrop": 0.0, "add_adapter": False}


def folder_settings(folder: str) -> tuple[dict[str, Any], bool]:
    """Settings of the network in a folder, and whether it takes recordings of mean zero and variance one.

    Raises:
        InputError: if there is no such folder, or it is not one of safetensors; nothing is ever downloaded.
    """
    path = Path(folder)
    if not (path / "config.json").is_file():
        raise InputError(
            f"{folder} is no local folder with a config.json: download the model first and give its folder; "
            "nothing is downloaded here"
        )
    if not (path / "model.safetensors").is_file() and not (path / "model.safetensors.index.json").is_file():
        raise InputError(
            f"{folder} has no model.safetensors: pickled weights are refused; save the model again with save_pretrained"
        )
    preprocessing = _read(path / "preprocessor_config.json") if (path / "preprocessor_config.json").is_file() else {}
    return complete_settings(_read(path / "config.json")), bool(preprocessing.get("do_normalize", True))


def complete_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting of the network, JSON-able, defaults included (those of the Base size).

    What is no setting of such a network is left out, code and quantisation among it.

    Raises:
        InputError: for another kind of network, or settings that do not fit together.
    """
    transformers = _transformers()
    kind = settings.get("model_type")
    if kind not in _FAMILIES:
        raise InputError(f"model_type is {kind!r}: expected one of {', '.join(_FAMILIES)}")
    defaults = getattr(transformers, f"{_FAMILIES[kind]}Config")().to_dict()
    known = {name: settings.get(name, default) for name, default in defaults.items() if name not in _LEFT_OUT}
    complete: dict[str, Any] = json.loads(json.dumps(known | _SWITCHED_OFF))
    _configuration(complete)
    return complete


def random_network(settings: Mapping[str, Any]) -> nn.Module:
    """The network of these settings with random weights."""
    transformers = _transformers()
    family = _FAMILIES[settings["model_type"]]
    network: nn.Module = getattr(transformers, f"{family}Model")(_configuration(settings))
    return network


def folder_network(folder: str, settings: Mapping[str, Any]) -> nn.Module:
    """The network of these settings with the weights in the folder, in single precision.

    Raises:
        InputError: if weights are missing.
    """
    model_class = getattr(_transformers(), f"{_FAMILIES[settings['model_type']]}Model")
    network: nn.Module
    network, report = model_class.from_pretrained(
        folder,
        config=_configuration(settings),
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
    )
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise InputError(f"{folder} lacks {len(missing)} weights of its own settings ({', '.join(missing[:5])})")
    return network


def _configuration(settings: Mapping[str, Any]) -> Any:
    from huggingface_hub.errors import StrictDataclassError

    try:
        return getattr(_transformers(), f"{_FAMILIES[settings['model_type']]}Config").from_dict(dict(settings))
    except (StrictDataclassError, TypeError, ValueError) as error:
        raise InputError(f"the network's settings do not fit together: {' '.join(str(error).split())[:300]}") from error


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise InputError('the encoder wav2vec needs an extra: pip install "voxmetric[transformers]"') from error
    return transformers


def _read(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"cannot read {path} as JSON: {error}") from error
    if not isinstance(settings, dict):
        raise InputError(f"expected a mapping in {path}, found {type(settings).__name__}")
    return settings
