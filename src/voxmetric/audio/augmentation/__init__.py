"""Random changes of training audio, by name: `create("noise", folder="musan/noise", snr=(0, 15))`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from voxmetric.errors import InputError
from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.audio.augmentation.augmentation import Augmentation

_HERE = "voxmetric.audio.augmentation"

augmentations = Registry(
    "augmentation",
    {
        "noise": Entry(f"{_HERE}.noise:Noise", "recorded noise or music at a drawn signal-to-noise ratio"),
        "babble": Entry(f"{_HERE}.babble:Babble", "several other talkers at a drawn signal-to-noise ratio"),
        "reverberation": Entry(f"{_HERE}.reverberation:Reverberation", "recorded room impulse responses"),
        "simulated_reverberation": Entry(
            f"{_HERE}.simulated_reverberation:SimulatedReverberation",
            "decaying noise as room impulse response",
        ),
        "band_limit": Entry(f"{_HERE}.band_limit:BandLimit", "a drawn band, from telephone to wide band"),
        "codec": Entry(f"{_HERE}.codec:Codec", "a pass through a telephone or music codec"),
        "gain": Entry(f"{_HERE}.gain:Gain", "a drawn change of level"),
        "speed": Entry(f"{_HERE}.speed:Speed", "faster or slower playback, which moves the pitch too"),
        "chain": Entry(f"{_HERE}.combination:Chain", "several augmentations, one after another"),
        "one_of": Entry(f"{_HERE}.combination:OneOf", "one of several augmentations, each with equal chance"),
    },
)


def available() -> dict[str, str]:
    """The names of all augmentations with one line each."""
    return augmentations.available()


def create(name: str, *, sample_rate: int = 16_000, **options: Any) -> Augmentation:
    """Build the augmentation called `name`.

    Args:
        name: one of `available()`.
        sample_rate: of the audio it will be given, in Hz.
        options: its own options; every augmentation has `probability`, the chance in [0, 1] that it acts.

    Raises:
        InputError: for an unknown name, an unknown option or a value out of range.
    """
    augmentation: Augmentation = augmentations.create(name, options, {"sample_rate": sample_rate})
    return augmentation


def create_all(settings: Iterable[Mapping[str, Any]], *, sample_rate: int = 16_000) -> list[Augmentation]:
    """Build augmentations from mappings such as `{"name": "gain", "decibels": [-6, 6], "probability": 0.5}`.

    Raises:
        InputError: for a mapping without a `name`, and as `create` does.
    """
    return [_from_mapping(mapping, sample_rate) for mapping in settings]


def _from_mapping(settings: Mapping[str, Any], sample_rate: int) -> Augmentation:
    if not isinstance(settings, Mapping) or "name" not in settings:
        raise InputError(f"an augmentation is a mapping with its name and options, found {settings!r}")
    options = {key: value for key, value in settings.items() if key != "name"}
    return create(settings["name"], sample_rate=sample_rate, **options)
