"""What every way of training without labels is: from the views of a batch of recordings to one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder


@dataclass(frozen=True)
class Moment:
    """Where a training is: update number `step` (from 0) of `steps`, `steps_per_epoch` of which see every recording."""

    step: int
    steps: int
    steps_per_epoch: int

    @property
    def epoch(self) -> int:
        """Passes over the recordings that are complete."""
        return self.step // self.steps_per_epoch

    @property
    def begins_epoch(self) -> bool:
        """Whether this update is the first of its epoch."""
        return self.step % self.steps_per_epoch == 0


@dataclass(frozen=True)
class ViewNeeds:
    """What a method asks of the views.

    Attributes:
        global_views: views of full length of every recording, at least.
        local_views: whether shorter views serve it.
        targets: whether it compares with targets that get no gradient, see `Method.targets`.
        recordings: fewest recordings in a batch for the loss to say anything.
        recordings_in_epoch: fewest recordings that an epoch must see, for methods that cluster them.
        idle_epochs: epochs at the beginning that move no weight.
    """

    global_views: int = 2
    local_views: bool = False
    targets: bool = False
    recordings: int = 2
    recordings_in_epoch: int = 1
    idle_epochs: int = 0


class Method(nn.Module):
    """A way of training an encoder without labels.

    It holds everything but the encoder itself: projector, predictor, slowly moving copies, queues, prototypes,
    memories; all of it in its `state_dict`, so that a checkpoint keeps it. An update calls, in this order, `begin`,
    `project` on each view's embeddings, `targets` on each global view's waveforms, the method itself on the outcome
    (`compare` in full precision, then `remember`), and after the optimiser `follow`. `project` treats every row alone
    (batch normalisation aside), so that a batch may be computed in parts; `compare` sees the whole batch, of all
    processes. Parameters that the optimiser must not move have `requires_grad` false.

    Attributes:
        needs: what it asks of the views.
        generator: the only source of chance that a method may draw from (a CPU generator), see `reseed`.
    """

    needs = ViewNeeds()

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator()
        self.generator.manual_seed(0)

    def begin(self, encoder: Encoder, moment: Moment) -> None:
        """Prepare for an update: schedules, clusters that are made anew with every epoch."""

    def project(self, embeddings: Tensor) -> Tensor:
        """What is compared, (B, P), of the embeddings (B, D) of one view; the embeddings themselves by default."""
        return embeddings

    def forward(
        self,
        projections: Sequence[Tensor],
        targets: Sequence[Tensor],
        recordings: Tensor,
        usual: tuple[Sequence[Tensor], Sequence[Tensor]] | None = None,
    ) -> Tensor:
        """`compare` in float32 (float64 for float64 projections), also under mixed precision; then, while training,
        `remember`.

        Args:
            projections: see `compare`.
            targets: see `compare`.
            recordings: see `compare`.
            usual: projections and targets before some were replaced by those of other recordings; None if none was.
        """
        with torch.autocast(recordings.device.type, enabled=False):
            loss = self.compare(_full_precision(projections), _full_precision(targets), recordings)
            if self.training:
                own = [_full_precision([view.detach() for view in views]) for views in usual or (projections, targets)]
                self.remember(own[0], own[1], recordings)
        return loss

    @torch.no_grad()
    def targets(self, waveforms: Tensor) -> Tensor:
        """Targets (B, P) of one global view's waveforms (B, T), for methods whose `needs.targets` is true."""
        return self.project_targets(self.embed_targets(waveforms))

    @torch.no_grad()
    def embed_targets(self, waveforms: Tensor) -> Tensor:
        """The slow encoder's embeddings (B, D) of `waveforms` (B, T); a batch may be computed in parts."""
        raise NotImplementedError

    @torch.no_grad()
    def project_targets(self, embeddings: Tensor) -> Tensor:
        """Targets (B, P) of such embeddings (B, D) of one whole view; the embeddings themselves by default."""
        return embeddings

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:
        """The loss of a batch, in float32 or float64.

        Args:
            projections: one (B, P) for each view, global views first; view 0 and 1 always are global.
            targets: one (B, P) for each global view, without gradient; empty where `needs.targets` is false.
            recordings: (B,) int64, number of the source recording of each row, in [0, number of recordings).

        Returns:
            A scalar.
        """
        raise NotImplementedError

    def remember(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> None:
        """Keep what later updates compare with, after the loss: queues, memories.

        Args:
            projections: one (B, P) for each view, without gradient, each row of its own recording.
            targets: one (B, P) for each global view, likewise.
            recordings: (B,) int64.
        """

    def follow(self, encoder: Encoder, moment: Moment) -> None:
        """Move after the optimiser has: averages of weights, renormalised prototypes."""

    def teacher(self) -> Encoder | None:
        """The slowly moving copy of the encoder, where there is one."""
        return None

    def measure(self) -> dict[str, float]:
        """Figures about the last comparison that explain it."""
        return {}

    def set_margin_factor(self, factor: float) -> None:
        """Use this share, in [0, 1], of the margin from now on, where there is one."""

    def reseed(self, seed: int) -> None:
        """Restart the method's own random draws from `seed`."""
        self.generator.manual_seed(seed)


def _full_precision(views: Sequence[Tensor]) -> list[Tensor]:
    return [view.to(torch.promote_types(view.dtype, torch.float32)) for view in views]
