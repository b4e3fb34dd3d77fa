"""Recipe sections on what is trained on: the utterances, the views of them, and how batches draw them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta

from voxmetric.training.recipe.ranges import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Share

Where = dict[str, str]


@dataclass(frozen=True)
class Data:
    """Which utterances train, choose and test.

    Attributes:
        table: utterance table (CSV or Parquet), relative to the recipe file; `$NAME` is read from the environment.
        train: column values that select the training utterances.
        development: column values that select the utterances on which settings are chosen.
        development_speakers: instead of `development`: how many of the training speakers to set aside for it.
        development_seed: of that draw, of the development trials and of the labelled speakers; not the run's, so that
            all runs share them.
        test: column values that select the utterances whose trials are reported; none for training alone.
        trials: `all_pairs` of the test utterances, or a trial list, relative to the recipe file.
        crop_seconds: length of a training crop.
        piece_seconds: training utterances of at least twice this length are cut into pieces of at least it, each an
            utterance of its own; 0 leaves them whole.
        speeds: every training speaker is there again at each of these playback speeds, as another speaker.
        minimum_utterances: training speakers with fewer utterances are left out, and counted.
        labelled_share: share of the training speakers whose labels may be used, at least two of them; the others are
            left out. Speakers of a smaller share are among those of a larger one.
        cache_megabytes: memory for decoded recordings; 0 decodes every crop anew.
        maximum_skipped: share of unreadable training files above which training stops.
    """

    table: str
    train: Where = field(default_factory=lambda: {"split": "train"})
    development: Where | None = None
    development_speakers: NonNegativeInt = 0
    development_seed: NonNegativeInt = 0
    test: Where | None = None
    trials: str = "all_pairs"
    crop_seconds: PositiveFloat = 2.0
    piece_seconds: NonNegativeFloat = 0.0
    speeds: list[PositiveFloat] = field(default_factory=list)
    minimum_utterances: NonNegativeInt = 0
    labelled_share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    cache_megabytes: NonNegativeInt = 512
    maximum_skipped: Share = 0.01


@dataclass(frozen=True)
class Views:
    """The crops of each recording that a self-supervised method compares.

    Attributes:
        count: views of `data.crop_seconds`.
        local_count: shorter views, for methods that use them.
        local_seconds: their length.
        disjoint: take the full-length views from parts that do not overlap, where the recording is long enough.
    """

    count: Annotated[int, Meta(ge=2)] = 2
    local_count: NonNegativeInt = 0
    local_seconds: PositiveFloat = 1.0
    disjoint: bool = False


@dataclass(frozen=True)
class Batches:
    """How utterances are drawn.

    Attributes:
        kind: `speakers` (the same number of utterances of every drawn speaker), `shuffled` (plain shuffling) or
            `published` (what the objective's paper used).
        size: utterances in a batch, over all processes; recordings for a method without labels, each seen in several
            views.
        utterances_per_speaker: utterances of a speaker in a `speakers` batch; `size` is a multiple of it.
        maximum_per_epoch: at most this many utterances of a speaker in one pass; 0 for no limit.
    """

    kind: Literal["published", "speakers", "shuffled"] = "published"
    size: PositiveInt = 200
    utterances_per_speaker: PositiveInt = 2
    maximum_per_epoch: NonNegativeInt = 0
