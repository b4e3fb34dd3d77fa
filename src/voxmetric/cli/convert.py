"""`voxmetric convert`: somebody else's checkpoint as a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def convert(
    path: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    format: str | None = None,
    weights: Literal["teacher", "student"] | None = None,
    log_input: bool | None = None,
    licence: str = "unknown",
    force: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a model folder of a checkpoint of another tool, its front-end inside. Nothing in the checkpoint is executed.

    Example: `voxmetric convert baseline_lite_ap.model --output models/lite`

    Parameters
    ----------
    path
        File of weights, or the folder that it came in with its settings.
    output
        The folder to write.
    format
        The tool that wrote it, such as wespeaker (another name lists all); told from the names of the tensors where
        it is not given.
    weights
        Which encoder of a checkpoint that has two.
    log_input
        Whether a voxceleb_trainer network takes logarithms of mel energies; as config.yaml beside it says, else yes.
    licence
        Of the weights, for the model's card.
    force
        Convert although tensors are missing, unexpected or of another shape, or the front-end differs.
    json
        Print what was done as JSON.
    """
    import dataclasses

    import msgspec

    from voxmetric import interop

    conversion = interop.convert(
        path, format_name=format, weights=weights, log_input=log_input, licence=licence, force=force
    )
    model, report = conversion.model, conversion.report
    model.save(output)
    if json:
        done = {
            "output": str(output),
            "format": conversion.format_name,
            "architecture": conversion.architecture,
            "embedding_size": model.embedding_size,
            "report": dataclasses.asdict(report),
        }
        print(msgspec.json.encode(done).decode())
        return
    print(
        f"{output}: {conversion.architecture} of {conversion.format_name}, {model.embedding_size} components, "
        f"{report.taken} tensors taken, {len(report.set_aside)} set aside"
    )
    if not report.fits:
        print(f"converted by force: {report}")
