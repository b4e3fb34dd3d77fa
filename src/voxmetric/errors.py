"""Errors that a user can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something the user gave is wrong: one line that says what was expected, what was found and what to do.

    The command line prints it as it stands and exits with code 2.
    """


class DivergedError(RuntimeError):
    """Training produced a value that is not finite; the message names the step, the utterances and the way back."""


def reason(error: Exception) -> str:
    """What an error says, without the number and the path that those of the operating system have beside it."""
    return str(getattr(error, "strerror", None) or error)


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> InputError:
    """An `InputError` for a name that is not in `valid`, naming the nearest one and then all of them."""
    names = sorted(valid)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    return InputError(f"unknown {kind} {name!r}: {hint}valid: {', '.join(names)}")
