"""A model as one ONNX file: its front-end inside, any number of recordings of any length, checked before it is kept."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.files import replacing

if TYPE_CHECKING:
    import onnx

    from voxmetric.speaker_model import SpeakerModel

FORMAT = 1
TOLERANCE = 1e-4
"""Largest difference from torch that an exported file may have, in any component of a unit-length embedding, and of a
raw one relative to its largest component."""

_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_CHECKED_LENGTHS, _LONGEST_SECONDS = 5, 8.0
_EXAMPLE_SECONDS = 5.0


@dataclass(frozen=True)
class Agreement:
    """How far ONNX Runtime was from torch.

    Attributes:
        lengths: samples of the recordings compared.
        unit: largest difference in a component of a unit-length embedding.
        raw: largest difference in a component of an embedding as the network gives it, relative to its largest one.
    """

    lengths: tuple[int, ...]
    unit: float
    raw: float


def is_available() -> bool:
    """Whether the packages of the extra `onnx` are installed; imports none of them."""
    return all(importlib.util.find_spec(name) for name in _PACKAGES)


def require_onnx() -> None:
    """Raise an `InputError` that names the command, where the extra is not installed."""
    if not is_available():
        raise InputError("ONNX needs further packages: pip install 'voxmetric[onnx]'")


def export(model: SpeakerModel, path: str | os.PathLike[str]) -> Agreement:
    """Write `model` as one self-contained ONNX file, if ONNX Runtime gives the same embeddings as torch.

    Inputs `waveforms` (batch, samples) float32 in [-1, 1] and `lengths` (batch,) int64, the samples that count in each;
    output `embeddings` (batch, D), not normalised. The metadata hold `format`, `sample_rate`, `embedding_size`,
    `minimum_samples`, `fingerprint` and `card` (JSON).

    Args:
        model: any whose encoder is on the CPU.
        path: the file to write.

    Raises:
        InputError: if the extra is missing, an operation has no ONNX form, the results differ by more than `TOLERANCE`
            at one of five lengths, or the file cannot be written; no file is left then.
    """
    require_onnx()
    import onnx

    encoder = model.encoder
    graph = _graph(encoder)
    properties = {
        "format": FORMAT,
        "sample_rate": encoder.sample_rate,
        "embedding_size": encoder.embedding_size,
        "minimum_samples": encoder.minimum_samples,
        "fingerprint": model.fingerprint,
        "card": json.dumps(dataclasses.asdict(model.card)),
    }
    onnx.helper.set_model_props(graph, {name: str(value) for name, value in properties.items()})
    with replacing(path) as beside:
        beside.write_bytes(graph.SerializeToString())
        agreement = agreement_with_torch(encoder, beside)
        worst = max(agreement.unit, agreement.raw)
        if not worst <= TOLERANCE:
            raise InputError(
                f"ONNX Runtime differs from torch by {worst:.2g}, more than {TOLERANCE:g}: {path} was not written; "
                "use the model folder itself"
            )
    return agreement


def agreement_with_torch(encoder: Encoder, path: Path) -> Agreement:
    """Compare an exported file with its encoder at five lengths, from the shortest possible to eight seconds.

    Each is a batch of three, of which one is shorter than the others, so that the padding counts too.
    """
    from voxmetric.interop.onnx_encoder import OnnxEncoder

    exported = OnnxEncoder(path)
    longest = max(2 * encoder.minimum_samples, round(_LONGEST_SECONDS * encoder.sample_rate))
    lengths = [int(length) for length in np.geomspace(encoder.minimum_samples, longest, _CHECKED_LENGTHS)]
    generator = torch.Generator().manual_seed(0)
    unit = raw = 0.0
    for length in lengths:
        waveforms = 0.1 * torch.randn(3, length, generator=generator)
        counted = torch.tensor([length, max(encoder.minimum_samples, 2 * length // 3), length])
        with torch.no_grad():
            wanted, found = encoder(waveforms, counted), exported(waveforms, counted)
        raw = max(raw, float((wanted - found).abs().max() / wanted.abs().max().clamp(min=1e-12)))
        normalized = nn.functional.normalize(wanted) - nn.functional.normalize(found)
        unit = max(unit, float(normalized.abs().max()))
    return Agreement(tuple(lengths), unit, raw)


class _Network(nn.Module):
    """What follows the front-end."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.trunk, self.pooling, self.projection = encoder.trunk, encoder.pooling, encoder.projection

    def forward(self, features: Tensor, num_frames: Tensor) -> Tensor:
        embeddings: Tensor = self.projection(self.pooling(*self.trunk(features, num_frames)))
        return embeddings


