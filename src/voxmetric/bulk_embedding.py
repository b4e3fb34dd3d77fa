"""Embedding many recordings: pieces of bounded length, batched by length, each batch read and computed by one thread.

One thread a core, each with a batch of its own, does more than all cores inside one operation; and while one reads, the
others compute. Only the batches at work are in memory, whatever the number and the length of the recordings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.reading import info, read
from voxmetric.computing_threads import threads_of_torch
from voxmetric.errors import InputError

Waveform = NDArray[np.float32]
Indices = NDArray[np.int64]

# Longer recordings are embedded in pieces of at most this many seconds.
WINDOW_SECONDS = 60.0
# Audio computed at once by one thread: enough to make little of the cost of a call, little enough for the cache.
BATCH_SECONDS = 20.0
# The largest sample that no front-end's squares overflow on; recordings in integer steps, as floats, are far below.
LARGEST_SAMPLE = 1e10
# Share of a batch that may be padding: beyond it, another call costs less.
MOST_PADDING = 0.1


@dataclass(frozen=True)
class Recording:
    """Something to embed that is read when its turn comes.

    Attributes:
        name: for messages.
        num_samples: its length at the model's rate, as far as it is known beforehand.
        read: samples from the first to the second number, fewer where it ends first; raises InputError.
    """

    name: str
    num_samples: int
    read: Callable[[int, int], Waveform]


@dataclass(frozen=True)
class _Pieces:
    """Recordings cut into pieces: which recording (P,), and from which sample to which (P,)."""

    owners: Indices
    first: Indices
    stop: Indices


@dataclass(frozen=True)
class _Embedded:
    """What became of a batch.

    Attributes:
        pieces: (B,) which ones they were.
        owners: (R,) recordings of those with sound in them.
        weights: (R,) their samples.
        vectors: (R, D) of unit length.
        failures: (recording, reason) of those that could not be read.
    """

    pieces: Indices
    owners: Indices
    weights: NDArray[np.float64]
    vectors: NDArray[np.float64]
    failures: list[tuple[int, str]]


def file_recording(
    path: str,
    *,
    sample_rate: int,
    start: float = 0.0,
    duration: float | None = None,
    channel: str = "mix",
) -> Recording:
    """The part of a file that `voxmetric.audio.reading.read` would read; its header is looked at where needed."""
    if duration is None or duration > WINDOW_SECONDS:
        try:
            available = info(path).duration - start
        except InputError:
            available = 0.0  # reading it will say what is wrong
        duration = available if duration is None else min(duration, available)

    def part(first: int, stop: int) -> Waveform:
        return read(
            path,
            start=start + first / sample_rate,
            duration=max(1, stop - first) / sample_rate,
            sample_rate=sample_rate,
            channel=channel,
        )

    return Recording(path, max(1, math.ceil(duration * sample_rate)), part)


def embed_recordings(
    recordings: Sequence[Recording],
    compute: Callable[[list[Waveform]], Waveform],
    *,
    sample_rate: int,
    embedding_size: int,
    shortest: int = 1,
    skip_unreadable: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[Waveform, dict[int, str]]:
    """Embed recordings, each longer than a minute as the mean of its pieces, weighted by their samples.

    A piece all of whose samples are equal has no sound in it and does not count.

    Args:
        recordings: N of them.
        compute: from waveforms (T_i,) to embeddings (B, D); called from several threads at once.
        sample_rate: of the waveforms, Hz.
        embedding_size: D.
        shortest: samples that `compute` makes of fewer.
        skip_unreadable: go on past recordings that cannot be embedded, instead of raising.
        on_progress: called with the number of recordings done so far.

    Returns:
        (N, D) float32 of unit length, and the reason for each that could not be embedded, whose row is zero.

    Raises:
        InputError: if a recording cannot be read, has no samples, none but equal ones, or any that are not finite or so
            far outside [-1, 1] that nothing can be computed of them.
    """
    lengths = np.array([recording.num_samples for recording in recordings], dtype=np.int64)
    pieces = _cut(lengths, round(WINDOW_SECONDS * sample_rate))
    to_do = np.bincount(pieces.owners, minlength=len(recordings))
    weights = np.zeros(len(recordings))
    totals = np.zeros((len(recordings), embedding_size))
    failures: dict[int, str] = {}

    def embed(batch: Indices) -> _Embedded:
        return _embed_batch(recordings, pieces, batch, compute)

    # The longest first, so that no thread is left alone with one at the end.
    computed = np.maximum(pieces.stop - pieces.first, shortest)
    batches = batches_by_length(computed, _batch_samples(computed, sample_rate))[::-1]
    with _workers(len(batches)) as in_turn:
        for embedded in in_turn(embed, batches):
            owners = pieces.owners[embedded.pieces]
            np.subtract.at(to_do, owners, 1)
            np.add.at(weights, embedded.owners, embedded.weights)
            np.add.at(totals, embedded.owners, embedded.vectors * embedded.weights[:, None])
            silent = owners[(to_do[owners] == 0) & (weights[owners] == 0)]
            for owner in silent:
                failures.setdefault(int(owner), f"{recordings[owner].name}: there is no sound in it")
            failures.update(embedded.failures)
            if failures and not skip_unreadable:
                raise InputError(next(iter(failures.values())))
            if on_progress:
                on_progress(int((to_do == 0).sum()))
    if to_do.any():
        # Such as a `StopIteration` in `compute`, which ends the loop above without a word.
        raise RuntimeError(f"{np.count_nonzero(to_do)} of {len(recordings)} recordings were not embedded")
    totals[list(failures)] = 0.0
    return unit(totals).astype(np.float32), failures


def batches_by_length(lengths: Indices, batch_samples: int) -> list[Indices]:
    """Indices grouped by like length: padded to its longest, a group has at most `batch_samples`, few of them padding.

    Longer ones are alone.
    """
    order = np.argsort(lengths, kind="stable")
    batches: list[Indices] = []
    start = 0
    while start < len(order):
        # Lengths rise along `order`: the first bounds the size, the last decides how many really fit.
        most = max(1, batch_samples // max(1, int(lengths[order[start]])))
        following = lengths[order[start : start + most]]
        padded = np.arange(1, len(following) + 1) * following
        fits = (padded <= batch_samples) & (padded * (1 - MOST_PADDING) <= following.cumsum())
        size = len(fits) if fits.all() else max(1, int(fits.argmin()))
        batches.append(order[start : start + size])
        start += size
    return batches


def unit(vectors: NDArray[Any]) -> NDArray[Any]:
    """Rows scaled to unit length; a row of zeros stays as it is."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)


