"""Which utterances of a batch share a speaker."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SpeakerGroups:
    """The batch grouped by speaker, whatever the layout and however unequal the groups.

    Attributes:
        speakers: (N,) int64, the speaker of each utterance as a number in [0, G).
        sizes: (G,) int64, utterances of each speaker.
    """

    speakers: Tensor
    sizes: Tensor

    @classmethod
    def of(cls, labels: Tensor) -> SpeakerGroups:
        """Group by equal `labels` (N,), which may be any integers."""
        _, speakers, sizes = labels.unique(return_inverse=True, return_counts=True)
        return cls(speakers, sizes)

    def __len__(self) -> int:
        return len(self.speakers)

    @property
    def num_positives(self) -> Tensor:
        """(N,) int64: other utterances of the same speaker."""
        return self.sizes[self.speakers] - 1

    @property
    def num_negatives(self) -> Tensor:
        """(N,) int64: utterances of other speakers."""
        return len(self) - self.sizes[self.speakers]

    def same(self, rows: slice = slice(None)) -> Tensor:
        """(R, N) bool: whether each of `rows` shares its speaker with each utterance (itself included)."""
        return self.speakers[rows, None] == self.speakers

    def positives(self) -> tuple[Tensor, Tensor]:
        """The positives of every utterance.

        Returns:
            indices (N, P) int64, with P the most positives that any utterance has, and valid (N, P) bool.
            Entries that are not valid point at some utterance of the same speaker.
        """
        by_speaker = self.speakers.argsort(stable=True)
        first = self.sizes.cumsum(0) - self.sizes
        sizes = self.sizes[self.speakers, None]
        place = torch.empty_like(self.speakers)
        place[by_speaker] = torch.arange(len(self), device=place.device) - first[self.speakers[by_speaker]]
        step = torch.arange(1, int(self.sizes.max()), device=place.device)
        # Going round the speaker's utterances from the next one on never meets the utterance itself.
        indices = by_speaker[first[self.speakers, None] + (place[:, None] + step) % sizes]
        return indices, step < sizes

    def positive_pairs(self) -> tuple[Tensor, Tensor]:
        """Every ordered pair (anchor, positive) of two utterances of one speaker, as two (T,) int64 vectors."""
        indices, valid = self.positives()
        anchors = torch.arange(len(self), device=indices.device)[:, None].expand_as(indices)
        return anchors[valid], indices[valid]
