"""Rounds of training on pseudo-labels: cluster an unlabelled corpus, train on the clusters, and again."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import msgspec

from voxmetric.errors import InputError
from voxmetric.files import write_text
from voxmetric.speaker_model import SpeakerModel, load_model
from voxmetric.training.distributed import ProcessGroup, process_group
from voxmetric.training.embedding_clusters import check_numbers
from voxmetric.training.pseudo_label_round import Round, RoundInFolder, Watch, watched
from voxmetric.training.recipe import PseudoLabels, Recipe
from voxmetric.training.recipe_file import to_yaml
from voxmetric.training.subsets import select
from voxmetric.training.trainer import DATA, RECIPE, refuse_another_recipe, refuse_other_data, train

ROUNDS = "rounds.json"


def train_rounds(recipe: Recipe, folder: str | os.PathLike[str], watch: Watch | None = None) -> list[Round]:
    """Train in rounds, or go on where an interrupted training of the same recipe stopped.

    `folder/first` holds the run of `recipe.method`, where that makes the first model; `folder/round-1` and so on hold
    the rounds, each an ordinary run beside the table that it was trained on (the loss gate's preliminary run is in
    `all` within it); `folder` itself holds the last round's model, and `rounds.json` what is known of each.

    Args:
        recipe: one with `pseudo_labels`.
        folder: see above.
        watch: told about progress, in the main process only.

    Raises:
        InputError: if the recipe names no first model, or two; and as `trainer.train`.
        DivergedError: as `trainer.train`.

    Source:
        Cai et al. 2021, "An iterative framework for self-supervised deep speaker representation learning".
    """
    plan = recipe.pseudo_labels
    if plan is None:
        raise InputError("expected a recipe with the section pseudo_labels, found one without it")
    if (plan.model is None) == (recipe.method is None):
        raise InputError(
            "the first clusters need one model: give either pseudo_labels.model, a model folder, or method, which "
            "trains one"
        )
    # The speakers choose nothing that is trained on.
    unlabelled = dataclasses.replace(
        recipe,
        data=dataclasses.replace(recipe.data, minimum_utterances=0, labelled_share=1.0),
        pseudo_labels=None,
    )
    with process_group() as group:
        tell = watch if watch is not None and group.is_main else _tell_nobody
        return _train_rounds(recipe, plan, unlabelled, Path(folder), group, tell)


def _train_rounds(
    recipe: Recipe, plan: PseudoLabels, unlabelled: Recipe, target: Path, group: ProcessGroup, tell: Watch
) -> list[Round]:
    subsets = select(unlabelled)
    check_numbers(plan, len(subsets.train))  # now, not after the first model was trained
    refuse_another_recipe(target, recipe)
    refuse_other_data(target, subsets)
    if group.is_main:
        write_text(target / DATA, json.dumps(subsets.sha256(), indent=2) + "\n")
        write_text(target / RECIPE, to_yaml(recipe))
    former = Path(plan.model) if plan.model is not None else target / "first"
    if plan.model is None:
        train(unlabelled, former, watched("first model", tell))
    rounds: list[Round] = []
    for number in range(1, plan.rounds + 1):
        one = RoundInFolder(recipe, plan, subsets, target / f"round-{number}", number, group, tell)
        rounds.append(one.train(former))
        former = one.folder
        if group.is_main:
            write_text(target / ROUNDS, msgspec.json.format(msgspec.json.encode(rounds)).decode() + "\n")
    if group.is_main:
        _with_honest_card(load_model(former), recipe, rounds[-1]).save(target)
    return rounds


def _with_honest_card(model: SpeakerModel, recipe: Recipe, last: Round) -> SpeakerModel:
    """The model with a card that does not take clusters for speakers."""
    labels, data = last.labels, dict(model.card.training_data)
    data |= {"speakers": "unknown", "clusters": labels.clusters, "rounds": last.number, "kept": labels.kept}
    summary = (
        f"{recipe.loss.name} trained on {labels.clusters} clusters of {labels.utterances} unlabelled recordings, "
        f"round {last.number}"
    )
    return SpeakerModel(model.encoder, dataclasses.replace(model.card, summary=summary, training_data=data))


def _tell_nobody(stage: str, done: int, total: int, note: str) -> None:
    """Nobody watches."""
