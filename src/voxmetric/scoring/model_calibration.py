"""The calibration that a model carries in its folder: the map, what it was fitted on, and the threshold chosen."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError, unknown_name
from voxmetric.files import write_text
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.isotonic_calibration import IsotonicCalibration
from voxmetric.scoring.quality_calibration import QualityCalibration

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable

FILE = "calibration.json"
FORMAT = 1

CalibrationMap = LogisticCalibration | IsotonicCalibration | QualityCalibration
MAPS: MappingProxyType[str, type[CalibrationMap]] = MappingProxyType(
    {"logistic": LogisticCalibration, "isotonic": IsotonicCalibration, "logistic_quality": QualityCalibration}
)
"""Each kind of calibration by name."""


@dataclass(frozen=True)
class FittedOn:
    """The trials that a calibration was fitted on.

    Attributes:
        table_sha256: of the utterance table's rows.
        trials: name of the trial list.
        trials_sha256: of the list itself.
        num_target: trials of one speaker.
        num_nontarget: trials of two speakers.
        num_speakers: speakers in the trials.
        prior: probability of a target trial at which the fit weighed its errors; None where it has no part.
        shortest_seconds: all but one in a hundred recordings are at least as long; None where the table does not tell.
    """

    table_sha256: str
    trials: str
    trials_sha256: str
    num_target: int
    num_nontarget: int
    num_speakers: int
    prior: float | None = None
    shortest_seconds: float | None = None


def fit_map(
    method: str, scores: ArrayLike, labels: ArrayLike, qualities: ArrayLike | None = None, prior: float = 0.5
) -> CalibrationMap:
    """Fit a calibration of a kind on development trials.

    Args:
        method: a key of `MAPS`.
        scores: (T,).
        labels: (T,), 1 = same speaker.
        qualities: (T, Q) as `quality.trial_qualities` makes them, for `logistic_quality`.
        prior: at which errors are weighed; it has no part in `isotonic`.

    Raises:
        InputError: for an unknown method, or as the calibrations' `fit`.
    """
    if method not in MAPS:
        raise unknown_name("calibration", method, MAPS)
    if method == "isotonic":
        return IsotonicCalibration.fit(scores, labels)
    if method == "logistic":
        return LogisticCalibration.fit(scores, labels, prior)
    if qualities is None:
        raise InputError("expected quality measures of the trials for `logistic_quality`, found none")
    return QualityCalibration.fit(scores, labels, qualities, prior)


def apply_map(fitted: CalibrationMap, scores: ArrayLike, qualities: ArrayLike | None = None) -> NDArray[np.float64]:
    """Natural log-likelihood ratios (T,) of scores (T,), with qualities (T, Q) where the map weighs them."""
    if isinstance(fitted, QualityCalibration):
        return fitted.apply(scores, qualities)
    return fitted.apply(scores)


def describe_trials(table: UtteranceTable, trials: TrialList, prior: float | None) -> FittedOn:
    """What a calibration fitted on `trials` between utterances of `table` rests on."""
    used = table.take(table.indices(trials.ids))
    seconds = used.durations[~np.isnan(used.durations)]
    return FittedOn(
        table_sha256=table.sha256,
        trials=trials.name,
        trials_sha256=trials.sha256,
        num_target=trials.num_target,
        num_nontarget=len(trials) - trials.num_target,
        num_speakers=len(set(used.speakers)),
        prior=prior,
        shortest_seconds=float(np.percentile(seconds, 1)) if len(seconds) else None,
    )


@dataclass(frozen=True)
class Threshold:
    """Where same and different speakers are parted.

    Attributes:
        log_likelihood_ratio: natural; at least as much is the same speaker.
        score: the raw score that it was chosen at.
        chosen: how, in words.
    """

    log_likelihood_ratio: float
    score: float
    chosen: str


@dataclass(frozen=True)
class ModelCalibration:
    """A calibration with its origin.

    Attributes:
        method: a key of `MAPS`.
        map: from scores to log-likelihood ratios.
        model: fingerprint of the only model whose scores it fits.
        fitted_on: the trials.
        threshold: the one to decide at; None: at the ratio 0, which is right where both answers are equally likely
            beforehand and equally bad when wrong.
    """

    method: str
    map: CalibrationMap
    model: str
    fitted_on: FittedOn
    threshold: Threshold | None = None

    def apply(self, scores: ArrayLike, qualities: ArrayLike | None = None) -> NDArray[np.float64]:
        """Natural log-likelihood ratios (T,) of scores (T,).

        Args:
            scores: cosines of T trials.
            qualities: (T, Q) as `quality.trial_qualities` makes them; needed by a calibration with quality measures.

        Raises:
            InputError: for other shapes, NaN, or a lack of qualities.
        """
        return apply_map(self.map, scores, qualities)

    @property
    def needs_qualities(self) -> bool:
        """Whether `apply` needs the recordings' qualities."""
        return isinstance(self.map, QualityCalibration)

    def describe(self) -> str:
        """What it is and where it comes from, in words."""
        on = self.fitted_on
        return (
            f"{self.method}, kept with the model, fitted on {on.num_target + on.num_nontarget:,} trials of "
            f"{on.num_speakers:,} speakers ({on.trials})"
        )

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write `calibration.json` into a model's folder, in one step; returns its path."""
        path = Path(folder) / FILE
        write_text(path, json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=2) + "\n")
        return path


def read_calibration(folder: str | os.PathLike[str], model: str) -> ModelCalibration | None:
    """The calibration in a model's folder, None where there is none.

    Args:
        folder: of the model.
        model: the model's fingerprint.

    Raises:
        InputError: if the file is damaged, of a newer format, or belongs to another model.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] > FORMAT:
            raise InputError(f"{path} was written by a newer voxmetric (format {found['format']}): upgrade to read it")
        if found["method"] not in MAPS:
            raise unknown_name("calibration", found["method"], MAPS)
        calibration = ModelCalibration(
            method=found["method"],
            map=msgspec.convert(found["map"], MAPS[found["method"]]),
            model=found["model"],
            fitted_on=msgspec.convert(found["fitted_on"], FittedOn),
            threshold=msgspec.convert(found["threshold"], Threshold | None),
        )
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise InputError(f"{path} is damaged ({error}): remove it and calibrate the model again") from error
    if calibration.model != model:
        raise InputError(
            f"{path} belongs to another model (fingerprint {calibration.model[:12]}, this one has {model[:12]}): "
            "remove it and calibrate this model, with `voxmetric evaluate --calibrate-on SPLIT --save-calibration`"
        )
    return calibration


def keep_map(
    folder: str | os.PathLike[str], fitted: CalibrationMap, table: UtteranceTable, development: TrialList
) -> Path:
    """Keep a calibration that was fitted on a model's cosines in its folder; the threshold kept there is dropped.

    Raises:
        InputError: if there is no model in the folder, or it cannot be written to.
    """
    from voxmetric.speaker_model import load_model

    method = next(name for name, kind in MAPS.items() if isinstance(fitted, kind))
    origin = describe_trials(table, development, prior=None if method == "isotonic" else 0.5)
    return ModelCalibration(method, fitted, load_model(folder).fingerprint, origin).write(folder)
