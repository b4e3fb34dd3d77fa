"""Small k-means in one thread.

scikit-learn's threads wait for each other after every step, by spinning. A step on a few thousand windows takes about a
millisecond: a second thread gains little, and where other work keeps the cores busy each wait lasts a time slice
(2,000 windows were counted in 59 s by two threads on a machine with ten times more work than cores, in 3 s by one).
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """A context in which scikit-learn, which must have been imported, computes in one thread."""
    limit: AbstractContextManager[object] = _controller().limit(limits=1)
    return limit


@functools.cache
def _controller() -> ThreadpoolController:
    """Finding the libraries takes tens of milliseconds, so once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
