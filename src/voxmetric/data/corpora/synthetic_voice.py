"""A small formant synthesiser: voices that differ as speakers do, saying nothing.

A train of glottal pulses excites four parallel resonators, which follow a random sequence of vowels; a resonator
answers a pulse with a damped sinusoid (Klatt, 1980, "Software for a cascade/parallel formant synthesizer"). It is
no model of a human being. It is there to have data with the right structure: traits that stay with a speaker
(pitch, length of the vocal tract, vowels of their own, brightness, breathiness, tempo), which vary a little between
recordings, and conditions that belong to the recording alone (words, microphone, noise, level).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

_FRAME = 80  # samples: the resonators move in steps of 5 ms
_RESPONSE = 320  # samples: a pulse rings for 20 ms

# First four formants in Hz of eight vowels of a tract of average length, rounded; after Peterson and Barney (1952).
_VOWELS = np.array(
    [
        [300, 2500, 3200, 3800],
        [430, 2200, 2800, 3700],
        [570, 2000, 2650, 3700],
        [720, 1850, 2550, 3650],
        [780, 1200, 2550, 3600],
        [610, 920, 2550, 3500],
        [460, 1100, 2400, 3500],
        [340, 950, 2350, 3500],
    ],
    dtype=np.float64,
)
_BANDWIDTHS = np.array([70.0, 100.0, 140.0, 220.0])


@dataclass(frozen=True)
class Voice:
    """The traits of one synthetic speaker.

    Attributes:
        pitch: mean fundamental frequency in Hz.
        vowels: (8, 4) formants in Hz.
        bandwidths: (4,) widths of the resonances in Hz.
        tilt: fall of the resonances' level in dB an octave.
        breathiness: level of the noise from the glottis against the pulses.
        jitter: irregularity of the pulses, as a share of the period.
        tempo: vowels a second.
        liveliness: range of the intonation, as a share of the pitch.
    """

    pitch: float
    vowels: NDArray[np.float64]
    bandwidths: NDArray[np.float64]
    tilt: float
    breathiness: float
    jitter: float
    tempo: float
    liveliness: float


def draw_voice(rng: np.random.Generator) -> Voice:
    """A new speaker; shorter vocal tracts, with higher resonances, tend to go with higher voices.

    The spread between speakers, against that between recordings in `speak`, makes a task that is neither trivial nor
    impossible: a small x-vector trained for a minute had an equal error rate of 11 to 12 % on speakers it did not know.
    """
    shortness = rng.uniform(-1.0, 1.0)
    tract = np.exp(0.10 * shortness + 0.08 * rng.standard_normal())
    return Voice(
        pitch=150.0 * np.exp(0.45 * shortness + 0.15 * rng.standard_normal()),
        vowels=_VOWELS * tract * np.exp(0.10 * rng.standard_normal(4) + 0.03 * rng.standard_normal(_VOWELS.shape)),
        bandwidths=_BANDWIDTHS * np.exp(0.4 * rng.standard_normal(4)),
        tilt=rng.uniform(1.0, 8.0),
        breathiness=np.exp(rng.uniform(np.log(0.01), np.log(0.2))),
        jitter=rng.uniform(0.003, 0.03),
        tempo=rng.uniform(4.0, 7.0),
        liveliness=rng.uniform(0.03, 0.15),
    )


def speak(voice: Voice, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """One recording (T,) float32 of a voice, T = 16,000 times the seconds to the nearest 5 ms, no sample beyond 1.

    What is said, the mood (pitch, tempo, effort), the microphone, the noise and the level are drawn each time.
    """
    num_frames = round(seconds * SAMPLE_RATE / _FRAME)
    formants, loudness = _articulate(voice, num_frames, rng)
    pulses = _pulses(voice, num_frames, rng)
    frames = pulses // _FRAME
    strengths = loudness[frames] * np.exp(0.1 * rng.standard_normal(len(pulses)))
    responses = _responses(formants[frames], voice, rng) * strengths[:, None].astype(np.float32)
    places = pulses[:, None] + np.arange(_RESPONSE)
    num_samples = num_frames * _FRAME
    voiced = np.bincount(places.ravel(), responses.ravel(), num_samples + _RESPONSE)[:num_samples].astype(np.float64)
    breath = _breath(responses, loudness, rng)
    return _record(voiced + voice.breathiness * breath * (_rms(voiced) / _rms(breath)), rng)


def _articulate(
    voice: Voice, num_frames: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Formants in Hz (F, 4) and loudness (F,) of each frame: vowels gliding into each other, and some pauses."""
    tempo = voice.tempo * np.exp(0.15 * rng.standard_normal())
    typical = SAMPLE_RATE / _FRAME / tempo
    lengths = typical * rng.uniform(0.5, 1.5, size=int(2 * num_frames / typical) + 2)
    place = np.searchsorted(np.cumsum(lengths), np.arange(num_frames), side="right")
    spoken = voice.vowels[rng.integers(len(voice.vowels), size=len(lengths))]
    spoken = spoken * np.exp(0.01 * rng.standard_normal() + 0.01 * rng.standard_normal(spoken.shape))
    loud = np.exp(0.3 * rng.standard_normal(len(lengths))) * (rng.random(len(lengths)) > 0.15)
    glide = np.hanning(14) / np.hanning(14).sum()
    formants = np.stack([_smooth(track, glide) for track in spoken[place].T], axis=1)
    return formants.astype(np.float32), _smooth(loud[place], glide)


