"""The equal error rate on the development speakers, which is all that settings may be chosen by."""

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
from voxmetric.training.subsets import pairs_of


@dataclass(frozen=True)
class DevelopmentTrials:
    """Development utterances and the trials among them."""

    table: UtteranceTable
    trials: TrialList

    @classmethod
    def of(cls, table: UtteranceTable, seed: int) -> DevelopmentTrials:
        """Trials among the utterances of `table`: all pairs, or a balanced draw where they would be too many."""
        return cls(table, pairs_of(table, seed))

    def eer(self, encoder: Encoder, device: torch.device) -> float:
        """Equal error rate of cosine scores with the encoder as it stands, which is put back into training mode."""
        try:
            embeddings = embed_table(SpeakerModel(encoder, device=device), self.table).embeddings
        finally:
            encoder.train()
        return eer(score_trials(embeddings, self.trials), self.trials.labels)
