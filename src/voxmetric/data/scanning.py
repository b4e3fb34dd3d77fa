"""Scanning a corpus: every recording is decoded once, and what is wrong or suspicious with it is reported."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxmetric.data.arrow import value_codes
from voxmetric.data.measuring import Measurement, measure
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.files import write_text

if TYPE_CHECKING:
    import numpy.typing as npt

EXCLUDED = ("unreadable", "empty", "non_finite", "too_short")
"""Kinds of findings whose utterances are left out of the table."""

KEPT = ("truncated", "silent", "clipped", "duplicate", "duplicate_across_speakers", "similar_speaker_names")
"""Kinds of findings that are reported only: a person decides."""


@dataclass(frozen=True)
class Thresholds:
    """What counts as a finding.

    Attributes:
        minimum_seconds: an utterance below it is too short.
        silent_below: an utterance whose root mean square is below it, in dB of full scale, is silent.
        clipped_above: an utterance with more than this share of its samples at full scale is clipped.
        truncated_above: an utterance that is shorter than the table states by more than these seconds is truncated.
    """

    minimum_seconds: float = 0.5
    silent_below: float = -60.0
    clipped_above: float = 0.001
    truncated_above: float = 0.1


@dataclass(frozen=True)
class Finding:
    """Something wrong or suspicious.

    Attributes:
        kind: one of `EXCLUDED` or `KEPT`.
        ids: the utterances, or for `similar_speaker_names` the speakers' names.
        detail: what was found, in words.
    """

    kind: str
    ids: tuple[str, ...]
    detail: str


@dataclass(frozen=True)
class ScanReport:
    """What a scan found.

    Attributes:
        table: the utterances that can be used, with their measured durations.
        num_scanned: utterances before any was left out.
        findings: by kind, then in the order of the table.
        sample_rates: files of each sample rate.
        num_channels: files of each number of channels.
        thresholds: what counted as a finding.
    """

    table: UtteranceTable
    num_scanned: int
    findings: list[Finding]
    sample_rates: dict[int, int]
    num_channels: dict[int, int]
    thresholds: Thresholds

    @property
    def seconds(self) -> float:
        """Length of the usable utterances together."""
        return float(self.table.durations.sum())

    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind, kinds without any left out."""
        counted = Counter(finding.kind for finding in self.findings)
        return {kind: counted[kind] for kind in (*EXCLUDED, *KEPT) if counted[kind]}

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write everything but the table as JSON, in one step."""
        content = {
            "num_scanned": self.num_scanned,
            "num_usable": len(self.table),
            "seconds": round(self.seconds, 3),
            "sample_rates": self.sample_rates,
            "num_channels": self.num_channels,
            "thresholds": asdict(self.thresholds),
            "excluded_kinds": EXCLUDED,
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.findings],
        }
        write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def scan(
    table: UtteranceTable,
    thresholds: Thresholds | None = None,
    *,
    num_threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ScanReport:
    """Decode every utterance of `table` and report what is wrong or suspicious.

    Left out of the resulting table: utterances that are unreadable, empty, too short or hold values that are not
    finite. Only reported: those that are shorter than stated (they get the length they have), silent or clipped;
    utterances of equal content, under one speaker's name or under several; speakers' names that differ only in case,
    blanks or leading zeros. Whether two names are one speaker is for a person to decide.

    Args:
        table: the utterances, read by the channel that their `channel` column names (else all channels are mixed).
        thresholds: what counts as a finding; None: the defaults.
        num_threads: None: one for each processor.
        progress: called with the number of utterances done so far.

    Raises:
        InputError: if no utterance can be used.
    """
    limits = thresholds or Thresholds()
    measured = measure(table, num_threads or os.cpu_count() or 1, progress)
    findings = list(_of_single_utterances(table, measured, limits))
    unusable = {identifier for finding in findings if finding.kind in EXCLUDED for identifier in finding.ids}
    usable = np.array([identifier not in unusable for identifier in table.ids])
    if not usable.any():
        first = findings[0]
        raise InputError(f"none of {len(table)} utterances can be used: {first.ids[0]}: {first.kind}, {first.detail}")
    findings += _of_equal_content(table, measured, usable, limits)
    findings += _of_similar_names(table.speaker_codes()[0])
    order = {kind: place for place, kind in enumerate((*EXCLUDED, *KEPT))}
    findings.sort(key=lambda finding: order[finding.kind])
    seconds = np.array([measurement.seconds for measurement in measured])
    _, first_rows = np.unique(value_codes(table.arrow["path"]), return_index=True)
    files = [measured[row] for row in first_rows if not measured[row].error]
    return ScanReport(
        table=table.with_column("duration", seconds).take(np.flatnonzero(usable)),
        num_scanned=len(table),
        findings=findings,
        sample_rates=dict(sorted(Counter(file.sample_rate for file in files).items())),
        num_channels=dict(sorted(Counter(file.num_channels for file in files).items())),
        thresholds=limits,
    )


def _of_single_utterances(table: UtteranceTable, measured: list[Measurement], limits: Thresholds) -> Iterator[Finding]:
    for identifier, stated, found in zip(table.ids, table.durations, measured, strict=True):
        ids = (identifier,)
        if found.error:
            yield Finding("unreadable", ids, found.error)
        elif found.seconds == 0:
            yield Finding("empty", ids, "no samples")
        elif not found.finite:
            yield Finding("non_finite", ids, "holds NaN or infinity")
        elif found.seconds < limits.minimum_seconds:
            yield Finding("too_short", ids, f"{found.seconds:.3f} s, below {limits.minimum_seconds:g} s")
        else:
            if stated - found.seconds > limits.truncated_above:
                yield Finding("truncated", ids, f"{found.seconds:.3f} s, where {stated:.3f} s are stated")
            if found.loudness < limits.silent_below:
                yield Finding("silent", ids, f"{found.loudness:.0f} dB, below {limits.silent_below:g} dB")
            if found.clipped > limits.clipped_above:
                yield Finding("clipped", ids, f"{found.clipped:.2%} of the samples at full scale")


def _of_equal_content(
    table: UtteranceTable, measured: list[Measurement], usable: npt.NDArray[np.bool_], limits: Thresholds
) -> Iterator[Finding]:
    rows_by_content: dict[bytes, list[int]] = defaultdict(list)
    for row in np.flatnonzero(usable):
        if measured[row].loudness >= limits.silent_below:
            rows_by_content[measured[row].content].append(int(row))
    for rows in rows_by_content.values():
        if len(rows) > 1:
            ids = tuple(table.ids[rows])
            speakers = sorted(set(table.speakers[rows]))
            if len(speakers) > 1:
                yield Finding("duplicate_across_speakers", ids, f"one content, speakers {', '.join(speakers)}")
            else:
                yield Finding("duplicate", ids, f"one content, speaker {speakers[0]}")


def _of_similar_names(names: Iterable[str]) -> Iterator[Finding]:
    """Names that are equal but for case, blanks (`_` and `-` among them) and the zeros before a number."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        plain = " ".join(re.split(r"[\s_-]+", name.strip().casefold()))
        alike[re.sub(r"(?<!\d)0+(?=\d)", "", plain)].append(str(name))
    for group in alike.values():
        if len(group) > 1:
            yield Finding("similar_speaker_names", tuple(group), "one speaker under several names, or several?")
