"""An encoder as an ONNX graph, its front-end inside, for any number of recordings of any length."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError

if TYPE_CHECKING:
    import onnx

_EXAMPLE_SECONDS = 5.0


def graph_of(encoder: Encoder) -> onnx.ModelProto:
    """The graph from `waveforms` (batch, samples) and `lengths` (batch,) to `embeddings` (batch, D).

    Front-end and network are exported one by one: the number of frames is then a name in the network's graph, not a
    formula of the number of samples, which every layer would make longer and the exporter's time with it (a ResNet
    took more than ten times as long).

    Raises:
        InputError: if an operation has no ONNX form.
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


class _Network(nn.Module):
    """What follows the front-end."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.trunk, self.pooling, self.projection = encoder.trunk, encoder.pooling, encoder.projection

    def forward(self, features: Tensor, num_frames: Tensor) -> Tensor:
        embeddings: Tensor = self.projection(self.pooling(*self.trunk(features, num_frames)))
        return embeddings


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
    from onnxscript.onnx_opset import opset18

    op: Any = opset18

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
