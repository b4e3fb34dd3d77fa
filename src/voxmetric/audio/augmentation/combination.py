"""Several augmentations as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from voxmetric.audio.augmentation import create_all
from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform
from voxmetric.errors import InputError


class Chain(Augmentation):
    """Augmentations one after another, such as a room and then the noise in it.

    Args:
        parts: augmentations, or mappings with their `name` and options.
        sample_rate: of the audio they will be given, in Hz.
        probability: chance in [0, 1] to act; each part has its own on top of it.

    Raises:
        InputError: if a part's options are wrong.
    """

    def __init__(
        self,
        parts: Sequence[Augmentation | Mapping[str, Any]],
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.parts = _built(parts, sample_rate)

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        for part in self.parts:
            waveform = part(waveform, rng)
        return waveform

    def input_samples(self, num_samples: int) -> int:
        for part in reversed(self.parts):
            num_samples = part.input_samples(num_samples)
        return num_samples


class OneOf(Augmentation):
    """One of several augmentations, each with equal chance.

    With four of them and a probability of 0.8, the clean waveform is as likely as each of the four: the one in five
    of Chung et al. (2020).

    Args:
        parts: augmentations, or mappings with their `name` and options.
        sample_rate: of the audio they will be given, in Hz.
        probability: chance in [0, 1] to act; the chosen part has its own on top of it.

    Raises:
        InputError: if there are no parts, or a part's options are wrong.
    """

    def __init__(
        self,
        parts: Sequence[Augmentation | Mapping[str, Any]],
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.parts = _built(parts, sample_rate)
        if not self.parts:
            raise InputError("one_of needs at least one augmentation, found none")

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        return self.parts[rng.integers(len(self.parts))](waveform, rng)

    def input_samples(self, num_samples: int) -> int:
        return max(part.input_samples(num_samples) for part in self.parts)


def _built(parts: Sequence[Augmentation | Mapping[str, Any]], sample_rate: int) -> list[Augmentation]:
    return [
        part if isinstance(part, Augmentation) else create_all([part], sample_rate=sample_rate)[0] for part in parts
    ]
