"""Diarization error rates beside those of NIST's md-eval and of pyannote.metrics, on files drawn at random.

    python benchmarks/diarization_agreement.py --md-eval md-eval.pl

`md-eval.pl` (version 22) is not part of this project: `apt-get download sctk && dpkg -x sctk_*.deb sctk` leaves it in
sctk/usr/lib/sctk/bin. Without its path only pyannote.metrics is asked. Each set has one to three recordings with up to
20 speakers, overlaps, turns that touch, a hypothesis that is the reference changed or drawn by itself, a UEM or none,
overlap scored or not and a collar of 0 to 0.5 s. Every time and rate that md-eval prints, of each recording and of all,
is compared. Exit code 1 where one differs without a reason that `docs/diarization_error.md` names.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate
from scipy.optimize import linear_sum_assignment

import voxmetric as vm
from voxmetric.data.rttm import read_turns
from voxmetric.data.uem import read_regions
from voxmetric.metrics.diarization.sweep import extent, sweep

Rows = list[tuple[float, float, str]]
"""Start and length in seconds, and the speaker."""

LINES = ("SCORED SPEAKER TIME", "MISSED SPEAKER TIME", "FALARM SPEAKER TIME", "SPEAKER ERROR TIME")
LAST_DIGIT = 0.005 + 1e-6  # md-eval prints hundredths


@dataclass(frozen=True)
class Files:
    """A set on disk and how it is scored."""

    reference: Path
    hypothesis: Path
    uem: Path | None
    collar: float
    skip_overlap: bool


def drawn(rng: np.random.Generator, speakers: int, digits: int, prefix: str) -> Rows:
    """Turns one after the other, but for overlaps and pauses; in half of the recordings many touch."""
    rows: Rows = []
    now, touching = float(rng.uniform(0.0, 3.0)), rng.random() < 0.5
    for _ in range(int(rng.integers(1, 60))):
        start, length = round(max(0.0, now), digits), round(rng.exponential(2.0), digits) or 10.0**-digits
        rows.append((start, length, f"{prefix}{rng.integers(speakers)}"))
        now = start + length + (0.0 if touching and rng.random() < 0.4 else rng.normal(0.0, 1.5))
    return rows


def changed(rng: np.random.Generator, rows: Rows, speakers: int, digits: int) -> Rows:
    """A hypothesis: a tenth of the turns lost, a quarter of the speakers drawn anew, boundaries moved."""
    found: Rows = []
    for start, length, speaker in rows:
        lost, other, name = rng.random() < 0.1, rng.random() < 0.25, f"h{rng.integers(speakers)}"
        first = round(max(0.0, start + rng.normal(0.0, 0.3)), digits)
        moved = round(start + length + rng.normal(0.0, 0.3) - first, digits)
        if not lost and moved > 0.0:
            found.append((first, moved, name if other else f"h{speaker[1:]}"))
    return found


def write_set(rng: np.random.Generator, folder: Path) -> Files | None:
    """Draw a set; None where no hypothesis has a turn."""
    digits = int(rng.choice([1, 2, 3, 6]))
    reference: dict[str, Rows] = {}
    hypothesis: dict[str, Rows] = {}
    regions: dict[str, Any] = {}
    for number in range(int(rng.integers(1, 4))):
        name, speakers = f"r{number}", int(rng.integers(1, 12))
        reference[name] = drawn(rng, speakers, digits, "s")
        found = (
            changed(rng, reference[name], speakers + 1, digits)
            if rng.random() < 0.7
            else drawn(rng, int(rng.integers(1, 20)), digits, "h")
        )
        if found and rng.random() < 0.9:
            hypothesis[name] = found
        if rng.random() < 0.7:
            end = max(start + length for start, length, _ in reference[name]) + 5.0
            cuts = np.unique(np.round(rng.uniform(0.0, end, 2 * int(rng.integers(1, 4))), digits))
            if len(cuts) > 1:
                regions[name] = cuts[: len(cuts) // 2 * 2].reshape(-1, 2)
    if not hypothesis:
        return None
    for file, recordings in (("reference", reference), ("hypothesis", hypothesis)):
        lines = [
            f"SPEAKER {name} 1 {start:.6f} {length:.6f} <NA> <NA> {speaker} <NA> <NA>\n"
            for name, rows in recordings.items()
            for start, length, speaker in rows
        ]
        (folder / f"{file}.rttm").write_text("".join(lines))
    lines = [f"{name} 1 {start:.6f} {end:.6f}\n" for name, pairs in regions.items() for start, end in pairs]
    (folder / "scored.uem").write_text("".join(lines))
    return Files(
        folder / "reference.rttm",
        folder / "hypothesis.rttm",
        folder / "scored.uem" if regions and rng.random() < 0.5 else None,
        float(rng.choice([0.0, 0.0, 0.1, 0.25, 0.5])),
        bool(rng.random() < 0.4),
    )


def md_eval(program: Path, files: Files) -> dict[str, tuple[float, ...]] | None:
    """Times and rate of each recording and of `ALL`; None where it stops, dividing by no speech."""
    command = ["perl", str(program), "-af", "-r", str(files.reference), "-s", str(files.hypothesis)]
    command += ["-c", str(files.collar)] + ["-1"] * files.skip_overlap + (["-u", str(files.uem)] if files.uem else [])
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if "division by zero" in ran.stderr:
        return None
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}: {ran.stderr}")
    found = {}
    for block in ran.stdout.split("*** Performance analysis for Speaker Diarization for ")[1:]:
        times = [re.search(rf"{line} =\s*([\d.]+)", block) for line in LINES]
        rate = re.search(r"OVERALL SPEAKER DIARIZATION ERROR = ([\d.]+)", block)
        name = block.split(" ***")[0].removeprefix("f=")
        found[name] = tuple(float(one[1]) for one in [*times, rate] if one)
    return found


def ours(files: Files) -> dict[str, tuple[float, ...]]:
    error = vm.metrics.diarization_error(
        files.reference, files.hypothesis, files.collar, files.skip_overlap, uem=files.uem
    )
    return {
        name: (one.total, one.missed, one.false_alarm, one.confusion, 100.0 * one.pooled_rate)
        for name, one in [("ALL", error), *((one.recording, one) for one in error.recordings)]
    }


def reason(files: Files, name: str, theirs: tuple[float, ...], mine: tuple[float, ...]) -> str | None:
    """Why a recording's figures differ, as far as it can be shown."""
    near = [abs(a - b) <= LAST_DIGIT for a, b in zip(theirs, mine, strict=True)]
    if files.skip_overlap and files.uem and not near[0] and theirs[0] > mine[0]:
        return "overlaps that touch, of which md-eval scores one"
    if not all(near[:3]):
        return None
    reference = read_turns(files.reference)[name]
    regions = read_regions(files.uem).get(name) if files.uem else None
    swept = sweep(
        reference,
        read_turns(files.hypothesis)[name],
        extent(reference) if regions is None else regions,
        files.collar,
        files.skip_overlap,
    )
    # Of the mappings with the most common time, the one with the least of it scored: theirs lies between that and ours.
    worst = linear_sum_assignment(swept.evaluated_together - 1e-7 * swept.scored_together, maximize=True)
    most = swept.matched - float(swept.scored_together[worst].sum())
    return "a tie of mappings" if mine[3] <= theirs[3] <= most + LAST_DIGIT else None


