"""How systems are to be scored: the same back-end and normalisation, fitted to each system's own embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError, unknown_name
from voxmetric.scoring import backends
from voxmetric.scoring.backends.backend import BackEnd
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.enrolments import Enrolments
from voxmetric.scoring.normalization import ADAPTIVE, NORMALIZATIONS, speaker_means
from voxmetric.scoring.trial_scorer import Normalization, TrialScorer

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable

COHORT_MEMBERS = ("utterance", "speaker")


@dataclass(frozen=True)
class ScoringPlan:
    """A back-end, what to fit it to, and what to normalise its scores by.

    Attributes:
        backend: a name of `backends.available()`, or the path of a fitted one, which ends in `.safetensors`.
        options: of the back-end.
        training: utterances of speakers that are not evaluated, for a back-end that is trained.
        normalization: a key of `NORMALIZATIONS`; None: scores as they are.
        cohort: utterances of speakers that are not evaluated.
        cohort_embeddings: theirs, where they are in a file of their own, all of which counts; `cohort` is then needed
            only to average by speaker.
        top: how many of the highest cohort scores count with `as_norm`.
        cohort_by: `utterance`, or `speaker` for the mean direction of each speaker.
        enrolments: models that trials may name on their enrolment side.

    Raises:
        InputError: for unknown names, a trained back-end without training utterances, or a normalisation without a
            cohort.
    """

    backend: str = "cosine"
    options: Mapping[str, Any] = field(default_factory=dict)
    training: UtteranceTable | None = None
    normalization: str | None = None
    cohort: UtteranceTable | None = None
    cohort_embeddings: EmbeddingSet | None = None
    top: int = 300
    cohort_by: str = "utterance"
    enrolments: Enrolments = field(default_factory=lambda: Enrolments({}))

    def __post_init__(self) -> None:
        if not self.is_file:
            trained = backends.is_trained(self.backend)
            if trained != (self.training is not None):
                raise InputError(
                    f"back-end {self.backend!r} is trained: name the utterances to fit it to"
                    if trained
                    else f"back-end {self.backend!r} is not trained: leave out the utterances to fit it to"
                )
        if self.normalization is not None and self.normalization not in NORMALIZATIONS:
            raise unknown_name("normalisation", self.normalization, NORMALIZATIONS)
        if (self.normalization is None) != (self.cohort is None and self.cohort_embeddings is None):
            raise InputError("expected a normalisation and a cohort, found one without the other")
        if self.cohort_by not in COHORT_MEMBERS:
            raise unknown_name("sort of cohort member", self.cohort_by, COHORT_MEMBERS)
        if self.cohort_by == "speaker" and self.takes_crops:
            raise InputError(f"back-end {self.backend!r} scores crops: its cohort is by utterance")

    @property
    def is_file(self) -> bool:
        """Whether the back-end is a fitted one in a file."""
        return self.backend.endswith(".safetensors")

    @property
    def takes_crops(self) -> bool:
        """Whether embeddings of crops are scored, not of whole recordings."""
        return not self.is_file and backends.takes_crops(self.backend)

    @property
    def rescores(self) -> bool:
        """Whether it asks for anything but cosines, which scores that are there already cannot become."""
        return self.backend != "cosine" or self.normalization is not None

    def ids(self) -> NDArray[np.object_]:
        """The utterances (U,) that must be embedded beside those of the trials."""
        recordings, _ = self.enrolments.of(list(self.enrolments.recordings))
        cohort = self.cohort if self.cohort_embeddings is None else None
        tables = [table.ids for table in (self.training, cohort) if table is not None]
        return np.unique(np.concatenate([recordings, *tables]))

    def scorer(self, embeddings: EmbeddingSet) -> TrialScorer:
        """What scores trials of `embeddings`, the back-end fitted.

        Args:
            embeddings: of the utterances of `ids()` and of the trials to come.

        Raises:
            InputError: for a back-end or a cohort of another model's embeddings, or one that cannot be fitted.
        """
        backend, words = self._backend(embeddings)
        normalization = None
        if self.normalization is not None:
            normalization, by = self._normalization(embeddings, self.normalization)
            words += f"; {by}"
        if embeddings.precision != "float32":
            words += f"; embeddings computed in {embeddings.precision}"
        if self.enrolments.recordings:
            words += f"; {len(self.enrolments.recordings)} enrolment models"
        return TrialScorer(embeddings, backend, self.enrolments, normalization, words)

    def _backend(self, embeddings: EmbeddingSet) -> tuple[BackEnd, str]:
        if self.is_file:
            from voxmetric.scoring.backends.storage import load_backend

            loaded = load_backend(self.backend)
            if loaded.model != embeddings.model:
                raise InputError(
                    f"{self.backend} is of model {loaded.model[:12]}, the embeddings are of model "
                    f"{embeddings.model[:12]}: fit a back-end to this model's embeddings"
                )
            return loaded, f"{Path(self.backend).name}, fitted to {loaded.source}"
        words = self.backend + "".join(f", {key} {value}" for key, value in self.options.items())
        if self.training is None:
            return backends.create(self.backend, self.options), words
        from voxmetric.scoring.backends.training import TrainingSet

        rows = embeddings.rows(self.training.ids)
        _, labels = self.training.speaker_codes()
        training = TrainingSet(embeddings.vectors[rows], labels, embeddings.model)
        fitted = backends.create(self.backend, self.options, training)
        return fitted, f"{words}, fitted to {training.describe()}"

    def _normalization(self, embeddings: EmbeddingSet, kind: str) -> tuple[Normalization, str]:
        source = embeddings if self.cohort_embeddings is None else self.cohort_embeddings
        if source.model != embeddings.model:
            raise InputError(
                f"the cohort is of model {source.model[:12]}, the embeddings are of model {embeddings.model[:12]}: "
                "embed the cohort with this model"
            )
        vectors = source.vectors
        if self.cohort is not None and (self.cohort_embeddings is None or self.cohort_by == "speaker"):
            vectors = vectors[source.rows(self.cohort.ids)]
        if self.cohort_by == "speaker":
            if self.cohort is None:
                raise InputError("a cohort by speaker needs to know who speaks in its utterances")
            vectors = speaker_means(vectors, self.cohort.speaker_codes()[1])
        top = self.top if kind == ADAPTIVE else None
        highest = "" if top is None else f"the {top} highest of "
        return Normalization(kind, vectors, top), f"{kind} by {highest}{len(vectors)} cohort {self.cohort_by}s"
