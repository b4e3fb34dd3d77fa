"""What a conversation may be like."""

from __future__ import annotations

from typing import Any

import pytest

from voxmetric.diarization.simulation.settings import ConversationSettings
from voxmetric.errors import InputError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speakers": (0, 2)}, "speakers is 0 to 2: expected 1 to 10"),
        ({"speakers": (3, 2)}, "speakers is 3 to 2"),
        ({"speakers": (2, 11)}, "expected 1 to 10"),
        ({"seconds": (0.0, 1.0)}, "expected at least 1"),
        ({"overlap": (0.2, 0.7)}, "overlap is 0.2 to 0.7: expected 0 to 0.4"),
        ({"snr": (float("nan"), 3.0)}, "expected finite numbers"),
        ({"turn_seconds": -1.0}, "turn_seconds is -1"),
        ({"sample_rate": 11_025}, "multiple of 1000"),
    ],
)
def test_values_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ConversationSettings(**options)
