"""The recipe that `voxmetric demo` runs and leaves behind for the user to change."""

from __future__ import annotations

from voxmetric.training.recipe import (
    Batches,
    ComparisonPlan,
    Data,
    EncoderChoice,
    OptimizerChoice,
    Recipe,
    Schedule,
    Training,
)

OBJECTIVES = ("softmax", "aam_softmax", "angular_prototypical")
MOST_SPEAKERS_IN_BATCH = 32


def starter_recipe(table: str, name: str, num_speakers: int) -> Recipe:
    """A small comparison over a table with the splits `train`, `dev` and `test`, for minutes on two cores.

    Args:
        table: path of the utterance table.
        name: title of the report.
        num_speakers: training speakers with at least two utterances; batches take no more than there are.
    """
    return Recipe(
        name=name,
        data=Data(
            table=table,
            train={"split": "train"},
            development={"split": "dev"},
            test={"split": "test"},
            crop_seconds=1.5,
            minimum_utterances=2,
        ),
        encoder=EncoderChoice(
            name="x_vector",
            embedding_size=128,
            front_end={"name": "log_mel", "num_mels": 40},
            options={"channels": [64, 64, 64, 64, 192]},
        ),
        batches=Batches(kind="speakers", size=2 * min(MOST_SPEAKERS_IN_BATCH, num_speakers), utterances_per_speaker=2),
        augmentation=[{"name": "gain", "decibels": [-6.0, 6.0]}],
        optimizer=OptimizerChoice(name="adamw", learning_rate=2e-3, weight_decay=1e-4),
        schedule=Schedule(name="cosine", warmup_steps=20),
        training=Training(steps=250, evaluate_every=50, checkpoint_every=50, workers=1),
        compare=ComparisonPlan(losses=list(OBJECTIVES), seeds=3, tuning_settings=1),
    )
