"""The self-check passes on a sound model and fails on a spoilt one."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.diagnosis.self_check import EMBEDDING_SIZE, self_check
from voxmetric.speaker_model import SpeakerModel


def test_embedding_works() -> None:
    (finding,) = self_check()
    assert finding.state == "ok", finding.found


@pytest.mark.parametrize("value", [np.nan, 1.0])
def test_embedding_that_is_not_of_unit_length_is_broken(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    monkeypatch.setattr(SpeakerModel, "embed", lambda *_: np.full(EMBEDDING_SIZE, value, np.float32))
    (finding,) = self_check()
    assert finding.state == "broken"
    assert "of length 1, found" in finding.found
