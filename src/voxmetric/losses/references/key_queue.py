"""A queue of past keys as negatives."""

from __future__ import annotations

from torch import Tensor

from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.references.reference import Reference
from voxmetric.losses.references.ring import Ring


class KeyQueue(Reference):
    """Each recording's first view (by order of appearance) asks for its other views, the keys, against past keys.

    Keys get no gradient: they come from a slowly moving copy of the encoder. After a training step they join the
    queue, which starts with random directions. Past keys with the query's own label are left out.

    Args:
        embedding_size: D.
        queue_size: K, past keys that are kept.
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=1)

    def __init__(self, embedding_size: int, queue_size: int) -> None:
        super().__init__()
        self.queue = Ring(queue_size, embedding_size)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        groups = group(labels, utterances=2)
        queries, norms = unit(embeddings[groups.first])
        others = groups.others()
        keys, _ = unit(embeddings[others].detach())
        rows = groups.members[others]
        past = self.queue.directions.to(queries.dtype)
        asking, own_past = (groups.labels.unsqueeze(1) == self.queue.labels).nonzero(as_tuple=True)
        return DenseComparison(
            queries @ past.T,
            None,
            norms,
            rows=None if len(rows) == len(queries) else rows,
            targets=(queries[rows] * keys).sum(1),
            excluded=(asking, own_past),
        )

    def remember(self, embeddings: Tensor, labels: Tensor) -> None:
        others = group(labels).others()
        self.queue.push(unit(embeddings[others])[0], labels[others])
