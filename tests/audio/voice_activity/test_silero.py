from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from voxmetric.audio.voice_activity.silero import SileroStream, silero
from voxmetric.audio.voice_activity.silero_network import load_network
from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak
from voxmetric.errors import InputError


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Half a second of silence, two seconds of a made voice, a second of silence."""
    rng = np.random.default_rng(0)
    voice = speak(draw_voice(rng), 2.0, rng)
    faint = 1e-4 * rng.standard_normal(int(3.5 * SAMPLE_RATE)).astype(np.float32)
    faint[8000 : 8000 + len(voice)] += 5 * voice
    return faint


@pytest.mark.filterwarnings("ignore:.torch.jit.load. is deprecated")
def test_probabilities_are_those_of_the_packaged_model(speech: np.ndarray) -> None:
    package = find_spec("silero_vad")
    assert package is not None
    assert package.submodule_search_locations
    model = torch.jit.load(str(Path(package.submodule_search_locations[0]) / "data" / "silero_vad.jit"))
    frames = torch.from_numpy(speech[: len(speech) // 512 * 512]).split(512)
    with torch.inference_mode():
        expected = [float(model(frame[None], 16_000)) for frame in frames]
    found = silero([speech]).probabilities[: len(frames)]
    assert max(expected) - min(expected) > 0.5
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_cut_into_blocks_makes_no_difference(speech: np.ndarray) -> None:
    whole = silero([speech])
    pieces = silero(np.split(speech, [1, 700, 701, 20_000, 31_111]))
    np.testing.assert_allclose(pieces.probabilities, whole.probabilities, atol=1e-5)
    assert pieces.duration == whole.duration == len(speech) / 16_000
    assert len(whole.probabilities) == -(-len(speech) // 512)


@pytest.mark.parametrize(
    ("options", "piece", "warm_up"),
    [
        ({}, 250, 62),
        ({"piece_seconds": 4.0, "warm_up_seconds": 0.0}, 125, 0),
        ({"piece_seconds": None}, 10_000, 0),
    ],
)
def test_every_piece_begins_anew_after_a_warm_up(
    speech: np.ndarray, options: dict[str, float | None], piece: int, warm_up: int
) -> None:
    """However a long recording is cut, piece k is what the network says of it when it has heard only so much before."""
    long = np.tile(speech, 6)[: 6 * len(speech) // 512 * 512]
    found = silero(np.array_split(long, 7), **options).probabilities
    assert len(found) > 500
    network = load_network()
    before = torch.from_numpy(np.concatenate((np.zeros(64, np.float32), long)))
    with torch.inference_mode():
        features = network.features(before.unfold(0, 576, 512))
        for first in range(0, len(found), piece):
            start = max(0, first - warm_up)
            alone = network.probabilities(features[None, start : first + piece], None)[0][0, first - start :]
            np.testing.assert_allclose(found[first : first + piece], alone.numpy(), atol=1e-5)


def test_a_stream_gives_each_frame_when_it_is_complete(speech: np.ndarray) -> None:
    stream = SileroStream()
    assert len(stream.push(speech[:511])) == 0
    assert len(stream.push(speech[511:512])) == 1
    assert len(stream.finish()) == 0


def test_options_out_of_range_are_refused() -> None:
    for wrong in ({"piece_seconds": 0.0}, {"warm_up_seconds": -1.0}):
        with pytest.raises(InputError, match="piece_seconds"):
            silero([], **wrong)


def test_the_number_of_threads_stays() -> None:
    before = torch.get_num_threads()
    silero([np.zeros(1000, np.float32)])
    assert torch.get_num_threads() == before
