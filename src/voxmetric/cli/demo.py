"""`voxmetric demo`: the main job on made voices, or at once on the user's own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

SPEAKERS, UTTERANCES = 160, 12
SPLIT = {"train": 0.7, "dev": 0.15, "test": 0.15}
FEWEST_TRAINING_SPEAKERS = 4


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

    table = _synthetic(output / "corpus", quiet=quiet) if data is None else _prepared(data, output, quiet=quiet)
    name = "Demonstration on synthetic voices" if data is None else f"Objectives compared on {data.name}"
    recipe = starter_recipe(str(table.resolve()), name, _training_speakers(table))
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


def _synthetic(folder: Path, *, quiet: bool) -> Path:
    """The table of the made corpus, which is written unless it is there."""
    from voxmetric.cli.progress import progress_bar
    from voxmetric.data.corpora.synthetic import synthesize

    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("making synthetic voices", total=SPEAKERS, note="")
        synthesize(
            folder,
            num_speakers=SPEAKERS,
            utterances_per_speaker=UTTERANCES,
            watch=lambda done: bar.update(task, completed=done),
        )
    return folder / "utterances.csv"


def _prepared(data: Path, output: Path, *, quiet: bool) -> Path:
    """The checked table of the user's recordings; splits that it already has are kept."""
    from voxmetric.cli.progress import progress_bar
    from voxmetric.data.preparation import Plan, prepare
    from voxmetric.data.scanning import Thresholds
    from voxmetric.data.utterances import UtteranceTable

    corpus = UtteranceTable.read(data)
    plan = Plan(split=None if set(SPLIT) <= set(corpus.splits) else SPLIT)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("scanning recordings", total=len(corpus), note="")
        prepared = prepare(
            corpus,
            output / "utterances.csv",
            plan,
            Thresholds(),
            progress=lambda done: bar.update(task, completed=done),
        )
    left_out = prepared.report.num_scanned - len(prepared.table)
    if left_out:
        print(f"{left_out} of {prepared.report.num_scanned} recordings left out; see {prepared.report_path}")
    return prepared.table_path


def _training_speakers(path: Path) -> int:
    """How many training speakers can be batched.

    Raises:
        InputError: if they are too few to compare anything.
    """
    import numpy as np

    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.errors import InputError

    _, codes = UtteranceTable.read(path).where(split="train").speaker_codes()
    count = int((np.bincount(codes) >= 2).sum())
    if count < FEWEST_TRAINING_SPEAKERS:
        raise InputError(
            f"{path}: expected at least {FEWEST_TRAINING_SPEAKERS} training speakers with two or more recordings, "
            f"found {count}: give a folder with one sub-folder for each speaker, of more speakers"
        )
    return count
