"""Are two voices one speaker's? The answer for a pair of recordings, what it rests on, and what speaks against it."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.quality import RecordingQuality, file_quality, measure_quality, trial_qualities
from voxmetric.scoring.speaker_changes import suspect_several_speakers

if TYPE_CHECKING:
    from voxmetric.scoring.model_calibration import ModelCalibration
    from voxmetric.speaker_model import Source, SpeakerModel

SHORT_SECONDS = 1.0
QUIET_LEVEL = -45.0
NOISY_RATIO = 10.0
CLIPPED_ABOVE = 0.001

HOW_TO_DECIDE = (
    "no decision: the model has no calibration and no threshold was given; `voxmetric threshold MODEL --table TABLE "
    "--false-accept 0.01 --save` finds one from recordings of known speakers"
)


@dataclass(frozen=True)
class Verification:
    """The answer for two voices.

    Attributes:
        score: cosine of the two embeddings, in [-1, 1].
        log_likelihood_ratio: natural; None without a calibration.
        same_speaker: the decision; None where there is nothing to decide by.
        threshold: what was to be reached: a log-likelihood ratio where there is one, else a cosine.
        basis: what the decision rests on, in words.
        warnings: what speaks against trusting it, one sentence each.
    """

    score: float
    log_likelihood_ratio: float | None
    same_speaker: bool | None
    threshold: float | None
    basis: str
    warnings: tuple[str, ...] = ()


def verify(
    model: SpeakerModel,
    enrol: Source | Sequence[Source],
    test: Source | Sequence[Source],
    *,
    threshold: float | None = None,
    sample_rate: int | None = None,
) -> Verification:
    """Compare two voices, each heard in one recording or several; several are averaged, whatever their lengths.

    Args:
        model: its calibration, if it has one, makes the ratio and the decision.
        enrol: paths or samples (T,) of one voice.
        test: of the other.
        threshold: a log-likelihood ratio where the model is calibrated, else a cosine; by default the one that is
            kept with the model, and where there is none the ratio 0.
        sample_rate: of samples given as arrays; by default the model's own.

    Raises:
        InputError: if a recording cannot be read or has no sound in it, or the threshold is not finite.
    """
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"expected a threshold that is a finite number, found {threshold}")
    sides = _sources(enrol), _sources(test)
    if not all(sides):
        raise InputError("expected recordings of two voices, found none of one of them")
    sources = [*sides[0], *sides[1]]
    embeddings = model.embed(sources, sample_rate=sample_rate).astype(np.float64)
    rate = sample_rate or model.sample_rate
    qualities = [_quality(source, rate) for source in sources]
    voices = [part.mean(axis=0) for part in np.split(embeddings, [len(sides[0])])]
    score = float(voices[0] @ voices[1] / (np.linalg.norm(voices[0]) * np.linalg.norm(voices[1])))
    calibration = model.calibration
    ratio = None if calibration is None else _ratio(calibration, score, qualities, len(sides[0]))
    least, basis = decision_rule(calibration, threshold)
    reached = score if ratio is None else ratio
    return Verification(
        score=score,
        log_likelihood_ratio=ratio,
        same_speaker=None if least is None else reached >= least,
        threshold=least,
        basis=basis,
        warnings=tuple(
            warning
            for number, (source, quality) in enumerate(zip(sources, qualities, strict=True))
            for warning in (
                *_warnings(_name(source, number), quality, calibration),
                *_narrow_band(source, _name(source, number), rate, model.sample_rate),
                *suspect_several_speakers(model, source, _name(source, number), rate),
            )
        ),
    )


def decision_rule(calibration: ModelCalibration | None, threshold: float | None) -> tuple[float | None, str]:
    """The threshold to decide at, if any, and what the decision rests on."""
    scale = "cosine" if calibration is None else "log-likelihood ratio"
    origin = "" if calibration is None else f"; calibration: {calibration.describe()}"
    if threshold is not None:
        return threshold, f"the {scale} and the threshold given{origin}"
    if calibration is None:
        return None, HOW_TO_DECIDE
    if calibration.threshold is not None:
        chosen = calibration.threshold
        return (
            chosen.log_likelihood_ratio,
            f"the {scale} and the threshold kept with the model ({chosen.chosen}){origin}",
        )
    return 0.0, f"the {scale} and the threshold 0: both answers as likely beforehand, both errors as bad{origin}"


def _ratio(calibration: ModelCalibration, score: float, qualities: list[RecordingQuality], num_enrol: int) -> float:
    """The ratio of one score; of several recordings of a voice, the measures are those of all of them together."""
    together = [_together(qualities[:num_enrol]), _together(qualities[num_enrol:])]
    measures = trial_qualities(together, np.array([0]), np.array([1])) if calibration.needs_qualities else None
    return float(calibration.apply(np.array([score]), measures)[0])


def _together(recordings: list[RecordingQuality]) -> RecordingQuality:
    return RecordingQuality(
        seconds=sum(one.seconds for one in recordings),
        level=float(np.mean([one.level for one in recordings])),
        signal_to_noise=float(np.mean([one.signal_to_noise for one in recordings])),
        clipped=float(np.mean([one.clipped for one in recordings])),
    )


def _warnings(name: str, quality: RecordingQuality, calibration: ModelCalibration | None) -> list[str]:
    found = []
    fitted = None if calibration is None else calibration.fitted_on.shortest_seconds
    if quality.seconds < SHORT_SECONDS:
        found.append(f"{name} is too short: {quality.seconds:.2f} s; errors rise steeply below {SHORT_SECONDS:g} s")
    if fitted is not None and quality.seconds < 0.9 * fitted:
        found.append(
            f"{name} is shorter ({quality.seconds:.2f} s) than the recordings that the model was calibrated on "
            f"({fitted:.2f} s and more): its log-likelihood ratio may mislead"
        )
    if quality.level < QUIET_LEVEL:
        found.append(f"{name} is too quiet: its speech is at {quality.level:.0f} dB of full scale")
    if quality.signal_to_noise < NOISY_RATIO and quality.seconds >= SHORT_SECONDS:
        found.append(
            f"{name} is noisy: its loud parts stand only {quality.signal_to_noise:.0f} dB above its quiet ones"
        )
    if quality.clipped > CLIPPED_ABOVE:
        found.append(f"{name} is clipped: {quality.clipped:.2%} of its samples are at full scale")
    return found


def _narrow_band(source: Any, name: str, array_rate: int, model_rate: int) -> list[str]:
    """A warning where a recording has a lower rate than the model's: what is above half of it, is missing."""
    from voxmetric.audio.reading import info

    rate = array_rate if isinstance(source, np.ndarray) else info(os.fspath(source)).sample_rate
    if rate >= model_rate:
        return []
    return [f"{name} has {rate:,} samples a second, the model expects {model_rate:,}: the upper band is missing"]


def _sources(given: Source | Sequence[Source]) -> list[Any]:
    import torch

    several = [given] if isinstance(given, str | os.PathLike | np.ndarray | torch.Tensor) else given
    return [each.detach().cpu().numpy() if isinstance(each, torch.Tensor) else each for each in several]


def _name(source: Any, number: int) -> str:
    return f"recording {number + 1}" if isinstance(source, np.ndarray) else Path(source).name


def _quality(source: Any, sample_rate: int) -> RecordingQuality:
    if isinstance(source, np.ndarray):
        samples: NDArray[np.float32] = source.astype(np.float32, copy=False)
        return measure_quality([samples], sample_rate)
    return file_quality(os.fspath(source))
