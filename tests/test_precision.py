from __future__ import annotations

import pytest
import torch

from voxmetric import precision
from voxmetric.errors import InputError

CPU = torch.device("cpu")


@pytest.mark.parametrize(("native", "auto"), [(True, "bfloat16"), (False, "float32")])
def test_auto_asks_the_device_and_float32_is_always_had(
    native: bool, auto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "has_native_bfloat16", lambda _: native)
    assert precision.resolve("auto", CPU) == auto
    assert precision.resolve("float32", CPU) == "float32"


def test_bfloat16_is_for_hardware_that_has_units_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_native_bfloat16", lambda _: False)
    with pytest.raises(InputError, match=r"this cpu has no units for bfloat16.*leave out the precision, or give auto"):
        precision.resolve("bfloat16", CPU)
    with pytest.raises(InputError, match="did you mean 'bfloat16'"):
        precision.resolve("bfloat", CPU)  # type: ignore[arg-type]
    assert not precision.has_native_bfloat16(torch.device("meta"))
