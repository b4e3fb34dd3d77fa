"""A model as one ONNX file: its front-end inside, any number of recordings of any length, checked before it is kept."""

from __future__ import annotations

import dataclasses
import json
import os

from voxmetric.errors import InputError
from voxmetric.files import replacing
from voxmetric.interop.onnx_agreement import Agreement, agreement_with_torch
from voxmetric.interop.onnx_encoder import FORMAT, require_onnx
from voxmetric.interop.onnx_graph import graph_of
from voxmetric.speaker_model import SpeakerModel

TOLERANCE = 1e-4
"""Largest difference from torch that an exported file may have, in any component of a unit-length embedding, and of a
raw one relative to its largest component."""


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
    graph = graph_of(encoder)
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
        if not agreement.worst <= TOLERANCE:
            raise InputError(
                f"ONNX Runtime differs from torch by {agreement.worst:.2g}, more than {TOLERANCE:g}: {path} was not "
                "written; use the model folder itself"
            )
    return agreement
