"""`voxmetric embed`: embeddings of many recordings, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from voxmetric.precision import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voxmetric.data.utterances import UtteranceTable

LISTED = 10
TIMED_RECORDINGS, TIMED_SECONDS = 8, 10.0


def embed(
    model: Path,
    recordings: Annotated[list[Path], Parameter(consume_multiple=True)],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    most_unreadable: float = 0.05,
    runtime: Literal["auto", "torch", "onnx"] = "auto",
    precision: Request = "float32",
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Embed recordings into one file of embeddings with their ids. Interrupt it and run it again to go on.

    Example: `voxmetric embed runs/best utterances.csv --split test --output test.safetensors`

    Parameters
    ----------
    model
        Folder that `voxmetric train` or `convert` wrote, or an ONNX file that `voxmetric export` wrote.
    recordings
        Recordings, or one table of utterances, or anything else that `voxmetric prepare` reads.
    output
        The file to write (safetensors: `embeddings`, `ids`, `id_ends`).
    split
        Only the utterances of this split.
    where
        COLUMN=VALUE, only the utterances that have it; may be given several times.
    most_unreadable
        Share of the recordings that may be skipped because they cannot be read; more end with an error.
    runtime
        What computes the model. With `auto` torch does, or ONNX Runtime where the model's folder holds an export of it
        (`model.onnx`) and it is faster on the first recordings. With `onnx` a model without one is exported first.
    precision
        `bfloat16` takes less time on processors that are faster in it and changes the embeddings slightly; `auto` is
        bfloat16 on those and float32 elsewhere. The file tells which it was.
    quiet
        No progress bar.
    json
        Print what was done as JSON.
    """
    import msgspec

    from voxmetric.cli.progress import progress_bar
    from voxmetric.cli.selection import select_utterances
    from voxmetric.interop.runtime import load_with_runtime
    from voxmetric.scoring.resumable_extraction import embed_to_file

    table = select_utterances(read_recordings(recordings), split, where)
    choice = load_with_runtime(model, runtime, lambda rate: first_recordings(table, rate), precision)
    loaded = choice.model
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("embedding", total=len(table), note="")
        extraction = embed_to_file(
            loaded,
            table,
            output,
            most_unreadable=most_unreadable,
            on_progress=lambda done: bar.update(task, completed=done),
        )
    done, skipped = len(extraction.embeddings), extraction.unreadable
    if json:
        told = {
            "output": str(output),
            "embedded": done,
            "unreadable": skipped,
            "runtime": choice.runtime,
            "runtime_reason": choice.reason,
            "precision": loaded.precision,
        }
        print(msgspec.json.encode(told).decode())
        return
    print(f"{output}: {done} embeddings of {loaded.embedding_size} numbers")
    print(f"computed by {choice.runtime} ({choice.reason}) in {loaded.precision}")
    if skipped:
        more = f" and {len(skipped) - LISTED} more (--json lists all)" if len(skipped) > LISTED else ""
        print(f"skipped {len(skipped)} that cannot be read: {', '.join(list(skipped)[:LISTED])}{more}")


def read_recordings(paths: list[Path]) -> UtteranceTable:
    """The table at a path, or one made of recordings, whose ids are their paths as given.

    Raises:
        InputError: if it cannot be read, or there are several paths and one of them is no recording.
    """
    from voxmetric.audio.reading import SUFFIXES
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.errors import InputError

    others = [path for path in paths if path.suffix.lower() not in SUFFIXES]
    if len(paths) == 1 and others:
        return UtteranceTable.read(paths[0])
    if others:
        raise InputError(f"expected recordings or one table of utterances, found {others[0]} among {len(paths)} paths")
    names = [str(path) for path in paths]
    columns = {"id": names, "path": names, "speaker": ["unknown"] * len(paths)}
    return UtteranceTable.from_columns(columns, Path.cwd(), "the command line")


def first_recordings(table: UtteranceTable, sample_rate: int) -> list[NDArray[np.float32]]:
    """The beginnings (T,) of the first recordings that can be read and are not silent, to time a model on."""
    from voxmetric.audio.reading import read
    from voxmetric.errors import InputError

    found = []
    for row in range(min(TIMED_RECORDINGS, len(table))):
        part = table.location(row)
        seconds = TIMED_SECONDS if part.duration is None else min(part.duration, TIMED_SECONDS)
        try:
            samples = read(part.path, start=part.start, duration=seconds, sample_rate=sample_rate, channel=part.channel)
        except InputError:
            continue  # the embedding itself counts and tells what cannot be read
        if samples.min() < samples.max():
            found.append(samples)
    return found
