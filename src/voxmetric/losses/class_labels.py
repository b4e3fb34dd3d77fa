"""The check that labels are class numbers."""

from __future__ import annotations

from torch import Tensor

from voxmetric.errors import InputError


def check_class_labels(labels: Tensor, num_speakers: int) -> None:
    """Make sure that every label numbers one of the classes.

    Args:
        labels: (N,) int64.
        num_speakers: C.

    Raises:
        InputError: if a label lies outside [0, C).
    """
    lowest, highest = (int(value) for value in labels.aminmax())
    if lowest < 0 or highest >= num_speakers:
        found = lowest if lowest < 0 else highest
        raise InputError(
            f"expected labels in [0, {num_speakers}), found {found}; "
            "set num_speakers to the number of training speakers and number them from 0"
        )
