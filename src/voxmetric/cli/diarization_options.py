"""Options of `voxmetric evaluate` that say which diarization is scored, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


@dataclass(frozen=True)
class DiarizationOptions:
    """Who spoke when, by the reference and by each system.

    Parameters
    ----------
    reference
        RTTM file, or folder of them, with the true turns.
    hypothesis
        RTTM file, or folder of them, of each system.
    uem
        UEM file with what is scored; without it each recording from its first to its last reference turn.
    collar
        Seconds not scored on each side of every reference boundary, as in md-eval.
    skip_overlap
        Do not score time in which reference turns overlap.
    protocol
        `md_eval`, or `narayanaswamy_2019`: overlapping turns taken out, collar 0.25 s, confusion alone, mean over
        recordings.
    per_recording
        Print a line for each recording too.
    """

    reference: Path | None = None
    hypothesis: Annotated[list[Path] | None, Parameter(negative="", consume_multiple=True)] = None
    uem: Path | None = None
    collar: float = 0.0
    skip_overlap: Annotated[bool, Parameter(negative="")] = False
    protocol: Literal["md_eval", "narayanaswamy_2019"] = "md_eval"
    per_recording: Annotated[bool, Parameter(negative="")] = False

    def check(self, *, given: bool) -> bool:
        """Whether diarization is scored; `given`: whether systems or a table of verification are.

        Raises:
            InputError: for half of what is needed, or a mixture with verification.
        """
        from voxmetric.errors import InputError

        if self == DiarizationOptions():
            return False
        if given:
            raise InputError("expected systems and --table, or --reference and --hypothesis, found a mixture of both")
        if self.reference is None or not self.hypothesis:
            raise InputError("expected --reference with the true turns and --hypothesis with those found, both RTTM")
        return True
