"""`voxmetric compare`: several objectives on the same terms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.training.recipe import Recipe


def compare(
    recipe: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    losses: str | None = None,
    seeds: int | None = None,
    jobs: int | None = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="", consume_multiple=False)] = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compare training objectives: same encoder, data, order, augmentation and tuning budget for each.

    Writes `report.html` (self-contained), `results.json` and `table.md` into the output folder. Interrupt it and run
    the same command again to go on; name further losses to add them to a finished comparison.

    Example: `voxmetric compare recipes/commands.yaml --losses softmax,aam_softmax,triplet --output runs/first`

    Parameters
    ----------
    recipe
        YAML file; docs/recipes.md explains its keys.
    output
        Folder for the runs and the report.
    losses
        Comma-separated names, instead of the recipe's `compare.losses`.
    seeds
        Runs of each objective, instead of the recipe's `compare.seeds`.
    jobs
        Runs at the same time, each with its share of the cores; by default one a core.
    set_
        KEY.KEY=VALUE, replaces a value of the recipe; may be given several times.
    dry_run
        Print how long the comparison would take, from some timed steps of each objective, and train nothing.
    quiet
        No progress bar.
    json
        Print the results as JSON instead of a table.
    """
    from voxmetric.training.recipe_file import read_recipe

    assignments = list(set_ or ())
    if losses is not None:
        assignments.append(f"compare.losses=[{losses}]")
    if seeds is not None:
        assignments.append(f"compare.seeds={seeds}")
    if jobs is not None:
        assignments.append(f"compare.jobs={jobs}")
    resolved = read_recipe(recipe, assignments)
    if dry_run:
        _estimate(resolved, as_json=json)
        return
    if output is None:
        raise InputError("a comparison needs a folder: give --output FOLDER, or --dry-run to see what it would take")
    from voxmetric.cli.progress import comparison_progress
    from voxmetric.comparison.compare import compare as compare_objectives

    with comparison_progress(quiet=quiet) as watch:
        comparison = compare_objectives(resolved, output, watch)
    show(comparison, output, as_json=json)


def _estimate(recipe: Recipe, *, as_json: bool) -> None:
    import msgspec

    from voxmetric.cli.estimates import described_comparison
    from voxmetric.comparison.estimate import estimate_comparison

    found = estimate_comparison(recipe)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for line in described_comparison(found):
        print(line)


def show(comparison: object, output: Path, *, as_json: bool) -> None:
    """Print a comparison and where its report is."""
    from rich.console import Console

    from voxmetric.reports.results import Comparison
    from voxmetric.reports.storage import to_json
    from voxmetric.reports.table import terminal_table

    assert isinstance(comparison, Comparison)
    if as_json:
        print(to_json(comparison), end="")
        return
    Console().print(terminal_table(comparison))
    print(f"report: {output / 'report.html'}")
