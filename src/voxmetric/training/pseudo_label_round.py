"""One round of pseudo-labels: embed, cluster, leave out what is doubtful, train."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.files import write_text
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.resumable_extraction import embed_to_file
from voxmetric.speaker_model import load_model
from voxmetric.training.cluster_quality import ClusterQuality, cluster_quality
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.embedding_clusters import cluster
from voxmetric.training.fine_tuning import with_encoder_of_model
from voxmetric.training.loss_gate import reliable, utterance_losses
from voxmetric.training.pseudo_labelled_table import (
    pseudo_labelled_data,
    read_pseudo_labelled,
    write_pseudo_labelled,
)
from voxmetric.training.recipe import PseudoLabels, Recipe
from voxmetric.training.recipe_file import from_mapping, to_mapping
from voxmetric.training.subsets import Subsets
from voxmetric.training.trainer import Progress, TrainingResult, train

TABLE, LABELS, EMBEDDINGS = "utterances.parquet", "labels.json", "embeddings.safetensors"

Watch = Callable[[str, int, int, str], None]
"""Called with what is being done, how much of it is done, of how much, and a note."""


@dataclass(frozen=True)
class Labels:
    """What is known of pseudo-labels before anything is trained on them.

    Attributes:
        clusters: how many there are.
        utterances: recordings that were embedded.
        quality: agreement with the speakers, where the table tells any.
        kept: share of these recordings that is trained on, in (0, 1].
        kept_quality: agreement among them.
        parted: false if the gate's losses were of one group, so that its threshold is an arbitrary one.
    """

    clusters: int
    utterances: int
    quality: ClusterQuality | None
    kept: float = 1.0
    kept_quality: ClusterQuality | None = None
    parted: bool = True


@dataclass(frozen=True)
class Round:
    """A finished round.

    Attributes:
        number: from 1 on.
        labels: what it was trained on.
        result: of the run.
    """

    number: int
    labels: Labels
    result: TrainingResult


@dataclass(frozen=True)
class RoundInFolder:
    """The round `number` of a recipe, whose files are in `folder`; every part that is finished there is taken as it is.

    Attributes:
        recipe: the whole training's.
        plan: its `pseudo_labels`.
        subsets: its data.
        folder: receives the table of pseudo-labels and the run.
        number: from 1 on.
        group: the processes that train together; the main one embeds, clusters and writes.
        tell: told about progress.
    """

    recipe: Recipe
    plan: PseudoLabels
    subsets: Subsets
    folder: Path
    number: int
    group: ProcessGroup
    tell: Watch

    def train(self, former: Path) -> Round:
        """Label the recordings with the model in `former` and train on the labels; raises as `trainer.train`."""
        gated = self.plan.filter == "loss_gate"
        first = self.folder / "all" if gated else self.folder
        self._in_main_process(first / TABLE, lambda: self._label(former, first))
        start = former
        if gated:
            recipe = self._recipe(first / TABLE, former)
            some = dataclasses.replace(
                recipe.training, steps=self.plan.gate_steps, average_from_step=None, evaluate_every=0
            )
            train(dataclasses.replace(recipe, training=some), first, self._watch("training on all labels"))
            self._in_main_process(self.folder / TABLE, lambda: self._gate(first))
            start = first
        result = train(self._recipe(self.folder / TABLE, start), self.folder, self._watch("training"))
        labels = msgspec.json.decode((self.folder / LABELS).read_bytes(), type=Labels)
        return Round(self.number, labels, result)

    def _label(self, former: Path, into: Path) -> None:
        """Make the clusters of all recordings their speakers."""
        embedded = self._embed(former, self.subsets.train, into)
        self.tell(self._stage("clustering"), 0, 1, f"{len(embedded)} recordings")
        clusters = cluster(embedded.vectors, self.plan, self.recipe.seed, self.group.device)
        quality = cluster_quality(clusters, self._speakers(embedded.ids))
        labels = Labels(int(clusters.max()) + 1, len(clusters), quality, kept_quality=quality)
        self._write(into, embedded.ids, clusters, labels)

    def _gate(self, preliminary: Path) -> None:
        """Leave out the recordings whose labels the preliminary run finds hard; refuse to leave less than a batch."""
        table = read_pseudo_labelled(preliminary / TABLE)
        embedded = self._embed(preliminary, table, self.folder)
        clusters = table.speaker_codes()[1][table.indices(embedded.ids.astype(object))]
        before = msgspec.json.decode((preliminary / LABELS).read_bytes(), type=Labels)
        gate = reliable(utterance_losses(embedded.vectors, clusters), self.recipe.seed)
        kept = gate.kept
        if kept.sum() < self.recipe.batches.size:
            raise InputError(
                f"the loss gate keeps {kept.sum():,} of {len(kept):,} recordings, fewer than a batch of "
                f"{self.recipe.batches.size:,}: raise pseudo_labels.gate_steps, so that right and wrong labels part, "
                "lower batches.size, or set pseudo_labels.filter to none"
            )
        ids, clusters = embedded.ids[kept], clusters[kept]
        quality = cluster_quality(clusters, self._speakers(ids))
        labels = dataclasses.replace(before, kept=float(kept.mean()), kept_quality=quality, parted=gate.parted)
        self._write(self.folder, ids, clusters, labels)

    def _write(self, into: Path, ids: NDArray[np.str_], clusters: NDArray[np.int64], labels: Labels) -> None:
        write_text(into / LABELS, msgspec.json.format(msgspec.json.encode(labels)).decode() + "\n")
        # Written last: where there is a table, the labels are finished.
        write_pseudo_labelled(into / TABLE, self.subsets, ids, clusters)
        self.tell(self._stage("clustering"), 1, 1, described(labels))

    def _embed(self, model_folder: Path, table: UtteranceTable, into: Path) -> EmbeddingSet:
        model, path = load_model(model_folder, device=self.group.device), into / EMBEDDINGS
        if path.exists():
            finished = EmbeddingSet.load(path)
            if finished.model == model.fingerprint:
                return finished
        return embed_to_file(
            model,
            table,
            path,
            most_unreadable=self.recipe.data.maximum_skipped,
            on_progress=lambda done: self.tell(self._stage("embedding"), done, len(table), ""),
        ).embeddings

    def _recipe(self, table: Path, start: Path) -> Recipe:
        """The recipe of a run on the pseudo-labels in `table`, from the weights in `start` if the plan says so."""
        run = dataclasses.replace(
            self.recipe,
            name=f"{self.recipe.name}, round {self.number}",
            data=pseudo_labelled_data(self.recipe.data, table, self.subsets),
            method=None,
            pseudo_labels=None,
        )
        if self.plan.start == "fresh":
            return run
        content = to_mapping(run)
        fine_tuning = content["fine_tuning"] | {"model": str(start.absolute()), "fingerprint": None}
        return from_mapping(with_encoder_of_model({**content, "encoder": None, "fine_tuning": fine_tuning}))

    def _speakers(self, ids: NDArray[np.str_]) -> NDArray[np.object_]:
        """Whose the recordings are, for looking."""
        train = self.subsets.train
        return train.speakers[train.indices(ids.astype(object))]

    def _in_main_process(self, path: Path, write: Callable[[], None]) -> None:
        """Have the main process write `path`, unless it is there; the others look for it, for hours if need be."""
        if self.group.is_main and not path.exists():
            write()
        while not path.exists():
            time.sleep(1.0)

    def _watch(self, what: str) -> Callable[[Progress], None]:
        return watched(self._stage(what), self.tell)

    def _stage(self, what: str) -> str:
        return f"round {self.number}: {what}"


def watched(stage: str, tell: Watch) -> Callable[[Progress], None]:
    """What tells of the updates of one run."""
    return lambda now: tell(stage, now.step, now.steps, f"loss {now.loss:.3f}")


def described(labels: Labels) -> str:
    """One line about pseudo-labels."""
    parts = [f"{labels.clusters} clusters"]
    if labels.quality is not None:
        parts.append(_agreement(labels.quality))
    if labels.kept < 1:
        kept = "" if labels.kept_quality is None else f", with {_agreement(labels.kept_quality)}"
        parts.append(f"{100 * labels.kept:.1f} % kept{kept}")
    if not labels.parted:
        parts.append("right and wrong labels not told apart by their losses: raise pseudo_labels.gate_steps")
    return ", ".join(parts)


def _agreement(quality: ClusterQuality) -> str:
    found = f"purity {quality.purity:.3f}, NMI {quality.nmi:.3f}"
    if quality.purity_by_chance is None:
        return found
    return f"{found} (by chance {quality.purity_by_chance:.3f}, {quality.nmi_by_chance:.3f})"
