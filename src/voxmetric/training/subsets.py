"""The utterances of a recipe: which train, which choose, which test; no speaker in two of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.pieces import cut_into_pieces
from voxmetric.data.speeds import with_speeds
from voxmetric.data.splits import share_of_speakers
from voxmetric.data.trials import TrialList, all_pairs, draw_as_balanced_as_possible
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.training.recipe import Recipe

# All pairs of this many development utterances are two million trials; beyond it a balanced draw is taken.
MAXIMUM_FOR_ALL_PAIRS = 2000
DRAWN_TRIALS = 100_000


@dataclass(frozen=True)
class Subsets:
    """The parts of a corpus that a recipe names.

    Training without labels uses `train` alone; speakers and labels then serve only to look at what it does.

    Attributes:
        train: training utterances.
        speakers: names of the training speakers, sorted; a label is a position in it.
        labels: (N,) int64 labels of the training utterances.
        num_left_out: training speakers left out for having fewer than `data.minimum_utterances`.
        development: utterances of the development speakers, if any.
        test: utterances of the test speakers, if any.
    """

    train: UtteranceTable
    speakers: NDArray[np.str_]
    labels: NDArray[np.int64]
    num_left_out: int
    development: UtteranceTable | None
    test: UtteranceTable | None

    def sha256(self) -> dict[str, str]:
        """Hash of each part's rows, by which a folder's data is told from other data under the same name."""
        parts = {"train": self.train, "development": self.development, "test": self.test}
        return {name: table.sha256 for name, table in parts.items() if table is not None}


def select(recipe: Recipe) -> Subsets:
    """Read the recipe's table and take its parts.

    Raises:
        InputError: if the table cannot be read, a part is empty, or two parts share a speaker.
    """
    data = recipe.data
    if recipe.pseudo_labels is not None:
        raise InputError(
            "the recipe has pseudo_labels, whose speakers `voxmetric train` makes round after round: remove the "
            "section for anything else"
        )
    refuse_unused_labels(recipe)
    table = UtteranceTable.read(data.table)
    train = table.where(**data.train)
    if data.piece_seconds:
        train = cut_into_pieces(train, data.piece_seconds)
    development = table.where(**data.development) if data.development is not None else None
    test = table.where(**data.test) if data.test is not None else None
    if data.development_speakers:
        train, development = _set_aside(train, data.development_speakers, data.development_seed)
    names, labels = train.speaker_codes()
    counts = np.bincount(labels, minlength=len(names))
    enough = counts[labels] >= data.minimum_utterances
    num_left_out = int((counts < data.minimum_utterances).sum())
    if num_left_out:
        if not enough.any():
            raise InputError(
                f"no training speaker has {data.minimum_utterances} utterances (the most is {counts.max()}): "
                "lower data.minimum_utterances or batches.utterances_per_speaker"
            )
        train = train.take(np.flatnonzero(enough))
        names, labels = train.speaker_codes()
    if data.labelled_share < 1:
        train = share_of_speakers(train, data.labelled_share, data.development_seed)
        names, labels = train.speaker_codes()
    if data.speeds:
        train = with_speeds(train, data.speeds)
        names, labels = train.speaker_codes()
    _refuse_shared_speakers({"train": train, "development": development, "test": test})
    return Subsets(train, names, labels, num_left_out, development, test)


def refuse_unused_labels(recipe: Recipe) -> None:
    """Refuse a share of the labels where none is used.

    Raises:
        InputError: if training without labels is asked to use a share of them.
    """
    share = recipe.data.labelled_share
    if recipe.method is not None and share < 1:
        raise InputError(f"data.labelled_share is {share:g}, but training without labels uses none: set it to 1")


def pairs_of(table: UtteranceTable, seed: int) -> TrialList:
    """Trials among the development utterances: all pairs, or a draw, balanced if it can be, where those are too many.

    Raises:
        InputError: if there are no target trials, or no non-target ones.
    """
    if len(table) > MAXIMUM_FOR_ALL_PAIRS:
        return draw_as_balanced_as_possible(table, DRAWN_TRIALS, seed)
    return _with_both_kinds(all_pairs(table), "development")


def test_trials(recipe: Recipe, test: UtteranceTable) -> TrialList:
    """The trials that a recipe reports.

    Raises:
        InputError: if the list cannot be read, or has no target trials, or no non-target ones.
    """
    trials = all_pairs(test) if recipe.data.trials == "all_pairs" else TrialList.read(recipe.data.trials)
    return _with_both_kinds(trials, "test")


def _set_aside(train: UtteranceTable, num_speakers: int, seed: int) -> tuple[UtteranceTable, UtteranceTable]:
    names, labels = train.speaker_codes()
    # A development speaker needs two utterances to make a target trial.
    eligible = np.flatnonzero(np.bincount(labels, minlength=len(names)) >= 2)
    if num_speakers >= min(len(names), len(eligible) + 1):
        raise InputError(
            f"data.development_speakers is {num_speakers}, but only {len(eligible)} of {len(names)} training speakers "
            "have two utterances, and some must be left to train on: lower it"
        )
    chosen = np.random.default_rng([seed, 1]).choice(eligible, num_speakers, replace=False)
    aside = np.isin(labels, chosen)
    return train.take(np.flatnonzero(~aside)), train.take(np.flatnonzero(aside))


def _refuse_shared_speakers(parts: Mapping[str, UtteranceTable | None]) -> None:
    speakers = {name: set(table.speakers) for name, table in parts.items() if table is not None}
    for one, other in itertools.combinations(speakers, 2):
        shared = sorted(speakers[one] & speakers[other])
        if shared:
            raise InputError(
                f"{len(shared)} speakers are both in data.{one} and data.{other}, {shared[0]!r} for one: "
                "splits must be by speaker; `voxmetric prepare --split` draws such ones"
            )


def _with_both_kinds(trials: TrialList, part: str) -> TrialList:
    num_target = int(np.count_nonzero(trials.labels))
    if num_target in (0, len(trials)):
        raise InputError(
            f"the {part} trials have {num_target} target and {len(trials) - num_target} non-target: both kinds are "
            "needed, so take at least two speakers, with at least two utterances each"
        )
    return trials
