"""Recipe sections on what `compare` runs: the objectives and the recordings to diarize."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

from voxmetric.training.recipe.data import Views
from voxmetric.training.recipe.objective import Positives
from voxmetric.training.recipe.ranges import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt


@dataclass(frozen=True)
class Candidate:
    """One objective of a comparison, with labels or without.

    Attributes:
        name: a registered loss, or `untrained`: the encoder as it was drawn.
        label: its name in the report; by default the loss's or method's.
        options: options that are not searched.
        search: option name to the values that the search may draw; by default the values of
            `voxmetric.comparison.search` for a loss, none for a method.
        method: instead of a name: a registered method without labels.
        views: of a method, instead of the recipe's.
        positives: of a method, instead of the recipe's.
        weights: of a method, the `student`'s or the `teacher`'s.
        start: weights at the beginning: as the `recipe` says, which may start from a model, or `random` all the same.
    """

    name: str | None = None
    label: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    search: dict[str, list[Any]] | None = None
    method: str | None = None
    views: Views | None = None
    positives: Positives | None = None
    weights: Literal["student", "teacher"] = "student"
    start: Literal["recipe", "random"] = "recipe"


@dataclass(frozen=True)
class ComparisonPlan:
    """How objectives are compared.

    Attributes:
        losses: the objectives: names of losses, or mappings with `name` or `method`, `label`, `options`, `search`,
            `views`, `positives`, `weights`, `start`. A method takes as many recordings in a batch as make as much audio
            as `batches.size` crops: half as many where there are two views.
        seeds: runs of each objective.
        tuning_settings: settings tried for each objective on the development speakers; 1 takes the options as given.
        tuning_steps: updates of each of these trials; 0 for as many as a full run.
        learning_rates: factors of the learning rate, one for each setting in turn, the same for every objective.
        resamples: bootstrap resamples of the speakers.
        level: of the intervals.
        jobs: runs at the same time, each with its share of the cores; 0 for one a core, or one where there is a GPU.
    """

    losses: list[str | Candidate] = field(default_factory=list)
    seeds: PositiveInt = 3
    tuning_settings: PositiveInt = 4
    tuning_steps: NonNegativeInt = 0
    learning_rates: list[PositiveFloat] = field(default_factory=lambda: [1.0, 0.3, 3.0, 0.1])
    resamples: PositiveInt = 1000
    level: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    jobs: NonNegativeInt = 0


@dataclass(frozen=True)
class RecordingSet:
    """Recordings whose speakers and turns are known.

    Attributes:
        name: in the report.
        folder: with the recordings, their turns as `*.rttm`, and `*.uem` where not all of a recording is scored, or one
            RTTM file in it; relative to the recipe file. `voxmetric simulate` writes such folders.
    """

    name: str
    folder: str


@dataclass(frozen=True)
class DiarizationTest:
    """Diarizing recordings with every trained encoder; `compare` then ranks by diarization error too.

    Attributes:
        sets: the recordings, each set with figures of its own.
        protocol: `md_eval` or `narayanaswamy_2019`.
        collar: seconds left out on each side of every boundary of the reference, for `md_eval`.
        skip_overlap: leave overlapped speech out, for `md_eval`.
        speech: where somebody speaks: the `reference` says, or a detector (`detected`).
        known_number: tell the clustering how many speakers there are.
        settings: further ones of the diarizer: those of `voxmetric.DiarizationSettings`.
    """

    sets: list[RecordingSet] = field(default_factory=list)
    protocol: str = "md_eval"
    collar: NonNegativeFloat = 0.0
    skip_overlap: bool = False
    speech: Literal["reference", "detected"] = "reference"
    known_number: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
