"""What can be measured of a recording that tells how far to trust its embedding: length, level, noise, clipping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable

FRAME_SECONDS = 0.02
FULL_SCALE = 0.999
FLOOR = -100.0
"""dB; what lies below is as good as silence."""
LOUD_FRAMES, QUIET_FRAMES = 95, 10
"""Percentiles of the frames' levels that stand for speech and for the noise between words."""

MEASURES = ("log of the shorter duration", "log of the ratio of durations", "lower signal-to-noise ratio, in 10 dB")
"""The quality measures of a trial, in order."""


@dataclass(frozen=True)
class RecordingQuality:
    """Measures of one recording.

    Attributes:
        seconds: its length.
        level: of its loud frames (95th percentile of 20 ms frames), dB of full scale, at least -100.
        signal_to_noise: how far its loud frames stand above its quiet ones (10th percentile), dB: an estimate, too
            low where there are no pauses.
        clipped: share of its samples at full scale.
    """

    seconds: float
    level: float
    signal_to_noise: float
    clipped: float


def measure_quality(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> RecordingQuality:
    """Measure a recording that comes in blocks (T_i,) at `sample_rate`, such as `audio.reading.read_blocks` yields."""
    frame = max(1, round(FRAME_SECONDS * sample_rate))
    energies, num_samples, num_full = [np.empty(0)], 0, 0
    for block in blocks:
        whole = block[: len(block) // frame * frame] if len(block) >= frame else block
        energies.append(np.mean(whole.reshape(-1, min(frame, len(whole) or 1)).astype(np.float64) ** 2, axis=1))
        num_samples += len(block)
        num_full += int(np.count_nonzero(np.abs(block) >= FULL_SCALE))
    levels = 10.0 * np.log10(np.maximum(np.concatenate(energies), 10.0 ** (FLOOR / 10.0)))
    loud, quiet = np.percentile(levels, [LOUD_FRAMES, QUIET_FRAMES]) if len(levels) else (FLOOR, FLOOR)
    return RecordingQuality(num_samples / sample_rate, float(loud), float(loud - quiet), num_full / max(1, num_samples))


def file_quality(
    path: str, *, start: float = 0.0, duration: float | None = None, channel: str = "mix"
) -> RecordingQuality:
    """Measure a recording, or a part of one, in memory that does not depend on its length.

    Raises:
        InputError: if it cannot be read.
    """
    from voxmetric.audio.reading import info, read_blocks

    blocks = read_blocks(path, start=start, duration=duration, channel=channel)
    return measure_quality(blocks, info(path).sample_rate)


def table_qualities(table: UtteranceTable, on_progress: Callable[[int], None] | None = None) -> list[RecordingQuality]:
    """Measure every utterance of `table`, in its order, on several threads.

    Raises:
        InputError: if a recording cannot be read.
    """

    def of_row(row: int) -> RecordingQuality:
        part = table.location(row)
        return file_quality(part.path, start=part.start, duration=part.duration, channel=part.channel)

    measured = []
    with ThreadPoolExecutor() as pool:
        for quality in pool.map(of_row, range(len(table))):
            measured.append(quality)
            if on_progress:
                on_progress(len(measured))
    return measured


def trial_qualities(
    recordings: list[RecordingQuality], enrol: NDArray[np.int64], test: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The `MEASURES` of trials: (T, 3).

    Args:
        recordings: N measured ones.
        enrol: (T,) which of them is one side of each trial.
        test: (T,) which is the other.
    """
    seconds = np.log(np.maximum([one.seconds for one in recordings], FRAME_SECONDS))
    noise = np.array([one.signal_to_noise for one in recordings]) / 10.0
    shorter = np.minimum(seconds[enrol], seconds[test])
    ratio = np.abs(seconds[enrol] - seconds[test])
    return np.column_stack([shorter, ratio, np.minimum(noise[enrol], noise[test])])


def qualities_of_trials(
    table: UtteranceTable, trials: TrialList, on_progress: Callable[[int], None] | None = None
) -> NDArray[np.float64]:
    """The `MEASURES` (T, 3) of trials whose recordings are in `table`; only those that occur are read.

    Raises:
        InputError: for ids that the table does not have, or if a recording cannot be read.
    """
    used = table.take(table.indices(trials.ids))
    enrol, test = trials.indices(used.ids)
    return trial_qualities(table_qualities(used, on_progress), enrol, test)
