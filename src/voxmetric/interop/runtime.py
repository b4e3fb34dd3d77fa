"""Which of torch and ONNX Runtime computes a model: the one asked for, or the faster."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.interop import onnx_encoder, onnx_export
from voxmetric.interop.onnx_encoder import OnnxModel
from voxmetric.precision import Request
from voxmetric.speaker_model import SpeakerModel, load_model

Runtime = Literal["auto", "torch", "onnx"]

EXPORTED = "model.onnx"
"""Where an export is looked for, in the model's folder; written there only by the user."""

_ROUNDS = 2


@dataclass(frozen=True)
class Choice:
    """A model and how it is computed.

    Attributes:
        model: embeds with that runtime.
        runtime: `torch` or `onnx`.
        reason: why, in a few words.
    """

    model: SpeakerModel
    runtime: str
    reason: str


def load_with_runtime(
    path: str | os.PathLike[str],
    runtime: Runtime = "auto",
    examples: Callable[[int], Sequence[NDArray[np.float32]]] = lambda _: (),
    precision: Request = "float32",
) -> Choice:
    """Load a model folder, or a file that `voxmetric export` wrote, to be computed by the faster runtime.

    Args:
        path: the folder, or a file whose name ends with `.onnx`.
        runtime: `auto` times both on examples where the folder holds an export of the same weights, and else takes
            torch: an export costs as much time as minutes of audio. `onnx` exports to a temporary file where there is
            none.
        examples: gives waveforms (T,) of a sample rate, Hz, to time them on, such as the first recordings.
        precision: see `SpeakerModel`; ONNX Runtime computes in float32 alone, so that bfloat16 is for torch.

    Raises:
        InputError: if the model cannot be loaded, or not with this runtime and precision.
    """
    if precision == "bfloat16" and (runtime == "onnx" or os.fspath(path).endswith(".onnx")):
        raise InputError(
            "ONNX Runtime computes in float32 here: give a model's folder and --runtime torch for bfloat16"
        )
    place = Path(path)
    if place.suffix == ".onnx":
        if runtime == "torch":
            raise InputError(f"{place} can be computed by ONNX Runtime alone: give the model's folder for torch")
        return Choice(OnnxModel(place), "onnx", "the model is an ONNX file")
    model = load_model(place, precision="float32" if runtime == "onnx" else precision)
    if runtime == "torch":
        return Choice(model, "torch", "as asked")
    if model.precision == "bfloat16":
        return Choice(model, "torch", "ONNX Runtime has no bfloat16")
    exported = place / EXPORTED
    if runtime == "onnx":
        onnx_encoder.require_onnx()
        if exported.is_file() and (found := OnnxModel(exported)).fingerprint == model.fingerprint:
            return Choice(found, "onnx", "as asked")
        with tempfile.TemporaryDirectory() as folder:
            onnx_export.export(model, Path(folder) / EXPORTED)
            return Choice(OnnxModel(Path(folder) / EXPORTED), "onnx", "as asked, exported for this run")
    if not exported.is_file():
        return Choice(model, "torch", f"the model's folder holds no {EXPORTED}")
    if not onnx_encoder.is_available():
        return Choice(model, "torch", "ONNX Runtime is not installed")
    rival = OnnxModel(exported)
    if rival.fingerprint != model.fingerprint:
        return Choice(model, "torch", f"{EXPORTED} is of other weights")
    samples = examples(model.sample_rate)
    if not samples:
        return Choice(model, "torch", "nothing to time them on")
    ours, theirs = _seconds([model, rival], samples)
    reason = f"{ours:.2f} s with torch, {theirs:.2f} s with ONNX Runtime for {len(samples)} recordings"
    return Choice(rival, "onnx", reason) if theirs < ours else Choice(model, "torch", reason)


def _seconds(models: Sequence[SpeakerModel], samples: Sequence[NDArray[np.float32]]) -> list[float]:
    """The better of two rounds of each model, in turn, after one that is not counted."""
    best = [float("inf")] * len(models)
    for round_number in range(1 + _ROUNDS):
        for number, model in enumerate(models):
            start = time.perf_counter()
            model.embed_waveforms(samples)
            if round_number:
                best[number] = min(best[number], time.perf_counter() - start)
    return best
