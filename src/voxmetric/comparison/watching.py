"""What a running comparison tells whoever watches, and how long it has taken over all its sessions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from voxmetric.comparison.runs import RunState
from voxmetric.files import write_text

# Called with what is being done, how many runs of it are finished, how many there are, and the ones under way.
Watch = Callable[[str, int, int, list[RunState]], None]


class SpentTime:
    """Wall time of a comparison, kept in a file so that interruptions do not lose it."""

    def __init__(self, path: Path) -> None:
        self._path, self._started = path, time.monotonic()
        self._before = float(json.loads(path.read_text())) if path.exists() else 0.0

    def keep(self) -> float:
        """Write and return the seconds so far."""
        seconds = self._before + time.monotonic() - self._started
        write_text(self._path, json.dumps(seconds))
        return seconds


class Stage:
    """The part of a comparison under way, told to `watch`."""

    def __init__(self, watch: Watch | None, spent: SpentTime) -> None:
        self._watch, self._spent = watch, spent
        self._name, self._total = "", 0

    def begin(self, name: str, total: int) -> None:
        """Enter a part that consists of `total` runs."""
        self._name, self._total = name, total
        self.tell(0, [])

    def tell(self, finished: int, states: list[RunState]) -> None:
        """Pass on how many runs are finished and how far the others are; those not yet begun have no state."""
        self._spent.keep()
        if self._watch:
            self._watch(self._name, finished, self._total, states)
