"""Recordings that could not be read, told on standard error while the work goes on with the others."""

from __future__ import annotations

import sys
from collections.abc import Mapping

LISTED = 10


def tell_unreadable(unreadable: Mapping[str, str]) -> None:
    """One line for each of the first, which gives the reason, and a count of the rest."""
    for name, reason in list(unreadable.items())[:LISTED]:
        said = " ".join(reason.split())
        print(f"voxmetric: skipped {name}: {said}", file=sys.stderr)
    if len(unreadable) > LISTED:
        print(f"voxmetric: skipped {len(unreadable) - LISTED} more (--json lists all)", file=sys.stderr)
