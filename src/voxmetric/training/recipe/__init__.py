"""A recipe is the experiment: a dataclass a section, with every default. `recipe_file` reads and writes one."""

from voxmetric.training.recipe.comparison import Candidate, ComparisonPlan, DiarizationTest, RecordingSet
from voxmetric.training.recipe.data import Batches, Data, Views
from voxmetric.training.recipe.model import EncoderChoice, FineTuning
from voxmetric.training.recipe.objective import LossChoice, MethodChoice, Positives, PseudoLabels
from voxmetric.training.recipe.recipe import Recipe
from voxmetric.training.recipe.training import MarginSchedule, OptimizerChoice, Schedule, Training

__all__ = [
    "Batches",
    "Candidate",
    "ComparisonPlan",
    "Data",
    "DiarizationTest",
    "EncoderChoice",
    "FineTuning",
    "LossChoice",
    "MarginSchedule",
    "MethodChoice",
    "OptimizerChoice",
    "Positives",
    "PseudoLabels",
    "Recipe",
    "RecordingSet",
    "Schedule",
    "Training",
    "Views",
]
