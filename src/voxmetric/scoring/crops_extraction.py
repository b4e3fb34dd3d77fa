"""Embedding evenly spaced crops of every recording, for scores over all pairs of crops."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.recordings import Recordings
from voxmetric.bulk_embedding import Recording, embed_recordings, unit
from voxmetric.data.loading import recordings_of
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import CropEmbeddingSet
from voxmetric.speaker_model import SpeakerModel

NUM_CROPS, CROP_SECONDS = 10, 4.0
"""Those of Chung et al. 2020."""


def embed_crops(
    model: SpeakerModel,
    table: UtteranceTable,
    *,
    num_crops: int = NUM_CROPS,
    crop_seconds: float = CROP_SECONDS,
    on_progress: Callable[[int], None] | None = None,
) -> CropEmbeddingSet:
    """Embed crops of every utterance, the first at its beginning, the last at its end, the others evenly between.

    An utterance shorter than a crop is repeated to its length, and all its crops are the same one. A crop without sound
    takes the mean direction of the utterance's others.

    Args:
        model: the model.
        table: N utterances; its `start`, `duration` and `channel` columns are honoured.
        num_crops: C, of each utterance.
        crop_seconds: length of each.
        on_progress: called with the number of utterances done so far, about.

    Returns:
        embeddings (N, C, D) of unit length.

    Raises:
        InputError: if there would be no crop, a recording cannot be read, or there is no sound in any crop of it.
    """
    if num_crops < 1 or crop_seconds <= 0.0:
        raise InputError(f"expected at least one crop of some length, found {num_crops} of {crop_seconds:g} s")
    size = round(crop_seconds * model.sample_rate)
    audio = recordings_of(table, model.sample_rate, cache_bytes=0)
    spare = np.array([audio.num_samples(row) - size for row in range(len(table))])
    # Of a recording without spare samples one crop stands for all.
    drawn = np.where(spare > 0, num_crops, 1)
    owners = np.repeat(np.arange(len(table)), drawn)
    number = np.arange(len(owners)) - np.repeat(drawn.cumsum() - drawn, drawn)
    offsets = number * np.maximum(spare, 0)[owners] // max(1, num_crops - 1)
    crops = [
        Recording(audio.paths[row], size, partial(_part, audio, row, offset, size))
        for row, offset in zip(owners.tolist(), offsets.tolist(), strict=True)
    ]
    vectors, silent = embed_recordings(
        crops,
        model.embed_waveforms,
        sample_rate=model.sample_rate,
        embedding_size=model.embedding_size,
        shortest=model.encoder.minimum_samples,
        skip_unreadable=True,
        on_progress=None if on_progress is None else lambda done: on_progress(done * len(table) // len(crops)),
    )
    _fill(vectors, owners, silent)
    place = (drawn.cumsum() - drawn)[:, None] + np.minimum(np.arange(num_crops), drawn[:, None] - 1)
    return CropEmbeddingSet(table.ids, vectors[place], model.fingerprint, model.precision)


def _part(audio: Recordings, row: int, offset: int, size: int, first: int, stop: int) -> NDArray[np.float32]:
    return audio.crop(row, offset, size)[first:stop]


def _fill(vectors: NDArray[np.float32], owners: NDArray[np.int64], failures: dict[int, str]) -> None:
    """Give crops that could not be embedded the mean direction of their recording's others, in place."""
    for crop, reason in failures.items():
        others = vectors[owners == owners[crop]]
        if not others.any():
            raise InputError(reason)
        vectors[crop] = unit(others.mean(axis=0, keepdims=True))[0]
