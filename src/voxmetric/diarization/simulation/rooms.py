"""The room of a conversation: an impulse response from each speaker's place to the microphone."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.augmentation.simulated_reverberation import SimulatedReverberation
from voxmetric.audio.reading import SUFFIXES, read
from voxmetric.errors import InputError

Response = NDArray[np.float32]

_REVERBERATION_TIME = (0.2, 0.6)  # seconds
_DIRECT_TO_REVERBERANT = (0.0, 12.0)  # dB; near and far places in one room
_SMALLEST, _LARGEST = (3.0, 3.0, 2.5), (8.0, 7.0, 3.5)  # metres
_FROM_WALLS = 0.4  # metres that a microphone or a mouth keeps
_HEIGHTS = (1.1, 1.7)  # metres, of seated and standing mouths
_NEAREST = 0.5  # metres from microphone to mouth
_MOST_REFLECTIONS = 20


def draw_room(kind: str, num_speakers: int, sample_rate: int, rng: np.random.Generator) -> list[Response | None]:
    """A response (R,) for each speaker, or None for no room; see `ConversationSettings.room` for the kinds.

    Raises:
        InputError: for a folder without recordings, a silent response, or a missing extra.
    """
    if kind == "none":
        return [None] * num_speakers
    if kind == "simulated":
        return [*_simulated(num_speakers, sample_rate, rng)]
    if kind == "shoebox":
        return [*_shoebox(num_speakers, sample_rate, rng)]
    return [*_recorded(Path(kind), num_speakers, sample_rate, rng)]


def _simulated(num_speakers: int, sample_rate: int, rng: np.random.Generator) -> list[Response]:
    time = rng.uniform(*_REVERBERATION_TIME)
    model = SimulatedReverberation((time, time), _DIRECT_TO_REVERBERANT, sample_rate)
    return [model.response(rng) for _ in range(num_speakers)]


def _shoebox(num_speakers: int, sample_rate: int, rng: np.random.Generator) -> list[Response]:
    if find_spec("pyroomacoustics") is None:
        raise InputError("a shoebox room needs the extra `rir`: pip install 'voxmetric[rir]', or take room `simulated`")
    import pyroomacoustics

    size = rng.uniform(_SMALLEST, _LARGEST)
    time = rng.uniform(*_REVERBERATION_TIME)
    try:
        absorption, reflections = pyroomacoustics.inverse_sabine(time, size)
    except ValueError:  # walls that swallow everything would still ring longer
        absorption, reflections = 0.99, 1
    room = pyroomacoustics.ShoeBox(
        size,
        fs=sample_rate,
        materials=pyroomacoustics.Material(absorption),
        max_order=min(reflections, _MOST_REFLECTIONS),
    )
    microphone = _place(size, rng)
    room.add_microphone(microphone)
    for _ in range(num_speakers):
        mouth = _place(size, rng)
        while np.linalg.norm(mouth - microphone) < _NEAREST:
            mouth = _place(size, rng)
        room.add_source(mouth)
    room.compute_rir()
    return [np.asarray(response, np.float32) for response in room.rir[0]]


def _place(size: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    across = rng.uniform(_FROM_WALLS, size[:2] - _FROM_WALLS)
    return np.array([*across, rng.uniform(*_HEIGHTS)])


def _recorded(folder: Path, num_speakers: int, sample_rate: int, rng: np.random.Generator) -> list[Response]:
    rooms = rooms_in(folder)
    places = rooms[int(rng.integers(len(rooms)))]
    order = rng.permutation(len(places))
    responses = []
    for speaker in range(num_speakers):
        path = places[order[speaker % len(places)]]
        response = read(path, sample_rate=sample_rate)
        if not response.any():
            raise InputError(f"{path} is silent and no impulse response: remove it")
        responses.append(response)
    return responses


def rooms_in(folder: Path) -> list[Sequence[Path]]:
    """The files of each room: those of a sub-folder together, each other one by itself.

    Raises:
        InputError: if there is no such folder or it holds no audio files.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(
            f"expected room none, simulated, shoebox or a folder with impulse responses, found no audio files in "
            f"{str(folder)!r}"
        )
    alone: list[Sequence[Path]] = [[path] for path in paths if path.parent == folder]
    parents = sorted({path.parent for path in paths} - {folder})
    return alone + [[path for path in paths if path.parent == parent] for parent in parents]
