"""Times as people read them."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """A time to a tenth of a second, as minutes and seconds, with hours where there are any: `1:02:03.4`."""
    tenths = round(10 * seconds)
    hours, minutes, rest = tenths // 36_000, tenths // 600 % 60, tenths % 600
    return (f"{hours}:{minutes:02d}" if hours else f"{minutes}") + f":{rest // 10:02d}.{rest % 10}"
