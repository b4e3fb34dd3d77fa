"""The check of a margin's range."""

from __future__ import annotations

from voxmetric.errors import InputError


def check_margin(value: float, lowest: float, highest: float, name: str = "margin") -> float:
    """Return `value` as a float if it lies in [lowest, highest].

    Raises:
        InputError: if it does not.
    """
    if not lowest <= value <= highest:
        raise InputError(f"expected {name} in [{lowest:g}, {highest:g}], found {value}")
    return float(value)
