"""Several other talkers, mixed in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range
from voxmetric.audio.augmentation.mixing import mix, unit_power
from voxmetric.audio.recordings import Recordings
from voxmetric.errors import InputError

_SPARE = 8  # further recordings that are drawn for those that cannot be read


class Babble(Augmentation):
    """Add several talkers at equal power, by default as many and as loud as in Chung et al. (2020).

    Without a folder the talkers come from the recordings that are trained on, which are in memory already as far as
    the loader's cache reaches: no further data is needed. That the recording itself is among them is as likely as
    any other; recordings that cannot be read are passed over.

    Args:
        folder: searched for speech recordings, sub-folders included; by default the recordings that are trained on.
        snr: lowest and highest ratio of the speech to all talkers together, in dB; see `mixing.mix`.
        talkers: fewest and most recordings that are mixed; where there are fewer, some come again.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range, or the folder has no audio files; when called, without a folder
            outside of training, or if hardly a recording can be read.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        snr: Sequence[float] = (13.0, 20.0),
        talkers: Sequence[int] = (3, 7),
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.snr = checked_range("snr", snr)
        fewest, most = checked_range("talkers", talkers, lowest=1)
        if fewest != int(fewest) or most != int(most):
            raise InputError(f"talkers must be two whole numbers, found {talkers!r}")
        self.talkers = int(fewest), int(most)
        self._recordings = None if folder is None else Recordings.in_folder(folder, sample_rate=sample_rate)

    def offer_corpus(self, recordings: Recordings) -> None:
        if self._recordings is None:
            self._recordings = recordings

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        if self._recordings is None:
            raise InputError("babble takes its talkers from the recordings that are trained on: name a folder instead")
        voices = self._voices(self._recordings, len(waveform), rng)
        crowd = np.zeros_like(waveform)
        for _ in range(int(rng.integers(self.talkers[0], self.talkers[1] + 1))):
            crowd += next(voices)
        return mix(waveform, crowd, rng.uniform(*self.snr))

    def _voices(self, recordings: Recordings, num_samples: int, rng: np.random.Generator) -> Iterator[Waveform]:
        """Crops at unit power of different recordings, as long as there are any."""
        wanted = self.talkers[1] + _SPARE
        chosen = rng.choice(len(recordings), size=min(wanted, len(recordings)), replace=False)
        reason = InputError("there are no talkers")
        for index in np.resize(chosen, wanted).tolist():
            try:
                yield unit_power(recordings.random_crop(index, num_samples, rng))
            except InputError as error:
                reason = error
        raise InputError(f"babble found too few recordings that can be read, the last one: {reason}")
