"""How the negatives of a batch's tuples are chosen: what every sampling shares, and the draw itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups
from voxmetric.losses.tuples.margins import Margin

ENTRIES_AT_ONCE = 2**22


@dataclass(frozen=True)
class Candidates:
    """What a sampling may know when it chooses a negative for each of R queries.

    Attributes:
        distances: (R, N), from each query to every utterance of the batch.
        allowed: (R, N) bool, which utterances may be chosen.
        positive_distances: (R,), distance of the positive pair that the negative is to be set against.
        margin: scalar, how far beyond the positive a negative still counts.
        embedding_size: D.
    """

    distances: Tensor
    allowed: Tensor
    positive_distances: Tensor
    margin: Margin
    embedding_size: int


class Sampling:
    """A way to choose tuples from a batch. A subclass writes `choose`, and `positive_pairs` if it takes only some."""

    def positive_pairs(self, distances: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Anchors and positives, two (T,) int64 vectors, given distances (N, N): here every ordered pair."""
        return groups.pairs()

    def choose(self, candidates: Candidates, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One negative for each query.

        Args:
            candidates: what may be chosen.
            generator: the source of chance.

        Returns:
            chosen (R,) int64, in [0, N); found (R,) bool, false where no allowed utterance suits and `chosen`
            means nothing.
        """
        raise NotImplementedError


class All(Sampling):
    """Every tuple of the batch: nothing is chosen; a loss counts them instead."""


def draw(weights: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw one column of each row with probability proportional to its weight.

    Args:
        weights: (R, N), non-negative numbers or booleans.
        generator: a CPU generator, whatever the device of the weights.

    Returns:
        columns (R,) int64; found (R,) bool, false in rows of zeros.
    """
    cumulative = weights.cumsum(1, dtype=torch.float64)
    total = cumulative[:, -1:]
    uniform = torch.rand(len(weights), 1, generator=generator, dtype=torch.float64).to(total.device)
    # Below the total even when the product rounds up to it, so that the column found has a weight.
    target = torch.minimum(uniform * total, torch.nextafter(total, torch.zeros_like(total)))
    columns = torch.searchsorted(cumulative, target, right=True)[:, 0]
    return columns.clamp_max(weights.shape[1] - 1), total[:, 0] > 0


def nearest(distances: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest allowed column of each row of distances (R, N): columns (R,), found (R,)."""
    return distances.masked_fill(~allowed, torch.inf).argmin(1), allowed.any(1)


@torch.no_grad()
def choose_negatives(
    sampling: Sampling,
    distances: Tensor,
    groups: Groups,
    *,
    queries: Tensor,
    barred: Tensor | None,
    positive_distances: Tensor,
    margin: Margin,
    embedding_size: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Let `sampling` choose an utterance of another speaker for each query.

    Args:
        sampling: chooses.
        distances: (N, N).
        groups: the speakers of the batch.
        queries: (T,) int64, utterances to choose for.
        barred: (T,) int64, utterances whose speakers may not be chosen either.
        positive_distances: (T,), see `Candidates`.
        margin: scalar, see `Candidates`.
        embedding_size: D.
        generator: the source of chance.

    Returns:
        chosen (T,) int64 and found (T,) bool, as `Sampling.choose` does. O(T N) time, in chunks of bounded memory.
    """
    speakers = groups.members
    chosen, found = [], []
    for rows in torch.arange(len(queries)).split(max(1, ENTRIES_AT_ONCE // len(groups.members))):
        some = queries[rows]
        allowed = speakers[some, None] != speakers
        if barred is not None:
            allowed &= speakers[barred[rows], None] != speakers
        candidates = Candidates(distances[some], allowed, positive_distances[rows], margin, embedding_size)
        their_chosen, their_found = sampling.choose(candidates, generator)
        chosen.append(their_chosen)
        found.append(their_found)
    return torch.cat(chosen), torch.cat(found)
