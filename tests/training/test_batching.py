from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from voxmetric.data.batches import ShuffledBatches, SpeakerBatches
from voxmetric.errors import InputError
from voxmetric.losses.loss import BatchNeeds
from voxmetric.training.batching import create_batches
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping

SPEAKERS = np.array([f"s{number}" for number in range(8)])
LABELS = np.repeat(np.arange(8), 3)
METRIC = BatchNeeds(utterances_per_speaker=2, speakers=2, batches="speakers")
CLASSES = BatchNeeds(batches="shuffled")


def recipe(**batches: Any) -> Recipe:
    return from_mapping({"data": {"table": "t.csv"}, "batches": {"size": 8} | batches})


def test_published_batches_follow_the_objective() -> None:
    assert isinstance(create_batches(recipe(), CLASSES, SPEAKERS, LABELS), ShuffledBatches)
    assert isinstance(create_batches(recipe(), METRIC, SPEAKERS, LABELS), SpeakerBatches)
    assert isinstance(create_batches(recipe(kind="speakers"), CLASSES, SPEAKERS, LABELS), SpeakerBatches)


def test_a_batch_has_the_asked_number_of_each_speaker() -> None:
    rows = create_batches(recipe(size=12, utterances_per_speaker=3), METRIC, SPEAKERS, LABELS).batch(0)
    assert np.unique(LABELS[rows], return_counts=True)[1].tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ({"kind": "shuffled"}, "needs 2 utterances of each speaker"),
        ({"utterances_per_speaker": 1}, "needs 2 utterances of each of 2 speakers"),
        ({"size": 2}, "gives 2 of each of 1"),
        ({"size": 32, "utterances_per_speaker": 4}, r"'s0' has 3 training utterance.*minimum_utterances to 4"),
        ({"size": 18}, "a batch of 9 speakers needs as many, found 8"),
    ],
)
def test_batches_that_cannot_serve_are_refused(batches: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        create_batches(recipe(**batches), METRIC, SPEAKERS, LABELS)
