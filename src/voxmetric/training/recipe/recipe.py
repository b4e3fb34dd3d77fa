"""The whole experiment: every section of the recipe in one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from voxmetric.training.recipe.comparison import ComparisonPlan, DiarizationTest
from voxmetric.training.recipe.data import Batches, Data, Views
from voxmetric.training.recipe.model import EncoderChoice, FineTuning
from voxmetric.training.recipe.objective import LossChoice, MethodChoice, Positives, PseudoLabels
from voxmetric.training.recipe.ranges import NonNegativeInt
from voxmetric.training.recipe.training import MarginSchedule, OptimizerChoice, Schedule, Training


@dataclass(frozen=True)
class Recipe:
    """The whole experiment; see the parts.

    Attributes:
        name: title of runs and reports.
        seed: of everything that is drawn.
        method: train without labels, in place of `loss`; none for an objective with labels.
        pseudo_labels: train `loss` on clusters in place of speakers; none for the table's speakers.
        diarization: recordings to diarize with the encoders that `compare` trains; none for verification alone.
        augmentation: a list of mappings, each `name`, `probability` and the augmentation's options.
        licence: of the trained weights; stored in the model's card.
    """

    data: Data
    name: str = "untitled"
    seed: NonNegativeInt = 0
    encoder: EncoderChoice = field(default_factory=EncoderChoice)
    fine_tuning: FineTuning = field(default_factory=FineTuning)
    loss: LossChoice = field(default_factory=LossChoice)
    method: MethodChoice | None = None
    views: Views = field(default_factory=Views)
    positives: Positives = field(default_factory=Positives)
    pseudo_labels: PseudoLabels | None = None
    batches: Batches = field(default_factory=Batches)
    augmentation: list[dict[str, Any]] = field(default_factory=list)
    optimizer: OptimizerChoice = field(default_factory=OptimizerChoice)
    schedule: Schedule = field(default_factory=Schedule)
    margin_schedule: MarginSchedule = field(default_factory=MarginSchedule)
    training: Training = field(default_factory=Training)
    compare: ComparisonPlan = field(default_factory=ComparisonPlan)
    diarization: DiarizationTest | None = None
    licence: str = "unknown"
