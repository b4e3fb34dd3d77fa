"""Opening other people's checkpoints: tensors by name, and the settings beside them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.interop.plain_yaml import read_plain_yaml

# What the tools call the file of weights in a folder; without any of these, the only file of such a suffix.
_WEIGHTS = (
    "avg_model.pt",
    "embedding_model.ckpt",
    "pretrained.pt",
    "checkpoints/model_avg.pt",
    "checkpoints/model_best.pt",
    "checkpoints/model_latest.pt",
)
_SUFFIXES = (".bin", ".ckpt", ".model", ".pt", ".pth")
_SETTINGS = ("config.yaml", "config.yml", "hyperparams.yaml")
# Where the tensors are in files that hold more than them.
_STATES = ("model_state_dict", "state_dict", "model_state", "model")


@dataclass(frozen=True)
class Checkpoint:
    """Somebody else's model as it lies on the disk.

    Attributes:
        path: the file of weights.
        tensors: by their names, without the `module.` of parallel training.
        settings: plain data of the YAML file beside it; empty without one.
        settings_path: that file.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    settings: Mapping[str, Any]
    settings_path: Path | None

    def shape(self, name: str) -> torch.Size:
        """Shape of the tensor `name`.

        Raises:
            InputError: if there is none.
        """
        if name not in self.tensors:
            raise InputError(f"{self.path} has no tensor {name}: it is incomplete, or of another format")
        return self.tensors[name].shape


def open_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a file of weights, or the one in a folder, and the settings beside it.

    Raises:
        InputError: if there is no such file, or it is no dictionary of tensors, or needs code of its own to be read.
    """
    weights = _weights_file(Path(path))
    tensors = {name.removeprefix("module."): tensor for name, tensor in _tensors(weights).items()}
    folders = [weights.parent, weights.parent.parent] if weights.parent.name == "checkpoints" else [weights.parent]
    beside = [folder / name for folder in folders for name in _SETTINGS if (folder / name).is_file()]
    settings = read_plain_yaml(beside[0]) if beside else {}
    return Checkpoint(weights, tensors, settings, beside[0] if beside else None)


def _weights_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError(f"there is no file or folder {path}: give a checkpoint, or the folder that it came in")
    candidates = [path / name for name in _WEIGHTS if (path / name).is_file()]
    candidates = candidates or sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
    if len(candidates) != 1:
        found = ", ".join(str(file.relative_to(path)) for file in candidates[:10]) or "none"
        raise InputError(f"expected one file of weights in {path}, found {found}: give the file itself")
    return candidates[0]


def _tensors(path: Path) -> Mapping[str, Tensor]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on files of other pickles, for people who mend torch
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # the bytes of any other file are instructions to it, and fail in as many ways
        raise InputError(
            f"{path} cannot be read as tensors alone: it is no file of torch.save, is damaged, or would run code of "
            "its own, which is refused; save its state dictionary by itself, with the tool that made it"
        ) from error
    if isinstance(loaded, Mapping):
        loaded = next((loaded[key] for key in _STATES if isinstance(loaded.get(key), Mapping)), loaded)
        if loaded and all(isinstance(name, str) and isinstance(value, Tensor) for name, value in loaded.items()):
            return loaded
    raise InputError(f"{path} holds no dictionary of tensors, alone or under {', '.join(_STATES)}")
