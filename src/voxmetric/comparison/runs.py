"""Many training runs on one machine: side by side, each in its own folder and process, each resumable."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmetric.errors import DivergedError, InputError
from voxmetric.training.recipe import Recipe
from voxmetric.training.trainer import LOG, TrainingResult, read_result, refuse_another_recipe, train


@dataclass(frozen=True)
class RunState:
    """How far one run has come, for whoever watches: updates made of `steps`, or finished."""

    folder: Path
    step: int
    steps: int


class RunPool:
    """A pool of training processes."""

    def __init__(self, jobs: int, watch: Callable[[int, list[RunState]], None] | None) -> None:
        self._jobs, self._watch = jobs, watch
        self._pool = ProcessPoolExecutor(
            jobs,
            # Fresh interpreters: a fork of a process that has computed with threads may hang.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_end_with_parent,
            initargs=(os.getpid(),),
        )

    def train_all(self, recipes: Mapping[Path, Recipe]) -> dict[Path, TrainingResult | None]:
        """Train each recipe into its folder; finished runs are taken as they are.

        Returns:
            The result for each folder; none for a run that diverged.

        Raises:
            InputError: from the first run that cannot go on, and for a folder that holds another recipe's run.
        """
        for folder, recipe in recipes.items():
            refuse_another_recipe(folder, recipe)
        results: dict[Path, TrainingResult | None] = {
            folder: result for folder in recipes if (result := read_result(folder))
        }
        ahead = deque(folder for folder in recipes if folder not in results)
        running: dict[Future[TrainingResult], Path] = {}
        while ahead or running:
            # No more at a time than there are processes: a run that the pool holds ready cannot be called off.
            while ahead and len(running) < self._jobs:
                folder = ahead.popleft()
                running[self._pool.submit(_train_interruptibly, recipes[folder], folder)] = folder
            for future in wait(running, timeout=1.0, return_when=FIRST_COMPLETED).done:
                folder = running.pop(future)
                try:
                    results[folder] = future.result()
                except DivergedError:
                    results[folder] = None
                except BrokenProcessPool as error:
                    raise InputError(
                        "a training process was ended from outside, most often for want of memory: lower compare.jobs "
                        "or batches.size, then run the same command again to go on"
                    ) from error
            if self._watch:
                self._watch(len(results), [_state(folder, recipes[folder]) for folder in running.values()])
        return results

    def map(self, function: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> list[Any]:
        """`function` of each tuple of arguments, computed by the pool's processes; results in order."""
        futures = [self._pool.submit(function, *one) for one in arguments]
        return [future.result() for future in futures]

    def close(self, *, cancel: bool) -> None:
        """Wait for the processes to end; with `cancel`, drop what has not begun."""
        self._pool.shutdown(wait=True, cancel_futures=cancel)


@contextmanager
def run_pool(jobs: int, watch: Callable[[int, list[RunState]], None] | None = None) -> Iterator[RunPool]:
    """A `RunPool` of `jobs` processes that is closed at the end, at once if something fails."""
    pool = RunPool(jobs, watch)
    try:
        yield pool
    except BaseException:
        pool.close(cancel=True)
        raise
    pool.close(cancel=False)


def _end_with_parent(parent: int) -> None:
    """Watch the parent from a thread: a comparison that was killed would leave its processes training unseen, into
    folders that the next one resumes. What is not in a checkpoint yet is computed again."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    # An interrupt from the keyboard reaches all processes; one that waits for work has nothing to save or say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()


def _train_interruptibly(recipe: Recipe, folder: Path) -> TrainingResult:
    """Train in a process of the pool; an interrupt from the keyboard saves a checkpoint and stops."""
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return train(recipe, folder)
    finally:
        signal.signal(signal.SIGINT, ignored)


def _state(folder: Path, recipe: Recipe) -> RunState:
    """Progress from the last complete line of the run's log, read from its end."""
    path = folder / LOG
    step = 0
    if path.exists():
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2000))
            lines = file.read().decode(errors="replace").splitlines()
        for line in reversed(lines):
            if line.startswith('{"step": ') and line.endswith("}"):
                step = int(line[9:].partition(",")[0])
                break
    return RunState(folder, step, recipe.training.steps)
