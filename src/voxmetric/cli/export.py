"""`voxmetric export`: a model as one ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def export(
    model: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write a model as one ONNX file, its front-end inside, for any length of audio. Needs the extra `onnx`.

    The file is compared with the model at five lengths, and kept only if they agree to 1e-4.

    Example: `voxmetric export runs/best --output best.onnx`

    Parameters
    ----------
    model
        Folder that `voxmetric train` or `voxmetric convert` wrote.
    output
        The file to write. `model.onnx` in the model's folder is where `voxmetric embed` looks for it.
    json
        Print what was done as JSON.
    """
    import msgspec

    from voxmetric.interop.onnx_encoder import require_onnx
    from voxmetric.interop.onnx_export import export as export_model
    from voxmetric.speaker_model import load_model

    require_onnx()
    loaded = load_model(model)
    agreement = export_model(loaded, output)
    size = output.stat().st_size
    if json:
        done = {
            "output": str(output),
            "bytes": size,
            "sample_rate": loaded.sample_rate,
            "embedding_size": loaded.embedding_size,
            "minimum_samples": loaded.encoder.minimum_samples,
            "fingerprint": loaded.fingerprint,
            "compared_lengths": agreement.lengths,
            "difference": {"unit_length": agreement.unit, "raw": agreement.raw},
        }
        print(msgspec.json.encode(done).decode())
        return
    print(
        f"{output}: {size / 1e6:.1f} MB, {loaded.embedding_size} components at {loaded.sample_rate} Hz; differs from "
        f"torch by {agreement.unit:.1e} at most, at {len(agreement.lengths)} lengths"
    )
