"""Protocols of diarization scoring by name: what is left out, what counts, and how recordings are averaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from voxmetric.data.turns import Turns
from voxmetric.errors import InputError, unknown_name
from voxmetric.metrics.diarization.sweep import NOWHERE, Seconds


@dataclass(frozen=True)
class Protocol:
    """How errors are counted.

    Attributes:
        name: one of `PROTOCOLS`.
        collar: seconds not scored on each side of every boundary of a reference turn.
        skip_overlap: whether time in which turns of the reference overlap is not scored.
        drop_overlapping: whether reference turns that overlap another are taken out as a whole beforehand.
        counted: which of missed, false_alarm and confusion enter the rate.
        average: `pooled` (sum of errors over sum of speech) or `mean` (of the recordings' rates).
        maps_scored: whether speakers are mapped by their common time in the scored time only, else in all that is
            evaluated.
    """

    name: str
    collar: float = 0.0
    skip_overlap: bool = False
    drop_overlapping: bool = False
    counted: tuple[str, ...] = ("missed", "false_alarm", "confusion")
    average: str = "pooled"
    maps_scored: bool = False

    def describe(self) -> str:
        """The conventions in words, for whoever reads a figure."""
        overlap = "overlapped speech not scored" if self.skip_overlap else "overlapped speech scored"
        if self.drop_overlapping:
            overlap = "every reference turn that overlaps another taken out whole, with its time"
        errors = " + ".join(name.replace("_", " ") for name in self.counted)
        rate = f"({errors})" if len(self.counted) > 1 else f"{errors} alone"
        average = {
            "pooled": "pooled over recordings, which weighs each by its speech",
            "mean": "the unweighted mean over recordings",
        }[self.average]
        mapped = "scored" if self.maps_scored else "evaluated"
        collar = f"collar {self.collar:g} s on each side of reference boundaries" if self.collar else "no collar"
        oracle = "; presumes that speech was taken from the reference" if "missed" not in self.counted else ""
        return (
            f"protocol {self.name}: {collar}; {overlap}; speakers mapped one to one for the most common time in what "
            f"is {mapped}; rate = {rate} / reference speech, {average}{oracle}"
        )

    def prepared(self, reference: Turns) -> tuple[Turns, Seconds]:
        """The turns of the reference that are scored, and where those were that are taken out (Z, 2)."""
        if not self.drop_overlapping:
            return reference, NOWHERE
        overlapping = overlaps_another(reference)
        out = np.stack([reference.start[overlapping], reference.end[overlapping]], axis=1)
        return reference.take(~overlapping), out


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        protocol.name: protocol
        for protocol in (
            Protocol("md_eval"),
            Protocol(
                "narayanaswamy_2019",
                collar=0.25,
                drop_overlapping=True,
                counted=("confusion",),
                average="mean",
                maps_scored=True,
            ),
        )
    }
)
"""Each protocol by name. `narayanaswamy_2019` is that of the authors' code (Narayanaswamy et al., "Designing an
effective metric learning pipeline for speaker diarization", ICASSP 2019), which counts confusion alone."""


def find_protocol(name: str, collar: float = 0.0, skip_overlap: bool = False) -> Protocol:
    """The protocol of that name; `md_eval` takes the options.

    Raises:
        InputError: for an unknown name, a collar that is no length of time, or options that a protocol fixes.
    """
    if name not in PROTOCOLS:
        raise unknown_name("protocol", name, PROTOCOLS)
    if not (np.isfinite(collar) and collar >= 0.0):
        raise InputError(f"expected a collar of 0 s or more on each side of a boundary, found {collar}")
    protocol = PROTOCOLS[name]
    if name == "md_eval":
        return replace(protocol, collar=collar, skip_overlap=skip_overlap)
    if collar not in (0.0, protocol.collar) or skip_overlap:
        raise InputError(
            f"protocol {name} has a collar of {protocol.collar:g} s and its own way with overlap: "
            "leave both options out"
        )
    return protocol


def overlaps_another(turns: Turns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(N,) whether each turn shares time with another one, of whomever."""
    order = np.argsort(turns.start, kind="stable")
    start, end = turns.start[order], turns.end[order]
    latest = np.maximum.accumulate(end)
    found = np.zeros(len(turns), np.bool_)
    found[order[1:]] = start[1:] < latest[:-1]
    found[order[:-1]] |= end[:-1] > start[1:]
    return found
