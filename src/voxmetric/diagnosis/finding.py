"""One line of a diagnosis."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes:
        name: of the thing.
        found: version, size or what happened, in words.
        ok: whether it works.
        required: whether the base does not work without it; what is not required is an extra.
        mend: the command that mends it, if it does not work and there is one.
    """

    name: str
    found: str
    ok: bool = True
    required: bool = True
    mend: str = ""

    @property
    def state(self) -> str:
        """`ok`, `broken` (of the base) or `missing` (an extra)."""
        if self.ok:
            return "ok"
        return "broken" if self.required else "missing"


def attempt(name: str, check: Callable[[], str], *, required: bool = True, mend: str = "") -> Finding:
    """The finding of a check that returns what it found, or raises whatever is wrong.

    Any error is caught: a doctor that falls ill of what the patient has is of no use.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Finding(name, check(), required=required)
    except Exception as error:
        reason = " ".join(str(error).split()) or "no reason given"
        return Finding(name, f"{type(error).__name__}: {reason}", ok=False, required=required, mend=mend)
