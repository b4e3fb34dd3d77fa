"""Time of the diarization error rate beside pyannote.metrics, and of reading and writing RTTM.

    python benchmarks/diarization_error.py

Recordings are simulated: turns of eight speakers at random places of an hour, the hypothesis of as many. Both score the
same annotations with a collar of 0.25 s on each side; theirs maps speakers by what the collar leaves, ours (as md-eval)
by all, so the rates differ a little. Reading, scoring and writing files are ours alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

import voxmetric as vm
from voxmetric.data.rttm import read_rttm, read_turns, write_rttm

HOUR = 3600.0
COLLAR = 0.25


def drawn(rng: np.random.Generator, name: str, turns: int) -> Annotation:
    """Turns of eight speakers, one after the other but for overlaps and pauses, in an hour."""
    starts = np.round(np.sort(rng.uniform(0.0, HOUR, turns)), 3)
    ends = np.round(starts + rng.exponential(HOUR / turns, turns) + 0.05, 3)
    speakers = rng.integers(0, 8, turns)
    made = Annotation(uri=name)
    for track, (start, end, speaker) in enumerate(zip(starts, ends, speakers, strict=True)):
        made[Segment(start, end), track] = f"s{speaker}"
    return made.support()  # turns of one speaker that overlap are one: pyannote.metrics would count them twice


def seconds(call: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The best of several calls, and what it gave."""
    best = np.inf
    for _ in range(times):
        begun = time.perf_counter()
        found = call()
        best = min(best, time.perf_counter() - begun)
    return float(best), found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", nargs="+", type=int, default=[600, 2000])
    parser.add_argument("--recordings", type=int, default=100)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"{'one recording of':>22} {'pyannote.metrics':>17} {'voxmetric':>11} {'ratio':>7}   DER theirs, ours")
    for turns in given.turns:
        reference, hypothesis = drawn(rng, "r", turns), drawn(rng, "r", turns)
        uem = Timeline([reference.get_timeline().extent()])
        metric = DiarizationErrorRate(collar=2 * COLLAR)
        theirs, their_rate = seconds(lambda: metric(reference, hypothesis, uem=uem))  # noqa: B023
        ours, found = seconds(lambda: vm.metrics.diarization_error(reference, hypothesis, COLLAR, uem=uem))  # noqa: B023
        print(
            f"{turns:>16} turns {theirs:15.3f} s {ours:9.4f} s {theirs / ours:6.0f} x   "
            f"{100 * their_rate:.3f} {100 * found.rate:.3f}"
        )
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("reference.rttm", "hypothesis.rttm")]
        for file in files:
            write_rttm(file, [drawn(rng, f"r{number}", given.turns[-1]) for number in range(given.recordings)])
        lines = given.recordings * given.turns[-1]
        score, _ = seconds(lambda: vm.metrics.diarization_error(*files, COLLAR))
        print(f"two files of {given.recordings} recordings, {lines:,} lines each: read and scored in {score:.2f} s")
        arrays, _ = seconds(lambda: read_turns(files[0]))
        objects, annotations = seconds(lambda: read_rttm(files[0]))
        written, _ = seconds(lambda: write_rttm(files[1], annotations))
        print(f"one of them: as arrays {arrays:.2f} s, as annotations {objects:.2f} s, written in {written:.2f} s")


if __name__ == "__main__":
    main()
