from __future__ import annotations

import math
from itertools import pairwise

import pytest

from voxmetric.training.recipe import MarginSchedule, OptimizerChoice, Schedule
from voxmetric.training.schedules import learning_rate_factor, margin_factor, weight_decay_at


def test_warm_up_rises_linearly_to_one() -> None:
    schedule = Schedule(warmup_steps=4)
    assert [learning_rate_factor(schedule, step, 100) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_cosine_starts_at_one_and_reaches_its_share_with_the_last_update() -> None:
    schedule = Schedule(name="cosine", warmup_steps=10, final_share=0.1)
    assert learning_rate_factor(schedule, 10, 111) == pytest.approx(1.0)
    assert learning_rate_factor(schedule, 60, 111) == pytest.approx(0.1 + 0.9 * 0.5)
    assert learning_rate_factor(schedule, 110, 111) == pytest.approx(0.1)


def test_step_schedule_multiplies_every_so_many_steps() -> None:
    schedule = Schedule(name="step", every=10, factor=0.95)
    assert learning_rate_factor(schedule, 9, 100) == 1.0
    assert learning_rate_factor(schedule, 10, 100) == pytest.approx(0.95)
    # Chung et al.: x0.95 every 10 epochs leaves 8.1 % after 490 (seed facts, 8.1e-5 of 1e-3).
    assert learning_rate_factor(schedule, 490, 500) == pytest.approx(0.95**49, rel=1e-12)
    assert math.isclose(0.95**49, 0.081, rel_tol=1e-2)


@pytest.mark.parametrize("shape", ["linear", "exponential", "cosine"])
def test_margin_rises_from_zero_to_one(shape: str) -> None:
    schedule = MarginSchedule(shape=shape, start_step=10, end_step=20)  # type: ignore[arg-type]
    factors = [margin_factor(schedule, step) for step in range(31)]
    assert factors[:11] == [0.0] * 11
    assert factors[20:] == [1.0] * 11
    assert all(earlier < later for earlier, later in pairwise(factors[10:21]))


def test_the_shapes_of_the_rise() -> None:
    share = 3 / 10
    for shape, expected in (
        ("linear", 0.3),
        ("exponential", (math.exp(share * math.log(1000)) - 1) / 999),
        ("cosine", math.sin(share * math.pi / 2) ** 2),
    ):
        schedule = MarginSchedule(shape=shape, start_step=10, end_step=20)  # type: ignore[arg-type]
        assert margin_factor(schedule, 13) == pytest.approx(expected, rel=1e-12), shape


def test_without_a_schedule_the_whole_margin_is_used_from_the_first_step() -> None:
    assert margin_factor(MarginSchedule(), 0) == 1.0


def test_weight_decay_follows_dinos_cosine_step_by_step() -> None:
    start, end, steps = 0.04, 0.4, 50
    choice = OptimizerChoice(name="adamw", weight_decay=start, weight_decay_end=end)
    published = [end + 0.5 * (start - end) * (1 + math.cos(math.pi * step / steps)) for step in range(steps)]
    assert [weight_decay_at(choice, step, steps) for step in range(steps)] == pytest.approx(published, rel=1e-12)
    assert published[0] == pytest.approx(start)
    assert published[25] == pytest.approx((start + end) / 2)
    assert all(earlier < later for earlier, later in pairwise(published))


def test_weight_decay_may_fall_and_stays_where_no_end_is_given() -> None:
    falling = OptimizerChoice(weight_decay=0.1, weight_decay_end=0.0)
    assert weight_decay_at(falling, 75, 100) == pytest.approx(0.05 * (1 - math.sqrt(0.5)))
    assert {weight_decay_at(OptimizerChoice(weight_decay=0.1), step, 100) for step in range(100)} == {0.1}
