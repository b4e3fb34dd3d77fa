"""Learning rate and margin as pure functions of the step, so that training resumes without any state of theirs."""

from __future__ import annotations

import math

from voxmetric.training.recipe import MarginSchedule, Schedule


def learning_rate_factor(schedule: Schedule, step: int, steps: int) -> float:
    """Factor of the base learning rate at `step` (0 for the first update) of `steps`."""
    if step < schedule.warmup_steps:
        return (step + 1) / schedule.warmup_steps
    after = step - schedule.warmup_steps
    if schedule.name == "step":
        return float(schedule.factor ** (after // schedule.every))
    if schedule.name == "cosine":
        # The last update, not the one after it, reaches the final share.
        progress = min(1.0, after / max(1, steps - schedule.warmup_steps - 1))
        return schedule.final_share + (1 - schedule.final_share) * (1 + math.cos(math.pi * progress)) / 2
    return 1.0


def margin_factor(schedule: MarginSchedule, step: int) -> float:
    """Factor in [0, 1] of the margin at `step`; `exponential` rises slowly first and reaches 1 at the end."""
    if step >= schedule.end_step:
        return 1.0
    if step <= schedule.start_step:
        return 0.0
    progress = (step - schedule.start_step) / (schedule.end_step - schedule.start_step)
    if schedule.shape == "cosine":
        return (1 - math.cos(math.pi * progress)) / 2
    if schedule.shape == "exponential":
        return float(1000.0**progress - 1) / 999.0
    return progress