def _pulses(voice: Voice, num_frames: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The samples (P,) at which the glottis closes: the whole numbers that the integrated pitch passes."""
    seconds = np.arange(num_frames + 1) * _FRAME / SAMPLE_RATE
    waves = rng.uniform(0.3, 2.5, size=3)[:, None] * seconds + rng.random((3, 1))
    intonation = np.sin(2.0 * np.pi * waves).sum(axis=0) - 0.5 * seconds
    pitch = voice.pitch * np.exp(0.05 * rng.standard_normal() + voice.liveliness * intonation)
    cycles = np.cumsum(pitch) * _FRAME / SAMPLE_RATE
    times = np.interp(np.arange(1.0, cycles[-1]), cycles, seconds)
    times += voice.jitter / voice.pitch * rng.standard_normal(len(times))
    pulses: NDArray[np.int64] = np.clip(times * SAMPLE_RATE, 0, num_frames * _FRAME - 1).astype(np.int64)
    return pulses


def _responses(formants: NDArray[np.float32], voice: Voice, rng: np.random.Generator) -> NDArray[np.float32]:
    """What the resonators (P, 4), in Hz, make of one pulse each: sums of damped sinusoids (P, 320)."""
    seconds = np.arange(_RESPONSE, dtype=np.float32) / SAMPLE_RATE
    decay = np.exp(-np.pi * voice.bandwidths[:, None] * seconds).astype(np.float32)
    tilt = voice.tilt + 1.0 * rng.standard_normal()
    levels = 10.0 ** (-tilt / 20.0 * np.log2(formants / formants[:, :1])).astype(np.float32)
    ringing = np.sin(np.float32(2.0 * np.pi) * formants[:, :, None] * seconds)
    responses: NDArray[np.float32] = np.einsum("pf,ft,pft->pt", levels, decay, ringing)
    return responses


def _breath(
    responses: NDArray[np.float32], loudness: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Noise from the glottis (T,), coloured by the mean resonance."""
    envelope = np.repeat(loudness, _FRAME)
    size = len(envelope) + _RESPONSE
    noise = rng.standard_normal(len(envelope)) * envelope
    return np.fft.irfft(np.fft.rfft(noise, size) * np.fft.rfft(responses.mean(axis=0), size), size)[: len(envelope)]


def _record(waveform: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """The voice through a microphone that tilts the spectrum, in noise, at some level."""
    octaves = np.log2(np.fft.rfftfreq(len(waveform), 1.0 / SAMPLE_RATE).clip(100.0) / 1000.0)
    heard = np.fft.irfft(np.fft.rfft(waveform) * 10.0 ** (rng.uniform(-3.0, 3.0) * octaves / 20.0), len(waveform))
    noise = rng.standard_normal(len(waveform))
    heard += noise * _rms(heard) / _rms(noise) * 10.0 ** (-rng.uniform(15.0, 40.0) / 20.0)
    level = 10.0 ** (rng.uniform(-35.0, -20.0) / 20.0)
    heard *= min(level / _rms(heard), 0.99 / np.abs(heard).max())
    return heard.astype(np.float32)


def _smooth(track: NDArray[np.float64], window: NDArray[np.float64]) -> NDArray[np.float64]:
    before = len(window) // 2
    padded = np.pad(track, (before, len(window) - 1 - before), mode="edge")
    return np.convolve(padded, window, mode="valid")


def _rms(waveform: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(waveform)))) or 1.0
