from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import soundfile

import voxmetric as vm
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000
Talk: TypeAlias = Callable[..., np.ndarray]
TURNS = [(0, 0.5, 4.0), (1, 4.0, 7.5), (2, 9.0, 12.0), (0, 12.5, 16.0), (1, 17.0, 17.4)]
SPOKEN = [(0.5, 7.5), (9.0, 12.0), (12.5, 16.0), (17.0, 17.4)]


def test_turns_and_speakers_are_found(pitch: SpeakerModel, talk: Talk) -> None:
    settings = DiarizationSettings(clustering_options={"threshold": 0.5})
    found = vm.diarize(talk(TURNS, 18.0), pitch, sample_rate=RATE, regions=SPOKEN, settings=settings)
    assert found.labels() == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"]
    turns = [(segment.start, segment.end, who) for segment, _, who in found.itertracks(yield_label=True)]
    for (who, start, end), (found_start, found_end, name) in zip(TURNS, turns, strict=True):
        assert name == f"SPEAKER_{who:02d}"
        np.testing.assert_allclose([found_start, found_end], [start, end], atol=0.2)


def test_a_file_gives_its_name_and_the_same_answer(pitch: SpeakerModel, talk: Talk, tmp_path: Path) -> None:
    samples = talk(TURNS, 18.0)
    path = tmp_path / "talk.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    settings = DiarizationSettings(voice_activity="energy", clustering_options={"threshold": 0.5})
    of_file, of_array = (
        vm.diarize(path, pitch, settings=settings),
        vm.diarize(samples, pitch, settings=settings, sample_rate=RATE),
    )
    assert of_file.uri == "talk"
    assert len(of_file.labels()) == 3
    assert list(of_file.itertracks(yield_label=True)) == list(of_array.itertracks(yield_label=True))


def test_the_number_of_speakers_can_be_given_and_bounded(pitch: SpeakerModel, talk: Talk) -> None:
    samples = talk(TURNS, 18.0)
    for options, number in [
        ({"num_speakers": 2}, 2),
        ({"max_speakers": 2}, 2),
        ({"num_speakers": 1}, 1),
    ]:
        found = vm.diarize(samples, pitch, sample_rate=RATE, regions=SPOKEN, **options)
        assert len(found.labels()) == number


def test_silence_has_no_speakers(pitch: SpeakerModel) -> None:
    found = vm.diarize(np.zeros(RATE, np.float32), pitch, sample_rate=RATE, regions=[(0.0, 1.0)])
    assert not found.labels()


def test_what_cannot_be_diarized_is_refused(pitch: SpeakerModel) -> None:
    with pytest.raises(InputError, match="sample_rate"):
        vm.diarize(np.zeros(10, np.float32), pitch)
    with pytest.raises(InputError, match="finite"):
        vm.diarize(np.full(10, np.nan, np.float32), pitch, sample_rate=RATE)
    with pytest.raises(InputError, match="none"):
        vm.diarize(np.zeros(0, np.float32), pitch, sample_rate=RATE)
    with pytest.raises(InputError, match="clustering"):
        vm.diarize(np.zeros(10, np.float32), pitch, sample_rate=RATE, clustering="k_mean")
