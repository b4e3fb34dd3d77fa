"""`voxmetric train`: one model from a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def train(
    recipe: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="", consume_multiple=False)] = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Train one model from a recipe into a folder; run the same command again to go on after an interruption.

    Example: `voxmetric train recipes/commands.yaml --output runs/aam --set loss.name=aam_softmax`

    On several processes of one machine: `torchrun --nproc-per-node 2 -m voxmetric train RECIPE --output FOLDER`

    Parameters
    ----------
    recipe
        YAML file; docs/recipes.md explains its keys.
    output
        Folder for the model (`model.safetensors`, `model.json`), the log and checkpoints.
    set_
        KEY.KEY=VALUE, replaces a value of the recipe; may be given several times.
    quiet
        No progress bar.
    json
        Print the result as JSON on standard output.
    """
    from voxmetric.cli.progress import training_progress
    from voxmetric.training.recipe_file import read_recipe
    from voxmetric.training.trainer import train as train_model

    resolved = read_recipe(recipe, set_ or ())
    with training_progress(resolved.name, quiet=quiet) as watch:
        result = train_model(resolved, output, watch)
    _report(output, result, as_json=json)


def _report(output: Path, result: object, *, as_json: bool) -> None:
    import os

    import msgspec

    from voxmetric.training.trainer import TrainingResult

    assert isinstance(result, TrainingResult)
    if int(os.environ.get("RANK", "0")):
        return
    if as_json:
        print(msgspec.json.encode(result).decode())
        return
    error = "" if result.development_eer is None else f", development EER {100 * result.development_eer:.2f} %"
    print(f"{output}: {result.num_speakers} speakers, {result.seconds:.0f} s{error}")
    print(f"next: voxmetric evaluate {output} --table TABLE --split test")
