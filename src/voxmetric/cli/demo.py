"""`voxmetric demo`: the main job on made voices, or at once on the user's own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

SPEAKERS, UTTERANCES = 120, 12


def demo(
    *,
    data: Path | None = None,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("voxmetric-demo"),
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compare three objectives on a small corpus of synthetic voices: no network, no data, a few minutes.

    With `--data` the same comparison runs on your own recordings instead.

    Example: `voxmetric demo --data recordings/ --output my-comparison`

    Parameters
    ----------
    data
        Your recordings: a folder with one sub-folder for each speaker, or anything that `voxmetric prepare` reads.
    output
        Folder for the table, the recipe, the runs and the report.
    quiet
        No progress bar.
    json
        Print the results as JSON instead of a table.
    """
    from voxmetric.cli.compare import show
    from voxmetric.cli.progress import comparison_progress
    from voxmetric.comparison.compare import compare
    from voxmetric.comparison.starter import starter_recipe
    from voxmetric.files import write_text
    from voxmetric.training.recipe_file import to_yaml

    table = _synthetic(output) if data is None else _prepared(data, output)
    name = "Demonstration on synthetic voices" if data is None else f"Objectives compared on {data.name}"
    recipe = starter_recipe(str(table.resolve()), name)
    path = output / "recipe.yaml"
    write_text(path, to_yaml(recipe))
    with comparison_progress(quiet=quiet) as watch:
        comparison = compare(recipe, output, watch)
    show(comparison, output, as_json=json)
    if json:
        return
    if data is None:
        print("next, on your own recordings (one sub-folder for each speaker):")
        print("  voxmetric demo --data YOUR_FOLDER --output my-comparison")
    else:
        print("next, add an objective to this comparison, or change the recipe and compare into another folder:")
        print(f"  voxmetric compare {path} --losses triplet --output {output}")
