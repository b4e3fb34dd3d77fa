"""Several augmentations as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from voxmetric.audio.augmentation import create_all
from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform
from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.audio.recordings import Recordings


class Combination(Augmentation):
    """What is made of several augmentations.

    Args:
        parts: augmentations, or mappings with their `name` and options.
        sample_rate: of the audio they will be given, in Hz.
        probability: chance in [0, 1] to act; each part that acts has its own on top of it.

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
        self.parts = [
            part if isinstance(part, Augmentation) else create_all([part], sample_rate=sample_rate)[0] for part in parts
        ]
        self.changes_speaker = any(part.changes_speaker for part in self.parts)

    def offer_corpus(self, recordings: Recordings) -> None:
        for part in self.parts:
            part.offer_corpus(recordings)


class Chain(Combination):
    """Augmentations one after another, such as a room and then the noise in it; options as in `Combination`."""

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        for part in self.parts:
            waveform = part(waveform, rng)
        return waveform

    def input_samples(self, num_samples: int) -> int:
        for part in reversed(self.parts):
            num_samples = part.input_samples(num_samples)
        return num_samples


class OneOf(Combination):
    """One of several augmentations, each with equal chance.

    With four of them and a probability of 0.8, the clean waveform is as likely as each of the four: the one in five
    of Chung et al. (2020). Options as in `Combination`.

    Raises:
        InputError: if there are no parts, or a part's options are wrong.
    """

    def __init__(
        self,
        parts: Sequence[Augmentation | Mapping[str, Any]],
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(parts, sample_rate, probability)
        if not self.parts:
            raise InputError("one_of needs at least one augmentation, found none")

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        return self.parts[rng.integers(len(self.parts))](waveform, rng)

    def input_samples(self, num_samples: int) -> int:
        return max(part.input_samples(num_samples) for part in self.parts)
