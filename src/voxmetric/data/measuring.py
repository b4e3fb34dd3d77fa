"""Measuring utterances: each is decoded once, block by block, on several threads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

import numpy as np

from voxmetric.audio.reading import info, read_blocks
from voxmetric.data.utterances import Location, UtteranceTable
from voxmetric.errors import InputError

_FULL_SCALE = 0.999
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Measurement:
    """What decoding one utterance showed.

    Attributes:
        seconds: its length.
        loudness: root mean square in dB of full scale; minus infinity for digital silence.
        clipped: share of its samples at full scale.
        finite: whether all samples are finite numbers.
        content: hash of the samples and their rate.
        sample_rate: of the file.
        num_channels: of the file.
        error: why it could not be decoded; empty if it could, else nothing of the rest holds.
    """

    seconds: float = 0.0
    loudness: float = -np.inf
    clipped: float = 0.0
    finite: bool = True
    content: bytes = b""
    sample_rate: int = 0
    num_channels: int = 0
    error: str = ""


def measure(
    table: UtteranceTable, num_threads: int | None = None, progress: Callable[[int], None] | None = None
) -> list[Measurement]:
    """Measure every utterance of `table`, in its order.

    Args:
        table: the utterances.
        num_threads: None: one for each processor. Decoding releases the interpreter, so that threads are enough.
        progress: called with the number of utterances done so far.
    """
    num_threads = num_threads or os.cpu_count() or 1
    measured: list[Measurement] = [Measurement()] * len(table)
    chunks = (range(first, min(first + _CHUNK, len(table))) for first in range(0, len(table), _CHUNK))
    done = 0
    with ThreadPoolExecutor(num_threads) as pool:
        running: dict[Future[list[Measurement]], range] = {}
        try:
            # Two chunks a thread at a time: a million utterances must not become as many waiting tasks.
            while True:
                for rows in islice(chunks, 2 * num_threads - len(running)):
                    running[pool.submit(_measure_rows, table, rows)] = rows
                if not running:
                    return measured
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    rows = running.pop(future)
                    measured[rows.start : rows.stop] = future.result()
                    done += len(rows)
                    if progress:
                        progress(done)
        finally:
            pool.shutdown(cancel_futures=True)


def _measure_rows(table: UtteranceTable, rows: Iterable[int]) -> list[Measurement]:
    return [_measure(table.location(row)) for row in rows]


def _measure(place: Location) -> Measurement:
    num_samples, energy, num_full = 0, 0.0, 0
    content = hashlib.blake2b(digest_size=16)
    try:
        about = info(place.path)
        for block in read_blocks(place.path, start=place.start, duration=place.duration, channel=place.channel):
            num_samples += len(block)
            energy += float(np.dot(block, block))
            num_full += int(np.count_nonzero(np.abs(block) >= _FULL_SCALE))
            content.update(block.tobytes())
    except InputError as error:
        return Measurement(error=str(error))
    content.update(about.sample_rate.to_bytes(4, "little"))
    finite = bool(np.isfinite(energy))
    return Measurement(
        seconds=num_samples / about.sample_rate,
        loudness=10.0 * float(np.log10(energy / num_samples)) if finite and energy > 0 else -np.inf,
        clipped=num_full / max(1, num_samples),
        finite=finite,
        content=content.digest(),
        sample_rate=about.sample_rate,
        num_channels=about.num_channels,
    )
