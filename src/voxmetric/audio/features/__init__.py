"""Front-ends: from waveforms to features, computed for the batch inside the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.audio.features.front_end import FrontEnd

front_ends = Registry(
    "front-end",
    {
        "log_mel": Entry("voxmetric.audio.features.log_mel:LogMelOptions", "logarithms of mel filter energies"),
        "mfcc": Entry("voxmetric.audio.features.mfcc:MfccOptions", "mel-frequency cepstra with derivatives"),
        "spectrogram": Entry("voxmetric.audio.features.spectrogram:SpectrogramOptions", "linear-frequency spectrogram"),
        "waveform": Entry("voxmetric.audio.features.waveform:WaveformOptions", "the samples themselves"),
    },
)


def available() -> dict[str, str]:
    """Names of the front-ends with one line each."""
    return front_ends.available()


def create(name: str, **options: Any) -> FrontEnd:
    """Build the front-end `name`; what is not in `options` keeps its default.

    Raises:
        InputError: for an unknown name, an unknown option or a value out of range.
    """
    front_end: FrontEnd = front_ends.create(name, options).build()
    return front_end
