"""Scores and labels as users give them, checked and parted into the two classes."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

Floats: TypeAlias = NDArray[np.floating]


def check_scores(scores: ArrayLike, num_trials: int | None = None) -> Floats:
    """Scores as a one-dimensional float array; float32 stays float32 so that ties stay ties.

    Args:
        scores: (T,) real numbers, infinities allowed, higher meaning more alike.
        num_trials: T, where it is known.

    Raises:
        InputError: for another shape, another length or a NaN.
    """
    values = np.asarray(scores)
    if values.ndim != 1:
        raise InputError(f"expected scores of shape (T,), one for each trial, found shape {values.shape}")
    if num_trials is not None and len(values) != num_trials:
        raise InputError(f"expected one score for each of {num_trials} trials, found {len(values)} scores")
    if not np.issubdtype(values.dtype, np.floating):
        values = values.astype(np.float64)
    # One pass and no temporary array: a sum is NaN where a NaN went in, or where infinities of both signs met.
    with np.errstate(invalid="ignore", over="ignore"):
        suspicious = np.isnan(values.sum())
    if suspicious and np.isnan(values).any():
        where = np.flatnonzero(np.isnan(values))
        raise InputError(
            f"{len(where)} of {len(values)} scores are NaN, the first at trial {where[0]}; "
            "look for empty or silent recordings among these trials"
        )
    return values


def check_labels(labels: ArrayLike) -> NDArray[np.bool_]:
    """Labels as booleans, true for a target trial (same speaker).

    Args:
        labels: (T,) of 0 and 1, or booleans; 1 = same speaker.

    Raises:
        InputError: for another shape, another value, or when one of the two classes is empty.
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise InputError(f"expected labels of shape (T,), one for each trial, found shape {values.shape}")
    is_target = values == 1
    num_target = int(np.count_nonzero(is_target))
    num_nontarget = int(np.count_nonzero(values == 0))
    if num_target + num_nontarget != len(values):
        strange = values[~is_target & (values != 0)][0]
        raise InputError(f"expected labels 1 (same speaker) and 0 (different speakers), found {strange}")
    if not num_target or not num_nontarget:
        raise InputError(
            f"expected trials of both kinds, found {num_target} with label 1 (same speaker) and "
            f"{num_nontarget} with label 0 (different speakers)"
        )
    return np.asarray(is_target)


def split_by_class(scores: ArrayLike, labels: ArrayLike) -> tuple[Floats, Floats]:
    """The scores of the target trials and those of the non-target trials, each in the order given.

    Args:
        scores: (T,), higher meaning more alike.
        labels: (T,), 1 = same speaker.

    Raises:
        InputError: see `check_labels` and `check_scores`.
    """
    is_target = check_labels(labels)
    values = check_scores(scores, len(is_target))
    return values[is_target], values[~is_target]
