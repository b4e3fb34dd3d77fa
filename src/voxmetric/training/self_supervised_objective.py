"""Training without labels: views of recordings through encoder and method to the loss of the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import torch
from torch import Tensor, nn

from voxmetric.data.views import ViewBatch
from voxmetric.encoders.appended import with_layers
from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Method, Moment
from voxmetric.selfsupervised.positives import BootstrappedPositives
from voxmetric.training.distributed import ProcessGroup, global_batch
from voxmetric.training.gradient_caching import split_evenly
from voxmetric.training.objective import Objective


@dataclass(frozen=True)
class Compared:
    """What the last update compared, without gradients.

    Attributes:
        embeddings: one (N, D) for each view of this process's share.
        projections: one (B, P) for each view, of all processes, before positives are replaced.
        targets: one (B, P) for each global view, likewise; empty for a method without targets.
        recordings: (B,) int64, of all processes.
    """

    embeddings: list[Tensor]
    projections: list[Tensor]
    targets: list[Tensor]
    recordings: Tensor


class SelfSupervisedObjective(Objective):
    """A method without labels.

    Views of one length go through the encoder together, so that batch normalisation takes its statistics over all
    views of that length, as SimCLR does; a projector sees one view at a time. Under several processes the statistics
    are those of the whole batch, so that no method has to shuffle a batch among processes.

    Args:
        encoder: the encoder to be trained.
        method: how.
        group: the processes that share a batch.
        positives: what replaces positives by those of other recordings, if anything.
        num_global: views of full length, which come first.
        num_views: of both lengths.
        steps: updates of the whole training.
        steps_per_epoch: updates that see every recording once.
        weights: whose weights the trained encoder has, those that are trained or their slow copy.
        embedding: what the trained encoder gives, its embedding or the projection of it.
        in_bfloat16: see `Objective`.
        chunk_size: see `Objective`.

    Raises:
        InputError: if the method has no such weights or projection.
    """

    def __init__(
        self,
        encoder: Encoder,
        method: Method,
        group: ProcessGroup,
        *,
        steps: int,
        steps_per_epoch: int,
        positives: BootstrappedPositives | None = None,
        num_global: int = 2,
        num_views: int = 2,
        weights: Literal["student", "teacher"] = "student",
        embedding: Literal["encoder", "projection"] = "encoder",
        in_bfloat16: bool = False,
        chunk_size: int = 0,
    ) -> None:
        super().__init__(encoder, group, in_bfloat16, chunk_size)
        self.method = method
        self.positives = positives
        self.latest: Compared | None = None
        self._num_global, self._num_views = num_global, num_views
        self._steps, self._steps_per_epoch = steps, steps_per_epoch
        self._weights, self._embedding = weights, embedding
        self.trained_encoder()  # what cannot be given is an error now, not after the training

    @property
    def judge(self) -> Method:
        return self.method

    @property
    def crops_per_row(self) -> int:
        return self._num_views

    def trained_encoder(self) -> Encoder:
        encoder = self.method.teacher() if self._weights == "teacher" else self.encoder
        if encoder is None:
            raise InputError("this method keeps no slow copy of the encoder: set method.weights to student")
        if self._embedding == "encoder":
            return encoder
        layers = getattr(self.method, "projector", None)
        if self._weights == "teacher" or not isinstance(layers, nn.Sequential) or not len(layers):
            raise InputError(
                "a trained projection is only there for the weights of the student, with a projector between "
                "embedding and loss: set method.embedding to encoder"
            )
        return with_layers(encoder, layers)

    def inputs(self, batch: ViewBatch) -> tuple[list[Tensor], Tensor]:
        device = self.group.device
        return [view.to(device) for view in batch.views], batch.recordings.to(device)

    def begin(self, step: int, seed: int) -> None:
        self.method.reseed(seed)
        self.method.begin(self.encoder, self._moment(step))
        if self.positives is not None:
            self.positives.begin(self.encoder, self._moment(step))

    def follow(self, step: int) -> None:
        self.method.follow(self.encoder, self._moment(step))
        if self.positives is not None and self.latest is not None:
            latest = self.latest
            first = global_batch(latest.embeddings[0], self.group)
            self.positives.remember(first, latest.projections, latest.targets, latest.recordings)

    def forward(self, views: Sequence[Tensor], recordings: Tensor) -> Tensor:
        """Loss of the global batch.

        Args:
            views: one (N, T_v) for each view of this process's share, global views first.
            recordings: (N,) int64.
        """
        embeddings: list[Tensor] = []
        for _, alike in groupby(views, key=lambda view: view.shape[1]):
            together = list(alike)
            embeddings += self.embed(torch.cat(together)).split(len(recordings))
        return self.compare(embeddings, self._targets(views), recordings)

    def compare(self, embeddings: Sequence[Tensor], targets: Sequence[Tensor], numbers: Tensor) -> Tensor:
        projections = [global_batch(self.method.project(one), self.group) for one in embeddings]
        targets = [global_batch(one, self.group) for one in targets]
        recordings = global_batch(numbers, self.group)
        self.latest = Compared(
            [one.detach() for one in embeddings], [one.detach() for one in projections], list(targets), recordings
        )
        usual = None
        if self.positives is not None:
            usual = projections, targets
            projections, targets = self.positives.replace(projections, targets, recordings)
        loss: Tensor = self.method(projections, targets, recordings, usual)
        return loss

    def random_inputs(self, size: int) -> tuple[list[Tensor], list[Tensor]]:
        def embeddings() -> Tensor:
            return torch.randn(size, self.encoder.embedding_size, device=self.group.device)

        views = range(self._num_global)
        targets = [self.method.project(embeddings()).detach() for _ in views] if self.method.needs.targets else []
        return [embeddings().requires_grad_() for _ in views], targets

    def set_margin_factor(self, factor: float) -> None:
        self.method.set_margin_factor(factor)

    def _targets(self, views: Sequence[Tensor]) -> list[Tensor]:
        if not self.method.needs.targets:
            return []
        with torch.autocast(self.group.device.type, torch.bfloat16, enabled=self._in_bfloat16):
            return [
                self.method.project_targets(
                    torch.cat([self.method.embed_targets(chunk) for chunk in split_evenly(view, self._chunk_size)])
                )
                for view in views[: self._num_global]
            ]

    def _moment(self, step: int) -> Moment:
        return Moment(step, self._steps, self._steps_per_epoch)
