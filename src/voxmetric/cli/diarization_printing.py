"""How `voxmetric diarize` tells what it found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.metrics.diarization.error import DiarizationError


def print_json(
    found: dict[str, tuple[Annotation, float]],
    failures: dict[str, str],
    errors: dict[str, DiarizationError],
    overall: DiarizationError | None,
) -> None:
    """One object: what was found in each recording, what could not be read, and the errors against the truth."""
    import msgspec

    from voxmetric.diarization.outputs.json import as_dictionary

    told: dict[str, Any] = {
        "recordings": [
            as_dictionary(annotation, duration) | ({"error": _rates(errors[name])} if name in errors else {})
            for name, (annotation, duration) in found.items()
        ],
        "failures": failures,
    }
    if overall is not None:
        told["error"] = _rates(overall) | {"conventions": overall.conventions, "cautions": overall.cautions}
    print(msgspec.json.encode(told).decode())


def _rates(error: DiarizationError) -> dict[str, float]:
    return {
        "rate": error.rate,
        "missed": error.missed_rate,
        "false_alarm": error.false_alarm_rate,
        "confusion": error.confusion_rate,
        "total_seconds": error.total,
    }


def print_tables(
    found: dict[str, tuple[Annotation, float]],
    errors: dict[str, DiarizationError],
    overall: DiarizationError | None,
    output: Path | None,
) -> None:
    """A table for each recording, and the errors against the truth."""
    from rich.console import Console

    from voxmetric.reports.clock import clock
    from voxmetric.reports.speaking_table import speaking_table

    console = Console()
    for name, (annotation, duration) in found.items():
        if annotation:
            console.print(speaking_table(annotation, duration))
        else:
            print(f"{name}: nobody speaks in these {clock(duration)}")
        if name in errors:
            print(_sentence(errors[name]))
    if overall is not None:
        if len(found) > 1:
            print(f"all {len(found)} recordings: {_sentence(overall)}")
        print(overall.conventions)
        for caution in overall.cautions:
            print(f"voxmetric: {caution}", file=sys.stderr)
    if output is not None and found:
        print(f"written to {output}")


def _sentence(error: DiarizationError) -> str:
    return (
        f"diarization error rate {100 * error.rate:.2f} %: missed {100 * error.missed_rate:.2f} %, false alarms "
        f"{100 * error.false_alarm_rate:.2f} %, confusion {100 * error.confusion_rate:.2f} % of {error.total:.1f} s"
    )
