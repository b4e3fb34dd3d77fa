"""How many threads compute, where several Python threads each compute in one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class ComputingThreads:
    """How many threads torch may use, also while it says 1.

    The 1 that holds in a thread of a pool is taken over by every thread that uses torch for the first time meanwhile.
    """

    def __init__(self) -> None:
        self._number, self._pools, self._lock = 1, 0, threading.Lock()
        self._own = threading.local()

    def number(self) -> int:
        """For the calling thread: 1 in a thread of a pool, elsewhere what it was before there were pools."""
        if getattr(self._own, "in_pool", False):
            return 1
        with self._lock:
            return self._number if self._pools else torch.get_num_threads()

    def enter_pool(self) -> None:
        """Have the calling thread, one of a pool, compute by itself."""
        self._own.in_pool = True
        torch.get_num_threads()  # the first question takes over what holds in common, and would undo the next line
        torch.set_num_threads(1)

    @contextmanager
    def one_each(self, number: int) -> Iterator[None]:
        """While a pool is at work; `number` of threads is what the caller has, and has again behind it."""
        with self._lock:
            self._number, self._pools = number, self._pools + 1
        try:
            yield
        finally:
            with self._lock:
                self._pools -= 1
                torch.set_num_threads(number)


threads_of_torch = ComputingThreads()
