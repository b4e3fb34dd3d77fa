"""Parts of bounded size that part no speaker, so that each speaker is enrolled wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def parts_of_whole_speakers(codes: NDArray[np.integer], most: int) -> Iterator[NDArray[np.int64]]:
    """Rows speaker by speaker, as many speakers at a time as have `most` rows together, or one who alone has more.

    Args:
        codes: (N,) number of the speaker of each row.
        most: rows of a part, at least 1.
    """
    order = np.argsort(codes, kind="stable").astype(np.int64)
    ends = np.flatnonzero(np.append(np.diff(codes[order]) != 0, True)) + 1  # of each speaker's rows
    first = 0
    while first < len(order):
        fitting = np.searchsorted(ends, first + most, side="right") - 1
        end = int(ends[max(fitting, np.searchsorted(ends, first, side="right"))])
        yield order[first:end]
        first = end
