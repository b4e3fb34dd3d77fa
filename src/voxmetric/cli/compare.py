"""`voxmetric compare`: several objectives on the same terms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def compare(
    recipe: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    losses: str | None = None,
    seeds: int | None = None,
    jobs: int | None = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="", consume_multiple=False)] = None,
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
    quiet
        No progress bar.
    json
        Print the results as JSON instead of a table.
    """
    from voxmetric.cli.progress import comparison_progress
    from voxmetric.comparison.compare import compare as compare_objectives
    from voxmetric.training.recipe_file import read_recipe

    assignments = list(set_ or ())
    if losses is not None:
        assignments.append(f"compare.losses=[{losses}]")
    if seeds is not None:
        assignments.append(f"compare.seeds={seeds}")
    if jobs is not None:
        assignments.append(f"compare.jobs={jobs}")
    resolved = read_recipe(recipe, assignments)
    with comparison_progress(quiet=quiet) as watch:
        comparison = compare_objectives(resolved, output, watch)
    show(comparison, output, as_json=json)


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
