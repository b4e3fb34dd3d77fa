"""Main effects in a comparison whose objectives are a grid, `LOSS SAMPLING MARGIN`, by diarization error.

    python benchmarks/diarization_grid.py runs/narayanaswamy_small --model default --output effects.json

For each set of recordings: the mean error over all cells with one sampling less that over the same cells with another
(likewise margins and losses), from the same resamples of the recordings and of the training runs, and the error of a
further model for scale.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from voxmetric.audio.source import AudioSource
from voxmetric.comparison.diarization import found_turns, settings_of
from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.data.turns import Turns
from voxmetric.diarization.diarize import prepare
from voxmetric.diarization.labelling import label
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.diarization.confidence import RatioOfSums, RecordingBootstrap, figures
from voxmetric.metrics.diarization.error import diarization_error
from voxmetric.metrics.diarization.jaccard import jaccard_error
from voxmetric.speaker_model import load_model
from voxmetric.training.recipe import DiarizationTest
from voxmetric.training.recipe_file import from_mapping

FACTORS = {
    "loss": ("triplet", "quadruplet"),
    "sampling": ("random", "semi-hard", "distance-weighted"),
    "margin": ("fixed", "adaptive"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("comparison", type=Path)
    parser.add_argument("--model", help="a further model, for scale")
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    recipe = from_mapping(yaml.safe_load((options.comparison / "comparison.yaml").read_text()))
    test = recipe.diarization
    if test is None:
        raise SystemExit("the comparison was not by diarization error")
    found = {}
    for one in test.sets:
        recordings = AnnotatedRecordings.read(one.folder)
        bootstrap = RecordingBootstrap(len(recordings.turns), num_resamples=options.resamples)
        runs = {
            folder.name: [
                rate(found_turns(seed, one.name, recordings), recordings, test)
                for seed in sorted(folder.glob("seed-*"))
            ]
            for folder in sorted((options.comparison / "runs").iterdir())
        }
        found[one.name] = {"effects": effects(runs, bootstrap), "counts": by_count(runs, recordings)}
        if options.model:
            figure = rate(diarized_with(options.model, recordings, test), recordings, test)
            counts = by_count({options.model: [figure]}, recordings)
            found[one.name][options.model] = {"der": plain(bootstrap.interval(figure)), "counts": counts[options.model]}
    text = json.dumps(found, indent=1)
    if options.output:
        options.output.write_text(text + "\n")
    print(text)


def rate(turns: dict[str, Turns], recordings: AnnotatedRecordings, test: DiarizationTest) -> RatioOfSums:
    """The error rate of one run."""
    error = diarization_error(recordings.turns, turns, test.collar, test.skip_overlap, recordings.scored, test.protocol)
    return figures(error, jaccard_error(recordings.turns, turns, recordings.scored))["der"]


def effects(runs: dict[str, list[RatioOfSums]], bootstrap: RecordingBootstrap) -> list[dict[str, Any]]:
    """Level against level of every factor, over all cells that differ in nothing else; samplings by margin as well."""
    cells = {tuple(name.split()): one for name, one in runs.items() if len(name.split()) == len(FACTORS)}
    contrasts = []
    for place, (factor, levels) in enumerate(FACTORS.items()):
        for within in ("", *FACTORS["margin"]) if factor == "sampling" else ("",):
            for pair in combinations(levels, 2):
                sides = [
                    [one for cell, one in cells.items() if cell[place] == level and within in cell[2]] for level in pair
                ]
                contrasts.append({"factor": factor, "within": within, "levels": pair, **contrast(sides, bootstrap)})
    return contrasts


def contrast(sides: list[list[list[RatioOfSums]]], bootstrap: RecordingBootstrap) -> dict[str, Any]:
    """The mean error over the cells of one side less that of the other, each cell a list of its runs."""
    first, second = (float(np.mean([run.value for cell in side for run in cell])) for side in sides)
    replicates = [np.mean([bootstrap.replicates_of_runs(cell) for cell in side], axis=0) for side in sides]
    difference = replicates[0] - replicates[1]
    return {
        "difference": plain(bootstrap.percentiles(first - second, difference)),
        "p": bootstrap.two_sided_p_value(difference),
    }


def by_count(runs: dict[str, list[RatioOfSums]], recordings: AnnotatedRecordings) -> dict[str, dict[str, float]]:
    """The error of each objective by the number of speakers in a recording."""
    counts = np.array([len(turns.speakers) for turns in recordings.turns.values()])
    return {
        name: {
            str(count): float(
                np.mean([RatioOfSums(run.above[counts == count], run.below[counts == count]).value for run in one])
            )
            for count in np.unique(counts)
        }
        for name, one in runs.items()
    }


def diarized_with(name: str, recordings: AnnotatedRecordings, test: DiarizationTest) -> dict[str, Turns]:
    """What a further model finds, under the same settings."""
    model, settings = load_model(name), settings_of(test)
    found = {}
    for recording, path in recordings.paths.items():
        turns = recordings.turns[recording]
        number = len(turns.speakers) if test.known_number else None
        chosen = dataclasses.replace(settings, num_speakers=number)
        regions = turns.to_annotation() if test.speech == "reference" else None
        found[recording] = Turns.of_annotation(label(prepare(AudioSource(path), model, chosen, regions), chosen))
    return found


def plain(interval: Interval) -> list[float]:
    return [interval.value, interval.low, interval.high]


if __name__ == "__main__":
    main()
