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
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: native)
    assert precision.resolve("auto", CPU) == auto
    assert precision.resolve("float32", CPU) == "float32"


def test_bfloat16_is_for_hardware_that_is_faster_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: False)
    with pytest.raises(
        InputError, match=r"this cpu would be no faster in bfloat16.*leave out the precision, or give auto"
    ):
        precision.resolve("bfloat16", CPU)
    with pytest.raises(InputError, match="did you mean 'bfloat16'"):
        precision.resolve("bfloat", CPU)  # type: ignore[arg-type]
    assert not precision.is_faster_in_bfloat16(torch.device("meta"))


@pytest.mark.parametrize(
    ("tiles", "units", "race", "faster"),
    [(True, True, False, True), (False, True, True, True), (False, True, False, False), (False, False, True, False)],
)
def test_on_a_processor_tiles_decide_or_else_a_race_where_there_are_units(
    tiles: bool, units: bool, race: bool, faster: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: tiles)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: units)
    monkeypatch.setattr(precision, "_multiplies_faster_in_bfloat16", lambda: race)
    assert precision.is_faster_in_bfloat16(CPU) is faster


@pytest.mark.parametrize(("slow", "fast", "faster"), [("float32", "bfloat16", True), ("bfloat16", "float32", False)])
def test_the_race_is_won_by_the_least_time(slow: str, fast: str, faster: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    lasts = {getattr(torch, slow): iter([0.1, 2.0] * 3), getattr(torch, fast): iter([9.0, 0.05] * 3)}

    class Matrix:
        def __init__(self, *_: int, dtype: torch.dtype) -> None:
            self.dtype = dtype

        def __matmul__(self, _: Matrix) -> None:
            now[0] += next(lasts[self.dtype])

    monkeypatch.setattr(torch, "ones", Matrix)
    monkeypatch.setattr(precision.time, "perf_counter", lambda: now[0])
    precision._multiplies_faster_in_bfloat16.cache_clear()
    try:
        assert precision._multiplies_faster_in_bfloat16() is faster
    finally:
        precision._multiplies_faster_in_bfloat16.cache_clear()
