from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from pyannote.core import Annotation, Segment

import voxmetric as vm
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000
HUMS = {"low": 300.0, "middle": 900.0, "high": 2500.0}


class Pitch:
    """Stands for a model: the embedding of a hum is a direction that depends on its frequency alone."""

    sample_rate, embedding_size, calibration = RATE, 8, None

    def embed_waveforms(self, waveforms: list[np.ndarray]) -> np.ndarray:
        rows = []
        for waveform in waveforms:
            spectrum = np.abs(np.fft.rfft(waveform, 4096))
            bands = np.add.reduceat(spectrum, [0, 50, 100, 170, 330, 500, 800, 1400])
            rows.append(bands / np.linalg.norm(bands))
        return np.array(rows, dtype=np.float32)


@pytest.fixture
def model() -> SpeakerModel:
    return Pitch()  # type: ignore[return-value]


def conversation(turns: list[tuple[str, float, float]], seconds: float) -> tuple[np.ndarray, Annotation]:
    time = np.arange(round(seconds * RATE)) / RATE
    samples = 1e-3 * np.random.default_rng(0).standard_normal(len(time))
    reference = Annotation(uri="talk")
    for number, (who, start, end) in enumerate(turns):
        part = slice(round(start * RATE), round(end * RATE))
        samples[part] += 0.2 * np.sin(2 * np.pi * HUMS[who] * time[part])
        reference[Segment(start, end), number] = who
    return samples.astype(np.float32), reference


TURNS = [("low", 0.5, 4.0), ("high", 4.0, 7.5), ("middle", 9.0, 12.0), ("low", 12.5, 16.0), ("high", 17.0, 17.4)]


def test_turns_and_speakers_are_found(model: SpeakerModel) -> None:
    samples, reference = conversation(TURNS, 18.0)
    settings = DiarizationSettings(clustering_options={"threshold": 0.5})
    found = vm.diarize(samples, model, sample_rate=RATE, regions=reference.get_timeline().support(), settings=settings)
    assert found.labels() == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"]
    turns = [(segment.start, segment.end, who) for segment, _, who in found.itertracks(yield_label=True)]
    names = {"low": "SPEAKER_00", "high": "SPEAKER_01", "middle": "SPEAKER_02"}
    for (who, start, end), (found_start, found_end, name) in zip(TURNS, turns, strict=True):
        assert name == names[who]
        np.testing.assert_allclose([found_start, found_end], [start, end], atol=0.75)


def test_a_file_gives_its_name_and_the_same_answer(model: SpeakerModel, tmp_path: Path) -> None:
    samples, _ = conversation(TURNS, 18.0)
    path = tmp_path / "talk.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    settings = DiarizationSettings(voice_activity="energy", clustering_options={"threshold": 0.5})
    of_file, of_array = (
        vm.diarize(path, model, settings=settings),
        vm.diarize(samples, model, settings=settings, sample_rate=RATE),
    )
    assert of_file.uri == "talk"
    assert len(of_file.labels()) == 3
    assert list(of_file.itertracks(yield_label=True)) == list(of_array.itertracks(yield_label=True))


def test_the_number_of_speakers_can_be_given_and_bounded(model: SpeakerModel) -> None:
    samples, reference = conversation(TURNS, 18.0)
    for options, number in [
        ({"num_speakers": 2}, 2),
        ({"max_speakers": 2}, 2),
        ({"num_speakers": 1}, 1),
    ]:
        found = vm.diarize(samples, model, sample_rate=RATE, regions=reference, **options)
        assert len(found.labels()) == number


def test_silence_has_no_speakers(model: SpeakerModel) -> None:
    found = vm.diarize(np.zeros(RATE, np.float32), model, sample_rate=RATE, regions=[(0.0, 1.0)])
    assert not found.labels()


def test_what_cannot_be_diarized_is_refused(model: SpeakerModel) -> None:
    with pytest.raises(InputError, match="sample_rate"):
        vm.diarize(np.zeros(10, np.float32), model)
    with pytest.raises(InputError, match="finite"):
        vm.diarize(np.full(10, np.nan, np.float32), model, sample_rate=RATE)
    with pytest.raises(InputError, match="none"):
        vm.diarize(np.zeros(0, np.float32), model, sample_rate=RATE)
    with pytest.raises(InputError, match="clustering"):
        vm.diarize(np.zeros(10, np.float32), model, sample_rate=RATE, clustering="k_mean")
