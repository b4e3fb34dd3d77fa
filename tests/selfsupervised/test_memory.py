from __future__ import annotations

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.selfsupervised.memory import Memory


def test_keeps_the_latest_vector_of_each_recording() -> None:
    memory = Memory(5, 2)
    memory.remember(torch.tensor([3, 1]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    memory.remember(torch.tensor([3]), torch.tensor([[5.0, 6.0]], requires_grad=True))
    assert memory.known.tolist() == [False, True, False, True, False]
    assert memory.vectors[[1, 3]].tolist() == [[3.0, 4.0], [5.0, 6.0]]
    assert not memory.vectors.requires_grad


def test_its_state_is_saved() -> None:
    memory, other = Memory(3, 2), Memory(3, 2)
    memory.remember(torch.tensor([2]), torch.ones(1, 2))
    other.load_state_dict(memory.state_dict())
    assert other.vectors.equal(memory.vectors)
    assert other.known.equal(memory.known)


def test_refuses_no_recordings() -> None:
    with pytest.raises(InputError, match="at least 1"):
        Memory(0, 2)
