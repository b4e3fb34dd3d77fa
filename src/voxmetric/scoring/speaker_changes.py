"""A warning where one recording seems to hold several voices, before it is taken for one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxmetric.speaker_model import SpeakerModel

WINDOW_SECONDS = 2.0
FEWEST_WINDOWS, MOST_WINDOWS = 4, 24
"""Below the first nothing is said; longer recordings are sampled evenly."""
CONSERVATIVE_SCORE = 0.0
"""Cosine between the two halves' voices below which a model without calibration is believed."""
CONSERVATIVE_RATIO = 0.0
"""Log-likelihood ratio, likewise, of a calibrated model. On clips of read English of 8 s and more 18 voices alone gave
2.2 or more with the default model; of 18 clips made of two voices 7 fell below 0, and half gave 0.9 or more: many pass
unnoticed."""


def suspect_several_speakers(model: SpeakerModel, source: Any, name: str, sample_rate: int) -> list[str]:
    """The warning, if there is reason for it.

    Windows spread over the recording are embedded and parted into two groups of two windows or more by their main
    direction of variation; where the groups' mean voices are as unlike as those of two speakers, it is suspected.
    Parting one voice so makes it look less like itself, so the limits are where one voice hardly ever comes.

    Args:
        model: embeds the windows.
        source: a path or samples (T,).
        name: of the recording, for the sentence.
        sample_rate: of samples.
    """
    windows = _windows(source, sample_rate, model.sample_rate)
    if len(windows) < FEWEST_WINDOWS:
        return []
    score = two_voices_score(model.embed_waveforms(windows).astype(np.float64))
    if score is None:
        return []
    calibration = model.calibration
    if calibration is None or calibration.needs_qualities:
        suspected = score < CONSERVATIVE_SCORE
    else:
        suspected = float(calibration.apply(np.array([score]))[0]) < CONSERVATIVE_RATIO
    return [f"{name} seems to hold several speakers: its windows fall into two unlike voices"] if suspected else []


def two_voices_score(embeddings: NDArray[np.float64]) -> float | None:
    """Cosine of the mean voices of two groups of unit-length window embeddings (W, D).

    None where one of the groups has a single window, an outlier rather than a voice.
    """
    centred = embeddings - embeddings.mean(axis=0)
    direction = np.linalg.svd(centred, full_matrices=False)[2][0]
    one = centred @ direction > 0
    if min(np.count_nonzero(one), np.count_nonzero(~one)) < 2:
        return None
    voices = embeddings[one].mean(axis=0), embeddings[~one].mean(axis=0)
    return float(voices[0] @ voices[1] / (np.linalg.norm(voices[0]) * np.linalg.norm(voices[1])))


def _windows(source: Any, sample_rate: int, model_rate: int) -> list[NDArray[np.float32]]:
    """Windows at the model's rate, spread evenly, without those that are near silence next to the loudest."""
    from voxmetric.audio.reading import info, read

    if isinstance(source, np.ndarray):
        import soxr

        samples = soxr.resample(source, sample_rate, model_rate) if sample_rate != model_rate else source
        seconds = len(samples) / model_rate
    else:
        seconds = info(source).duration
    count = min(MOST_WINDOWS, int(seconds / WINDOW_SECONDS))
    if count < FEWEST_WINDOWS:
        return []
    size = round(WINDOW_SECONDS * model_rate)
    starts = np.linspace(0.0, seconds - WINDOW_SECONDS, count)
    if isinstance(source, np.ndarray):
        windows = [samples[int(start * model_rate) :][:size].astype(np.float32) for start in starts]
    else:
        path = os.fspath(source)
        windows = [read(path, start=start, duration=WINDOW_SECONDS, sample_rate=model_rate) for start in starts]
    powers = np.array([np.mean(np.square(window, dtype=np.float64)) for window in windows])
    return [window for window, power in zip(windows, powers, strict=True) if power > 0.01 * powers.max()]
