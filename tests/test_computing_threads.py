from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from voxmetric.computing_threads import ComputingThreads


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def in_thread(function: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join(30)
    return found[0]


def test_a_thread_of_a_pool_has_one_and_the_others_what_they_had() -> None:
    threads = ComputingThreads()

    def of_pool() -> tuple[int, int]:
        threads.enter_pool()
        return threads.number(), torch.get_num_threads()

    def newcomer() -> tuple[int, int]:
        torch.get_num_threads()
        return threads.number(), torch.get_num_threads()

    assert threads.number() == 2
    with threads.one_each(threads.number()):
        assert in_thread(of_pool) == (1, 1)
        assert in_thread(newcomer) == (2, 1)  # torch itself says 1 to whoever asks first now
        assert threads.number() == 2
    assert in_thread(newcomer) == (2, 2)
    assert (threads.number(), torch.get_num_threads()) == (2, 2)


def test_what_another_gives_back_does_not_reach_a_thread_of_a_pool() -> None:
    threads = ComputingThreads()

    def of_pool() -> int:
        threads.enter_pool()
        in_thread(lambda: torch.set_num_threads(2))
        return torch.get_num_threads()

    with threads.one_each(2):
        assert in_thread(of_pool) == 1
