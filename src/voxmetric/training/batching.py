"""The batches that a recipe asks for, checked against what its objective needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.batches import ShuffledBatches, SpeakerBatches
from voxmetric.errors import InputError
from voxmetric.losses.loss import BatchNeeds
from voxmetric.training.recipe import Recipe


def create_batches(
    recipe: Recipe, needs: BatchNeeds, speakers: NDArray[np.str_], labels: NDArray[np.int64]
) -> SpeakerBatches | ShuffledBatches:
    """The sampler of a run.

    Args:
        recipe: its `batches` say how to draw; `published` follows `needs`.
        needs: what the objective asks of a batch.
        speakers: names of the training speakers; `labels` are positions in it.
        labels: (N,) label of each training utterance.

    Raises:
        InputError: if the batches cannot serve the objective, or the data cannot fill them.
    """
    choice = recipe.batches
    kind = needs.batches if choice.kind == "published" else choice.kind
    if kind == "shuffled":
        if needs.utterances_per_speaker > 1:
            raise InputError(
                f"loss {recipe.loss.name!r} needs {needs.utterances_per_speaker} utterances of each speaker in a "
                "batch, which batches.kind: shuffled does not give: set it to speakers"
            )
        return ShuffledBatches(len(labels), choice.size, recipe.seed)
    per_speaker = choice.utterances_per_speaker
    num_speakers = choice.size // per_speaker
    if per_speaker < needs.utterances_per_speaker or num_speakers < needs.speakers:
        raise InputError(
            f"loss {recipe.loss.name!r} needs {needs.utterances_per_speaker} utterances of each of {needs.speakers} "
            f"speakers in a batch; batches gives {per_speaker} of each of {num_speakers}"
        )
    counts = np.bincount(labels, minlength=len(speakers))
    lacking = np.flatnonzero(counts < per_speaker)
    if len(lacking):
        raise InputError(
            f"speaker {str(speakers[lacking[0]])!r} has {counts[lacking[0]]} training utterance(s) and {len(lacking)} "
            f"of {len(speakers)} speakers have fewer than the {per_speaker} that a batch takes: "
            f"set data.minimum_utterances to {per_speaker} to leave them out"
        )
    return SpeakerBatches(
        labels, num_speakers, per_speaker, recipe.seed, maximum_per_epoch=choice.maximum_per_epoch or None
    )
