"""From a recording to turns with the shipped model and the packaged detector, on made voices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from pyannote.core import Annotation, Segment

import voxmetric as vm
from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak


def conversation(order: list[int], seed: int) -> tuple[np.ndarray, Annotation]:
    """Turns of 3 s with half a second between them, everything at one level."""
    rng = np.random.default_rng(seed)
    voices = [draw_voice(rng) for _ in range(max(order) + 1)]
    samples = 1e-4 * rng.standard_normal(round((3.5 * len(order) + 0.5) * SAMPLE_RATE))
    reference = Annotation(uri="talk")
    for number, who in enumerate(order):
        start = 0.5 + 3.5 * number
        spoken = speak(voices[who], 3.0, rng)
        first = round(start * SAMPLE_RATE)
        samples[first : first + len(spoken)] += 0.1 * spoken / np.sqrt(np.mean(spoken**2))
        reference[Segment(start, start + 3.0), number] = f"voice {who}"
    return samples.astype(np.float32), reference


def test_two_voices_are_told_apart_with_their_number_given(tmp_path: Path) -> None:
    samples, reference = conversation([0, 1, 0, 1, 1, 0], seed=7)  # two made voices that are far apart
    path = tmp_path / "talk.flac"
    soundfile.write(path, samples, SAMPLE_RATE)
    found = vm.diarize(path, num_speakers=2, regions=reference)
    error = vm.metrics.diarization_error(reference, found)
    assert error.rate < 0.05


def test_speech_is_found_and_bounded_by_the_recording(tmp_path: Path) -> None:
    samples, reference = conversation([0, 1, 0], seed=2)
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.stack((samples, samples), axis=1), SAMPLE_RATE)
    found = vm.diarize(path)
    spoken = found.get_timeline().support()
    assert spoken.duration() > 0.5 * reference.get_timeline().support().duration()
    assert spoken.extent().end <= len(samples) / SAMPLE_RATE + 1e-3


@pytest.mark.parametrize("seconds", [0.3, 0.02, 5.0])
def test_silence_and_noise_have_no_speakers(seconds: float) -> None:
    quiet = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    noise = (0.05 * np.random.default_rng(0).standard_normal(len(quiet))).astype(np.float32)
    for samples in (quiet, noise):
        assert not vm.diarize(samples, sample_rate=SAMPLE_RATE).labels()
