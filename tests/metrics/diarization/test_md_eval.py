"""Equality with NIST's md-eval, whose figures were written down here.

They were made by `md-eval.pl -af -r reference.rttm -s hypothesis.rttm [-c COLLAR] [-1] [-u scored.uem]`, version 22,
from the Debian package sctk 2.4.10-20151007-1312Z+dfsg2-3.1, on the files that `write_files` makes: three recordings
with up to seven speakers, overlaps (of a speaker with himself too), turns that touch, a recording that the hypothesis
lacks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import voxmetric as vm


def drawn(rng: np.random.Generator, turns: int, speakers: int, prefix: str) -> list[tuple[int, int, str]]:
    """Start and length in ms, and the speaker; a third of the turns begin where the one before ended."""
    rows, now = [], int(rng.integers(0, 3000))
    for _ in range(turns):
        length = int(rng.integers(50, 6000))
        rows.append((now, length, f"{prefix}{rng.integers(speakers)}"))
        now = max(0, now + length + (0 if rng.random() < 1 / 3 else int(rng.integers(-2500, 2500))))
    return rows


def changed(rng: np.random.Generator, rows: list[tuple[int, int, str]], speakers: int) -> list[tuple[int, int, str]]:
    """A hypothesis: a tenth of the turns lost, a quarter of the speakers drawn anew, boundaries moved."""
    found = []
    for start, length, speaker in rows:
        lost, other, name = rng.random() < 0.1, rng.random() < 0.25, f"h{rng.integers(speakers)}"
        first = max(0, start + int(rng.integers(-600, 600)))
        last = start + length + int(rng.integers(-600, 600))
        if not lost and last > first:
            found.append((first, last - first, name if other else f"h{speaker[1:]}"))
    return found


def write_files(folder: Path) -> None:
    rng = np.random.default_rng(2019)
    reference = {name: drawn(rng, 40, speakers, "s") for name, speakers in (("one", 3), ("two", 7), ("three", 2))}
    hypothesis = {name: changed(rng, reference[name], 8) for name in ("one", "two")}
    for file, recordings in (("reference", reference), ("hypothesis", hypothesis)):
        lines = [
            f"SPEAKER {name} 1 {start / 1000:.3f} {length / 1000:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
            for name, rows in recordings.items()
            for start, length, speaker in rows
        ]
        (folder / f"{file}.rttm").write_text("".join(lines))
    (folder / "scored.uem").write_text("one 1 5.5 60\none 1 61.25 140\ntwo 1 0 120\nthree 1 10 20.125\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("md_eval")
    write_files(made)
    return made


OVERALL = {
    (0.0, False, False): (361.79, 150.06, 13.88, 34.43, 54.83),
    (0.0, False, True): (242.17, 38.85, 13.16, 34.43, 35.69),
    (0.0, True, False): (277.33, 106.85, 12.51, 30.36, 53.99),
    (0.0, True, True): (191.98, 28.41, 11.8, 30.36, 36.76),
    (0.25, False, False): (268.0, 102.44, 4.25, 28.15, 50.31),
    (0.25, False, True): (181.55, 21.35, 4.04, 28.15, 29.49),
    (0.25, True, False): (228.85, 81.23, 3.92, 26.21, 48.66),
    (0.25, True, True): (161.43, 18.75, 3.71, 26.21, 30.15),
    (0.5, False, False): (200.34, 71.24, 0.35, 23.13, 47.28),
    (0.5, True, True): (132.65, 12.56, 0.34, 22.67, 26.82),
}
"""Options to scored speaker time, missed, false alarm and confused seconds, and the error rate in per cent."""

ONE_BY_ONE = {"one": 18.43, "three": 100.0, "two": 36.23}
"""Of each recording, with a collar of 0.25 s and the UEM."""


@pytest.mark.parametrize(("collar", "skip_overlap", "uem"), OVERALL)
def test_equals_md_eval(folder: Path, collar: float, skip_overlap: bool, uem: bool) -> None:
    found = vm.metrics.diarization_error(
        folder / "reference.rttm",
        folder / "hypothesis.rttm",
        collar=collar,
        skip_overlap=skip_overlap,
        uem=folder / "scored.uem" if uem else None,
    )
    times = (found.total, found.missed, found.false_alarm, found.confusion, 100 * found.rate)
    assert times == pytest.approx(OVERALL[collar, skip_overlap, uem], abs=0.0051)


def test_equals_md_eval_in_each_recording(folder: Path) -> None:
    found = vm.metrics.diarization_error(
        folder / "reference.rttm", folder / "hypothesis.rttm", collar=0.25, uem=folder / "scored.uem"
    )
    rates = {one.recording: 100 * one.rate for one in found.recordings}
    assert rates == pytest.approx(ONE_BY_ONE, abs=0.0051)