def _graph(encoder: Encoder) -> onnx.ModelProto:
    """Front-end and network as one graph.

    They are exported one by one: the number of frames is then a name in the network's graph, not a formula of the
    number of samples, which every layer would make longer and the exporter's time with it (hours for a ResNet).
    """
    import onnx

    # Several windows long, for encoders that work in windows.
    length = encoder.minimum_samples + round(_EXAMPLE_SECONDS * encoder.sample_rate)
    waveforms, lengths = 0.1 * torch.randn(3, length), torch.tensor([length, length - 99, length - 200])
    with torch.no_grad():
        features, num_frames = encoder.front_end(waveforms, lengths)
    front_end = _exported(
        encoder.front_end.eval(), (waveforms, lengths), ["waveforms", "lengths"], ["features", "num_frames"], "samples"
    )
    network = _exported(
        _Network(encoder).eval(), (features, num_frames), ["features", "num_frames"], ["embeddings"], "frames"
    )
    joined: onnx.ModelProto = onnx.compose.merge_models(
        onnx.compose.add_prefix(front_end, "front_end/", rename_inputs=False, rename_outputs=False),
        network,
        io_map=[("features", "features"), ("num_frames", "num_frames")],
    )
    onnx.checker.check_model(joined)
    return joined


def _exported(
    module: nn.Module, example: tuple[Tensor, Tensor], inputs: list[str], outputs: list[str], time: str
) -> onnx.ModelProto:
    """A module of (B, ..., T) and lengths (B,) as a graph with dynamic batch and time."""
    dynamic = torch.export.Dim.DYNAMIC
    shapes = ({0: dynamic, example[0].dim() - 1: dynamic}, {0: dynamic})
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                torch.export.export(module, example, dynamic_shapes=shapes, strict=False),
                dynamo=True,
                input_names=inputs,
                output_names=outputs,
                custom_translation_table=_translations(),
                verbose=False,
            )
    except Exception as error:  # the exporter raises errors of many kinds, all of them about the module
        reason = " ".join(str(error).split())
        raise InputError(f"this model has no ONNX form ({reason[:300]}): use the model folder itself") from error
    assert program is not None  # a file is written, and None returned, only where one is named
    for value in (*program.model.graph.inputs, *program.model.graph.outputs):
        _name_axes(value, example[0].dim(), time)
    return program.model_proto


def _name_axes(value: Any, rank: int, time: str) -> None:
    """Call the dynamic axes `batch` and `samples` or `frames`, in place of the exporter's s17."""
    import onnx_ir

    if value.shape is not None:
        last = len(value.shape) - 1
        names = [
            size if isinstance(size, int) else "batch" if axis == 0 else time if axis == last == rank - 1 else None
            for axis, size in enumerate(value.shape)
        ]
        value.shape = onnx_ir.Shape(names)


def _translations() -> dict[Any, Any]:
    """The Fourier transform as a matrix product: ONNX Runtime's own operator takes several times as long."""
    import onnx
    from onnxscript.onnx_opset import opset18 as op

    def real_transform(frames: Any, dim: Any, normalization: int, onesided: bool) -> Any:  # noqa: ARG001
        size = int(frames.shape[-1])
        bins = size // 2 + 1 if onesided else size
        angles = 2 * np.pi / size * (np.outer(np.arange(size), np.arange(bins)) % size)
        # Complex numbers are a last axis of two, as everywhere in the exporter.
        waves = np.stack([np.cos(angles), -np.sin(angles)], axis=-1).reshape(size, 2 * bins).astype(np.float32)
        products = op.MatMul(frames, op.Constant(value=onnx.numpy_helper.from_array(waves)))
        shape = np.array([0] * (len(frames.shape) - 1) + [bins, 2], dtype=np.int64)
        return op.Reshape(products, op.Constant(value=onnx.numpy_helper.from_array(shape)))

    return {torch.ops.aten._fft_r2c.default: real_transform}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on torchvision, on its own deprecated calls and on the progress it makes."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg|torch")
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="copyreg|torch|onnx|onnxscript")
            warnings.filterwarnings("ignore", message=".*export.*", category=UserWarning)
            yield
    finally:
        log.setLevel(level)
