"""Options of `voxmetric evaluate` that say how trials are scored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.scoring.embeddings import EmbeddingSet
    from voxmetric.scoring.scoring_plan import ScoringPlan


@dataclass(frozen=True)
class ScoringOptions:
    """How trials are scored.

    Parameters
    ----------
    backend
        cosine, centred_cosine, whitening, lda, plda, crops_cosine, crops_distance, or the file of a fitted one
        (*.safetensors), as `--output` keeps it.
    backend_option
        KEY=VALUE, an option of the back-end, such as dimensions=100; may be given several times.
    train_on
        Split to fit the back-end to; none of its speakers may be in the trials.
    normalize
        z_norm, t_norm, s_norm or as_norm (adaptive): scores relative to those with a cohort of other speakers.
    cohort
        Split, or file of embeddings (*.safetensors), of the cohort; none of its speakers may be in the trials.
    cohort_by
        A cohort member is an utterance, or the mean of a speaker's utterances.
    top
        How many of the highest cohort scores count with as_norm.
    enrolments
        Text file of `model id` lines: trials may name these models, of one recording or several, as their first side.
    """

    backend: str = "cosine"
    backend_option: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None
    train_on: str | None = None
    normalize: str | None = None
    cohort: str | None = None
    cohort_by: Literal["utterance", "speaker"] = "utterance"
    top: int = 300
    enrolments: Path | None = None

    def plan(self, table: UtteranceTable) -> ScoringPlan:
        """What the options say, with the utterances of `table`.

        Raises:
            InputError: if they contradict each other, or a file or split is missing.
        """
        from voxmetric.scoring import backends
        from voxmetric.scoring.embeddings import CropEmbeddingSet, EmbeddingSet
        from voxmetric.scoring.enrolments import Enrolments
        from voxmetric.scoring.scoring_plan import ScoringPlan

        cohort, vectors = None, None
        if self.cohort is not None and self.cohort.endswith(".safetensors"):
            of_crops = not self.backend.endswith(".safetensors") and backends.takes_crops(self.backend)
            vectors = (CropEmbeddingSet if of_crops else EmbeddingSet).load(self.cohort)
            cohort = _known(vectors, table, all_of_them=self.cohort_by == "speaker")
        elif self.cohort is not None:
            cohort = table.where(split=self.cohort)
        return ScoringPlan(
            self.backend,
            _options(self.backend_option or []),
            None if self.train_on is None else table.where(split=self.train_on),
            self.normalize,
            cohort,
            vectors,
            self.top,
            self.cohort_by,
            Enrolments({}) if self.enrolments is None else Enrolments.read(self.enrolments),
        )


def refuse_shared_speakers(plan: ScoringPlan, evaluated: UtteranceTable) -> None:
    """Refuse to fit or normalise by speakers who are evaluated (or calibrated on).

    Raises:
        InputError: naming how many, and one of them.
    """
    from voxmetric.errors import InputError

    for purpose, table in (("--train-on", plan.training), ("--cohort", plan.cohort)):
        shared = sorted(set() if table is None else set(table.speakers) & set(evaluated.speakers))
        if shared:
            raise InputError(
                f"{len(shared)} speakers of the trials, {shared[0]!r} for one, are in {purpose} too: "
                "choose other speakers than those evaluated"
            )


def _known(vectors: EmbeddingSet, table: UtteranceTable, *, all_of_them: bool) -> UtteranceTable | None:
    """The rows of a cohort's utterances: all of them, or those that the table has, if any."""
    import numpy as np

    present = vectors.ids if all_of_them else np.intersect1d(vectors.ids, table.ids.astype(np.str_))
    return table.take(table.indices(present.astype(object))) if len(present) else None


def _options(texts: list[str]) -> dict[str, Any]:
    import yaml

    from voxmetric.errors import InputError

    options = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise InputError(f"expected --backend-option KEY=VALUE, found {text!r}")
        options[key] = yaml.safe_load(value)
    return options
