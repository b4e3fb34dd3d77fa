from __future__ import annotations

import torch

from voxmetric.losses.references.batch_prototypes import split_queries


def test_first_utterance_asks_and_the_rest_is_averaged() -> None:
    x = torch.tensor([[1.0, 0.0], [5.0, 1.0], [2.0, 2.0], [7.0, 7.0], [4.0, 6.0]])
    queries, prototypes = split_queries(x, torch.tensor([9, 4, 9, 4, 9]))
    assert queries.tolist() == [[1.0, 0.0], [5.0, 1.0]]
    assert prototypes.tolist() == [[3.0, 4.0], [7.0, 7.0]]
