"""The state of a run on disk: written in one step, read without executing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from voxmetric.errors import InputError
from voxmetric.files import replacing

FORMAT = 1


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` (tensors, numbers, strings, lists and dictionaries of them) to `path` in one step.

    Raises:
        InputError: if there is no space or no permission; the former checkpoint stays as it was.
    """
    with replacing(path) as beside:
        try:
            torch.save({"format": FORMAT, **state}, beside)
        except RuntimeError as error:  # what torch makes of a failed write
            raise OSError(None, f"the checkpoint could not be written ({error})") from error


def load_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """Read a checkpoint written by `save_checkpoint`.

    Raises:
        InputError: if it is damaged or of another format.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # there is no telling what the unpickler makes of a damaged file
        raise InputError(
            f"{path} is damaged ({' '.join(str(error).split())[:200]}): delete it to start the run anew"
        ) from error
    if state.get("format") != FORMAT:
        raise InputError(f"{path} has format {state.get('format')}, expected {FORMAT}: delete it to start the run anew")
    return state
