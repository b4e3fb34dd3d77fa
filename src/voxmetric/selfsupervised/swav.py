"""SwAV: a view predicts to which prototypes the other view of its recording is assigned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.losses.directions import unit
from voxmetric.losses.references.ring import Ring
from voxmetric.selfsupervised.cross_view import cross_view_entropy
from voxmetric.selfsupervised.method import Method, Moment, ViewNeeds
from voxmetric.selfsupervised.projector import projector
from voxmetric.selfsupervised.sinkhorn import balanced_assignments


class SwAV(Method):
    """Swapped prediction of balanced assignments.

    L = mean over pairs (a, v) of different views of CE(q_a, softmax(cos(z_v, prototypes) / temperature)), where the
    assignments q_a of the first two views come from `balanced_assignments` over the batch and, from an epoch on, a
    queue of past projections of that view. Prototypes are unit vectors: they are scaled back after every update.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and loss, the last without ReLU.
        prototypes: K.
        temperature: of the predictions.
        epsilon: softness of the assignments.
        iterations: of the balancing.
        queue_size: past projections of each of the two views; 0 for none.
        queue_epoch: first epoch that fills the queues; they are used once they are full.
        frozen_epochs: epochs at the beginning in which the prototypes stay as drawn.

    Attributes:
        prototypes: (K, P) unit vectors.

    Raises:
        InputError: for a size below 1, or a temperature or epsilon that is not above 0.

    Published values:
        3,000 or 6,000 prototypes, projector [2048, 128] or [2048, 512]; the queue is filled from the first update
        there, and used from epoch 15.

    Source:
        Caron et al. 2020, "Unsupervised learning of visual features by contrasting cluster assignments".
    """

    needs = ViewNeeds(local_views=True)

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (2048, 128),
        prototypes: int = 3000,
        temperature: float = 0.1,
        epsilon: float = 0.05,
        iterations: int = 3,
        queue_size: int = 3840,
        queue_epoch: int = 15,
        frozen_epochs: int = 1,
    ) -> None:
        super().__init__()
        if min(prototypes, iterations) < 1 or min(temperature, epsilon) <= 0:
            raise InputError(
                "expected at least 1 prototype and 1 iteration, temperature and epsilon above 0, "
                f"found {prototypes}, {iterations}, {temperature} and {epsilon}"
            )
        size = projector_sizes[-1] if projector_sizes else encoder.embedding_size
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True)
        self.prototypes = nn.Parameter(unit(torch.randn(prototypes, size))[0])
        self.queues = nn.ModuleList([Ring(queue_size, size) for _ in range(2)] if queue_size else [])
        self.temperature, self.epsilon, self.iterations = temperature, epsilon, iterations
        self.queue_epoch, self.frozen_epochs = queue_epoch, frozen_epochs
        self._fills_queues = False
        self._nearest: Tensor | None = None

    def begin(self, encoder: Encoder, moment: Moment) -> None:  # noqa: ARG002
        self._fills_queues = bool(self.queues) and moment.epoch >= self.queue_epoch
        self.prototypes.requires_grad_(moment.epoch >= self.frozen_epochs)

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        views = [unit(view)[0] for view in projections]
        scores = [view @ self.prototypes.to(view.dtype).T for view in views]
        assignments = [self._assign(number, scores[number].detach()) for number in range(2)]
        self._nearest = scores[0].detach().argmax(1)
        return cross_view_entropy([score / self.temperature for score in scores], assignments)

    def remember(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> None:  # noqa: ARG002
        if self._fills_queues:
            for queue, view in zip(self.queues, projections, strict=False):
                assert isinstance(queue, Ring)
                queue.push(unit(view)[0], recordings)

    @torch.no_grad()
    def follow(self, encoder: Encoder, moment: Moment) -> None:  # noqa: ARG002
        self.prototypes.copy_(unit(self.prototypes)[0])

    def measure(self) -> dict[str, float]:
        """`distinct_prototypes`: how many prototypes are the nearest to some recording of the batch."""
        return {} if self._nearest is None else {"distinct_prototypes": float(len(self._nearest.unique()))}

    @torch.no_grad()
    def _assign(self, number: int, scores: Tensor) -> Tensor:
        """Assignments (B, K) of the view `number` by its scores (B, K), balanced together with its queue if full."""
        rows = len(scores)
        if self._fills_queues:
            queue = self.queues[number]
            assert isinstance(queue, Ring)
            if int(queue.filled) == len(queue.labels):
                past = queue.directions.to(scores.dtype) @ self.prototypes.to(scores.dtype).T
                scores = torch.cat([scores, past])
        return balanced_assignments(scores, self.epsilon, self.iterations)[:rows]