def _cut(lengths: Indices, window: int) -> _Pieces:
    """Each recording in as few pieces of at most `window` samples as possible, which differ by one sample at most."""
    counts = np.maximum(1, -(-lengths // window))
    owners = np.repeat(np.arange(len(lengths)), counts)
    number = np.arange(len(owners)) - np.repeat(counts.cumsum() - counts, counts)
    size, longer_by_one = lengths[owners] // counts[owners], lengths[owners] % counts[owners]
    first = number * size + np.minimum(number, longer_by_one)
    return _Pieces(owners, first, first + size + (number < longer_by_one))


def _batch_samples(lengths: Indices, sample_rate: int) -> int:
    """At most those of `BATCH_SECONDS`, so many that all threads have about as many batches."""
    total, threads = max(1, int(lengths.sum())), threads_of_torch.number()
    rounds = math.ceil(total / (threads * round(BATCH_SECONDS * sample_rate)))
    return math.ceil(total / (threads * rounds))


def _embed_batch(
    recordings: Sequence[Recording],
    pieces: _Pieces,
    batch: Indices,
    compute: Callable[[list[Waveform]], Waveform],
) -> _Embedded:
    failures: list[tuple[int, str]] = []
    owners: list[int] = []
    waveforms: list[Waveform] = []
    for piece in batch:
        owner = int(pieces.owners[piece])
        try:
            waveform = recordings[owner].read(int(pieces.first[piece]), int(pieces.stop[piece]))
        except InputError as error:
            failures.append((owner, str(error)))
            continue
        lowest, highest = waveform.min(), waveform.max()
        if not max(-lowest, highest) <= LARGEST_SAMPLE:
            failures.append((owner, _out_of_range(recordings[owner].name)))
        elif lowest < highest:
            owners.append(owner)
            waveforms.append(waveform)
    vectors = compute(waveforms).astype(np.float64) if waveforms else np.empty((0, 1))
    finite = np.isfinite(vectors).all(axis=1)
    failures += [(owners[place], _no_embedding(recordings[owners[place]].name)) for place in np.flatnonzero(~finite)]
    weights = np.array([len(waveform) for waveform in waveforms], dtype=np.float64)
    return _Embedded(
        pieces=batch,
        owners=np.array(owners, dtype=np.int64)[finite],
        weights=weights[finite],
        vectors=unit(vectors[finite]),
        failures=failures,
    )


def _out_of_range(name: str) -> str:
    return (
        f"{name}: has samples that are not finite numbers or beyond {LARGEST_SAMPLE:g}: expected them in [-1, 1]; "
        "mend the recording or leave it out"
    )


def _no_embedding(name: str) -> str:
    return f"{name}: the model gives no finite numbers for it: mend the recording or leave it out, or look at the model"


@contextmanager
def _workers(num_batches: int) -> Iterator[Callable[..., Iterator[_Embedded]]]:
    """A `map` that works ahead in as many threads as torch has; with one batch or thread, the plain one."""
    threads = threads_of_torch.number()
    if min(threads, num_batches) <= 1:
        yield map
        return
    with (
        threads_of_torch.one_each(threads),
        ThreadPoolExecutor(threads, initializer=threads_of_torch.enter_pool) as pool,
    ):
        try:
            yield pool.map
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
