"""What every training objective is: a module from a batch's embeddings and labels to one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError


@dataclass(frozen=True)
class BatchNeeds:
    """What a loss asks of a batch.

    Attributes:
        utterances_per_speaker: fewest utterances that each speaker of the batch must have.
        speakers: fewest speakers for the loss to say anything; with fewer it is zero.
        batches: how its published recipes draw batches: `shuffled` utterances, or `speakers` with several
            utterances each.
    """

    utterances_per_speaker: int = 1
    speakers: int = 1
    batches: Literal["shuffled", "speakers"] = "speakers"


class Loss(nn.Module):
    """A training objective.

    A subclass sets `needs` and writes `compute` (and `measure`, if it has something to tell). Groups come from the
    labels, never from the layout of the batch. The maths runs in float32 even under mixed precision, in float64
    where the embeddings are float64. A registered loss documents itself: its docstring starts with one line, goes
    on with the formula, and has the sections `Args:`, `Published values:` and `Source:`.

    Attributes:
        needs: what it asks of a batch.
        generator: the only source of chance that a loss may draw from (a CPU generator), see `reseed`.
        margin_factor: share of the margin in force, in [0, 1], see `set_margin_factor`.
    """

    needs = BatchNeeds()

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator()
        self.generator.manual_seed(0)
        self.margin_factor = 1.0

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            embeddings: (N, D), floating point, not normalised.
            labels: (N,) int64; in losses with class weights in [0, C), elsewhere any values. Losses over views
                of a recording take the number of the source recording of each row.

        Returns:
            A scalar, float32 (float64 for float64 embeddings).

        Raises:
            InputError: if the shapes or types do not fit, or the batch lacks what the loss needs.
        """
        _check(embeddings, labels)
        with torch.autocast(embeddings.device.type, enabled=False):
            return self.compute(_full_precision(embeddings), labels.to(torch.int64))

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a checked batch in float32 or float64; what a subclass writes."""
        raise NotImplementedError

    @torch.no_grad()
    def statistics(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """Figures about a batch that explain its loss, such as `accuracy`; changes no state of the loss."""
        _check(embeddings, labels)
        drawn = self.generator.get_state()
        try:
            with torch.autocast(embeddings.device.type, enabled=False):
                return self.measure(_full_precision(embeddings), labels.to(torch.int64))
        finally:
            self.generator.set_state(drawn)

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:  # noqa: ARG002
        """The statistics of a checked batch; a subclass that has any writes this."""
        return {}

    def set_margin_factor(self, factor: float) -> None:
        """Use this share of the margin from now on (a schedule raises it from 0 to 1 over the steps).

        Raises:
            InputError: if `factor` is outside [0, 1].
        """
        if not 0.0 <= factor <= 1.0:
            raise InputError(f"expected a margin factor in [0, 1], found {factor}")
        self.margin_factor = float(factor)

    def reseed(self, seed: int) -> None:
        """Restart the loss's own random draws from `seed`: equal seeds and inputs give equal losses."""
        self.generator.manual_seed(seed)


def _check(embeddings: Tensor, labels: Tensor) -> None:
    if embeddings.ndim != 2 or not embeddings.is_floating_point() or len(embeddings) == 0:
        raise InputError(
            "expected floating-point embeddings of shape (N, D) with N > 0, "
            f"found {embeddings.dtype} {tuple(embeddings.shape)}"
        )
    if labels.ndim != 1 or labels.is_floating_point() or len(labels) != len(embeddings):
        raise InputError(
            f"expected integer labels of shape ({len(embeddings)},), one for each embedding, "
            f"found {labels.dtype} {tuple(labels.shape)}"
        )


def _full_precision(embeddings: Tensor) -> Tensor:
    return embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
