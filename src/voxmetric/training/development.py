"""A look at the development speakers: the equal error rate on them is all that settings may be chosen by."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from voxmetric.data.trials import TrialList
from voxmetric.data.utterances import UtteranceTable
from voxmetric.encoders.encoder import Encoder
from voxmetric.metrics import eer
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.extraction import embed_table
from voxmetric.speaker_model import SpeakerModel
from voxmetric.training.diagnostics import collapse_figures
from voxmetric.training.subsets import pairs_of


@dataclass(frozen=True)
class DevelopmentLook:
    """What the development speakers say of an encoder.

    Attributes:
        eer: equal error rate of cosine scores, a fraction.
        collapse: figures of the embeddings, see `collapse_figures`.
    """

    eer: float
    collapse: dict[str, float]

    def record(self) -> dict[str, float]:
        """The figures by the names that the log has for them."""
        return {"development_eer": self.eer} | {f"development_{key}": value for key, value in self.collapse.items()}


@dataclass(frozen=True)
class DevelopmentTrials:
    """Development utterances and the trials among them."""

    table: UtteranceTable
    trials: TrialList

    @classmethod
    def of(cls, table: UtteranceTable, seed: int) -> DevelopmentTrials:
        """Trials among the utterances of `table`: all pairs, or a balanced draw where they would be too many."""
        return cls(table, pairs_of(table, seed))

    def look(self, encoder: Encoder, device: torch.device) -> DevelopmentLook:
        """Figures of the encoder as it stands; it is put back into the mode it was in."""
        mode = encoder.training
        try:
            embeddings = embed_table(SpeakerModel(encoder, device=device), self.table).embeddings
        finally:
            encoder.train(mode)
        error = eer(score_trials(embeddings, self.trials), self.trials.labels)
        return DevelopmentLook(error, collapse_figures(torch.from_numpy(embeddings.vectors)))