def with_md_eval(program: Path, sets: int, seed: int) -> bool:
    """Compare and print; whether every difference has a reason."""
    compared = stopped = 0
    reasons: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as made:
        for number in range(sets):
            files = write_set(np.random.default_rng([seed, number]), Path(made))
            if files is None:
                continue
            theirs, mine = md_eval(program, files), ours(files)
            if theirs is None:
                stopped += 1
                continue
            differing = {}
            for name, figures in theirs.items():
                compared += 1
                if not (np.abs(np.subtract(figures, mine[name])) <= LAST_DIGIT).all():  # nan differs, too
                    differing[name] = (figures, mine[name])
            for name, (figures, own) in differing.items():
                if name != "ALL":
                    why = reason(files, name, figures, own)
                else:
                    why = "a recording among them differs" if len(differing) > 1 else None
                reasons[why or "unexplained"] += 1
                print(
                    f"set {number}, {name}: md-eval {figures}, voxmetric {tuple(round(one, 3) for one in own)}: {why}"
                )
    print(
        f"{sets} sets: {compared} of recordings and of all compared, {len(LINES)} times and a rate each; md-eval "
        f"stopped at {stopped} sets (a recording without scored speech); other than its last digit: "
        f"{dict(reasons) or 'none'}"
    )
    return "unexplained" not in reasons


def with_pyannote(recordings: int, seed: int) -> None:
    """Count how often the rates of pyannote.metrics are others, and by how much."""
    differences: dict[str, list[float]] = {"no collar": [], "collar 0.25 s": [], "overlap skipped": []}
    for number in range(recordings):
        rng = np.random.default_rng([seed, number])
        rows = drawn(rng, 8, 3, "s")
        reference, hypothesis = (annotation(one) for one in (rows, changed(rng, rows, 9, 3)))
        if not hypothesis:
            continue
        uem = Timeline([reference.get_timeline().extent()])
        for name, collar, skip in (
            ("no collar", 0.0, False),
            ("collar 0.25 s", 0.25, False),
            ("overlap skipped", 0.0, True),
        ):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = DiarizationErrorRate(collar=2 * collar, skip_overlap=skip)(reference, hypothesis, uem=uem)
            mine = vm.metrics.diarization_error(reference, hypothesis, collar, skip, uem=uem)
            if mine.total > 0.0:
                differences[name].append(100.0 * (theirs - mine.rate))
    for name, found in differences.items():
        values = np.array(found)
        lower, higher = np.count_nonzero(values < -1e-6), np.count_nonzero(values > 1e-6)
        print(
            f"pyannote.metrics, {name}: of {len(values)} recordings lower in {lower} (by up to "
            f"{max(0.0, -values.min()):.1f} points), higher in {higher} (by up to {max(0.0, values.max()):.1f})"
        )


def annotation(rows: Rows) -> Annotation:
    made = Annotation(uri="r")
    for track, (start, length, speaker) in enumerate(rows):
        made[Segment(start, round(start + length, 3)), track] = speaker
    return made.support()  # turns of one speaker that overlap are one: pyannote.metrics would count them twice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--md-eval", type=Path, help="path of NIST's md-eval.pl, version 22")
    parser.add_argument("--sets", type=int, default=800)
    parser.add_argument("--recordings", type=int, default=60, help="for pyannote.metrics")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with_pyannote(given.recordings, given.seed)
    if given.md_eval and not with_md_eval(given.md_eval, given.sets, given.seed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
