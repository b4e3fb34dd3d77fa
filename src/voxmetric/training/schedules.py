"""Learning rate, weight decay and margin as pure functions of the step: resumed training needs no state of theirs."""

from __future__ import annotations

import math

from voxmetric.training.recipe import MarginSchedule, OptimizerChoice, Schedule


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


def weight_decay_at(choice: OptimizerChoice, step: int, steps: int) -> float:
    """The weight decay at `step` (0 for the first update) of `steps`.

    With `weight_decay_end`: end + (start - end) (1 + cos(pi step / steps)) / 2, so that the last update is one short of
    the end.

    Source:
        Caron et al. 2021 (DINO), section 3.1: from 0.04 to 0.4.
    """
    end = choice.weight_decay_end
    if end is None:
        return choice.weight_decay
    return end + (choice.weight_decay - end) * (1 + math.cos(math.pi * step / steps)) / 2


def margin_factor(schedule: MarginSchedule, step: int) -> float:
    """Factor in [0, 1] of the margin at `step`; `exponential` is (1000^p - 1) / 999 of the way p: slow at first."""
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
