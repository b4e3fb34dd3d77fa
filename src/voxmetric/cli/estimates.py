"""The words and units in which a dry run reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voxmetric.comparison.estimate import ComparisonEstimate
    from voxmetric.training.estimate import Estimate
    from voxmetric.training.recipe import Recipe

_TIMES = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"))
_SIZES = ((2**30, "GB"), (2**20, "MB"))


def described(recipe: Recipe, found: Estimate) -> Iterator[str]:
    """An estimate in a line each for data, model, memory, steps and time."""
    from voxmetric.training.short_recordings import longest_crop, remark

    judge = recipe.loss.name if recipe.method is None else recipe.method.name
    left_out = f", {found.num_left_out:,} speakers left out" if found.num_left_out else ""
    yield (
        f"data    {found.num_speakers:,} speakers, {found.num_utterances:,} utterances, {found.hours:,.1f} hours"
        f"{left_out}; {found.num_development:,} utterances for development, {found.num_test:,} for testing"
    )
    if note := remark(found.num_repeated, found.num_utterances, longest_crop(recipe)):
        yield f"note    {note}"
    yield (
        f"model   {recipe.encoder.name} with {found.encoder_parameters:,} weights, "
        f"{judge} with {found.loss_parameters:,}"
    )
    yield (
        f"memory  weights {size(found.weight_bytes)}, gradients {size(found.gradient_bytes)}, optimiser "
        f"{size(found.optimizer_bytes)}, activations at most {size(found.activation_bytes)}; at the peak "
        f"{size(found.peak_bytes)}, and up to {size(found.cache_bytes)} of decoded recordings in the loader"
    )
    views = recipe.views.count + recipe.views.local_count
    seen = "crops" if recipe.method is None else f"recordings in {views} views"
    yield f"steps   {found.steps:,} of {found.batch_size:,} {seen}: {found.epochs:,.1f} passes over the utterances"
    low, high = found.seconds_interval
    yield (
        f"time    {duration(found.seconds)} ({duration(low)} to {duration(high)}) at {found.step_seconds:.3g} s a "
        f"step, the mean of {found.timed_steps}; looks at the development speakers come on top"
    )


def described_comparison(found: ComparisonEstimate) -> Iterator[str]:
    """An estimate in a line for each objective and one for all."""
    for one in found.objectives:
        search = f", a search of {one.tuning_runs}" if one.tuning_runs else ""
        yield (
            f"{one.name}: {one.final_runs} runs{search}, {one.updates:,} updates at {one.run.step_seconds:.3g} s: "
            f"{duration(one.seconds)}; at the peak {size(one.run.peak_bytes)}"
        )
    yield (
        f"together {duration(found.seconds)} with {found.jobs} runs at a time, if they do not slow each other down; "
        "embedding and testing come on top"
    )


def duration(seconds: float) -> str:
    """In the largest unit of which there are at least two."""
    for unit, name in _TIMES:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} seconds"


def size(num_bytes: int) -> str:
    """In GB where there is at least one, else in MB, else in kB, of 1,024 smaller units each."""
    for unit, name in _SIZES:
        if num_bytes >= unit:
            return f"{num_bytes / unit:.1f} {name}"
    return f"{num_bytes / 2**10:.0f} kB"
