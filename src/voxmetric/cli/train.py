"""`voxmetric train`: one model from a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.training.recipe import Recipe
    from voxmetric.training.trainer import TrainingResult


def train(
    recipe: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    from_: Annotated[Path | None, Parameter(name="--from")] = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="", consume_multiple=False)] = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
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
    from_
        Model folder, or name of a shipped model, to start from instead of random weights: fine-tuning, see
        docs/fine_tuning.md.
    set_
        KEY.KEY=VALUE, replaces a value of the recipe; may be given several times.
    dry_run
        Print what data, memory, steps and time the recipe takes, from some timed steps, and train nothing.
    quiet
        No progress bar.
    json
        Print the result as JSON on standard output.
    """
    from voxmetric.training.recipe_file import read_recipe

    assignments = list(set_ or ())
    if from_ is not None:
        assignments.append(f"fine_tuning.model={_quoted(from_)}")
    resolved = read_recipe(recipe, assignments)
    if dry_run:
        _estimate(resolved, as_json=json)
        return
    if output is None:
        raise InputError("a model needs a folder: give --output FOLDER, or --dry-run to see what training would take")
    if resolved.pseudo_labels is not None:
        _train_rounds(resolved, output, quiet=quiet, as_json=json)
        return
    from voxmetric.cli.progress import training_progress
    from voxmetric.training.trainer import train as train_model

    with training_progress(resolved.name, quiet=quiet) as watch:
        result = train_model(resolved, output, watch)
    _report(output, result, without_labels=resolved.method is not None, as_json=json)


def _quoted(folder: Path) -> str:
    """As a value of `--set`: a path on the command line starts from the working folder, not from the recipe's."""
    import json

    from voxmetric import shipped

    return json.dumps(str(folder if shipped.is_shipped(shipped.locate(folder)) else folder.resolve()))


def _estimate(recipe: Recipe, *, as_json: bool) -> None:
    import msgspec

    from voxmetric.cli.estimates import described
    from voxmetric.training.estimate import estimate

    found = estimate(recipe)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for line in described(recipe, found):
        print(line)


def _train_rounds(recipe: Recipe, output: Path, *, quiet: bool, as_json: bool) -> None:
    """Rounds of pseudo-labels, with a line for each."""
    import msgspec

    from voxmetric.cli.progress import rounds_progress
    from voxmetric.training.pseudo_label_round import described
    from voxmetric.training.pseudo_labels import train_rounds

    with rounds_progress(quiet=quiet) as watch:
        rounds = train_rounds(recipe, output, watch)
    if not _writes():
        return
    if as_json:
        print(msgspec.json.encode(rounds).decode())
        return
    for one in rounds:
        print(f"round {one.number}: {described(one.labels)}{_development(one.result)}")
    print(f"next: voxmetric evaluate {output} --table TABLE --split test")


def _writes() -> bool:
    """Whether this process of those that `torchrun` started prints results."""
    import os

    return int(os.environ.get("RANK", "0")) == 0


def _development(result: TrainingResult) -> str:
    error = result.development_eer
    return "" if error is None else f", development EER {100 * error:.2f} %"


def _report(output: Path, result: TrainingResult, *, without_labels: bool, as_json: bool) -> None:
    import msgspec

    if not _writes():
        return
    if as_json:
        print(msgspec.json.encode(result).decode())
        return
    seen = f"{result.num_utterances} recordings" if without_labels else f"{result.num_speakers} speakers"
    print(f"{output}: {seen}, {result.seconds:.0f} s{_development(result)}")
    print(f"next: voxmetric evaluate {output} --table TABLE --split test")
