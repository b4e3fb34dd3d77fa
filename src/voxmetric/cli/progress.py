"""Progress on standard error, so that standard output stays for results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from voxmetric.comparison.runs import RunState
    from voxmetric.comparison.watching import Watch
    from voxmetric.training.trainer import Progress as TrainingProgress


def progress_bar(*, quiet: bool = False) -> Progress:
    """A bar with counts, the time spent and the time left, on a terminal only; tasks have a `note`."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=quiet or not console.is_terminal,
    )


@contextmanager
def training_progress(name: str, *, quiet: bool) -> Iterator[Callable[[TrainingProgress], None]]:
    """A bar over the updates of one training; before it, quiet or not, what there is to know about the data."""
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task(name, total=None, note="")
        told = False

        def watch(now: TrainingProgress) -> None:
            nonlocal told
            if now.remark and not told:
                bar.console.print(f"voxmetric: {now.remark}", soft_wrap=True, markup=False, highlight=False)
            told = True
            error = "" if now.development_eer is None else f", development EER {100 * now.development_eer:.2f} %"
            skipped = f", {now.num_skipped} unreadable replaced" if now.num_skipped else ""
            collapsed = ", embeddings have collapsed" if now.collapsed else ""
            note = f"loss {now.loss:.3f}{error}, {now.crops_per_second:.0f} crops/s{skipped}{collapsed}"
            bar.update(task, completed=now.step, total=now.steps, note=note)

        yield watch


@contextmanager
def comparison_progress(*, quiet: bool) -> Iterator[Watch]:
    """A bar over the runs of each part of a comparison; runs under way count by their share."""
    with progress_bar(quiet=quiet) as bar:
        tasks: dict[str, TaskID] = {}

        def watch(stage: str, finished: int, total: int, running: list[RunState]) -> None:
            if stage not in tasks:
                for former in tasks.values():
                    bar.update(former, completed=bar.tasks[former].total, note="")
                tasks[stage] = bar.add_task(stage, total=total, note="")
            under_way = ", ".join(f"{state.folder.parent.name} {state.step}/{state.steps}" for state in running)
            bar.update(tasks[stage], completed=finished, note=under_way)

        yield watch


@contextmanager
def rounds_progress(*, quiet: bool) -> Iterator[Callable[[str, int, int, str], None]]:
    """A bar for each stage of rounds of pseudo-labels, one after the other."""
    with progress_bar(quiet=quiet) as bar:
        tasks: dict[str, TaskID] = {}

        def watch(stage: str, done: int, total: int, note: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, note="")
            bar.update(tasks[stage], completed=done, total=total, note=note)

        yield watch


class StagedProgress:
    """A bar for each stage of work on a recording, in seconds of it; of one recording at a time."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}
        self._name = ""

    def start(self, name: str) -> None:
        """Turn to the next recording."""
        for task in self._tasks.values():
            self._bar.remove_task(task)
        self._tasks, self._name = {}, name

    def update(self, stage: str, done: float, total: float) -> None:
        """So many seconds are through a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(f"{self._name}: {stage}", total=round(total), note="s")
        self._bar.update(self._tasks[stage], completed=round(done))


@contextmanager
def staged_progress(*, quiet: bool) -> Iterator[StagedProgress]:
    """Bars over the stages of long recordings, one after the other."""
    with progress_bar(quiet=quiet) as bar:
        yield StagedProgress(bar)
