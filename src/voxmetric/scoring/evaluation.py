"""What scored trials show: every figure with its interval, and paired tests where there are several systems."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.bayes_error import bayes_error_curve
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.det import det_curve
from voxmetric.metrics.detection_cost import bayes_threshold
from voxmetric.metrics.equal_error import EER_DEFINITIONS
from voxmetric.metrics.mcnemar import DecisionDifference, compare_decisions
from voxmetric.metrics.paired import PairedDifference, compare_replicates, resolution_caution
from voxmetric.metrics.resampled_metrics import ActDcf, Cllr, Eer, Metric, MinCllr, MinDcf

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.scoring.model_calibration import CalibrationMap

DET_POINTS = 500
PRIORS = (0.01, 0.05)
"""Prior probabilities of a target trial at which detection costs are reported."""
DECISION_PRIOR = PRIORS[0]
"""The one at which systems' decisions are compared."""
LOG_ODDS = np.linspace(-9.0, 9.0, 121)
"""Where the Bayes error rate is drawn: priors from one in eight thousand upwards."""


@dataclass(frozen=True)
class SystemScores:
    """One system's scores of the T trials.

    Attributes:
        scores: (T,), higher meaning more alike.
        llrs: (T,) natural log-likelihood ratios, where the scores are calibrated.
        calibration: how the ratios came about, in words.
        scoring: how the scores came about, in words.
        development: (D,) scores of the trials that the calibration was fitted on here.
        fitted: the calibration fitted on them.
    """

    scores: NDArray[np.floating]
    llrs: NDArray[np.floating] | None = None
    calibration: str = "none"
    scoring: str = "as given"
    development: NDArray[np.floating] | None = None
    fitted: CalibrationMap | None = None


@dataclass(frozen=True)
class SystemFigures:
    """What the trials show of one system.

    Attributes:
        name: of the system.
        calibration: how its log-likelihood ratios came about, in words.
        metrics: figure to value and interval; `cllr` and `act_dcf` only of calibrated scores.
        det: `false_alarm` and `miss` rates of the DET curve.
        scoring: how its scores came about, in words.
    """

    name: str
    calibration: str
    metrics: dict[str, Interval]
    det: dict[str, list[float]]
    scoring: str = "as given"
    bayes_error: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """What the trials show of one or several systems.

    Attributes:
        trials: name of the trial list.
        trials_sha256: hash of the list itself.
        num_target: trials of one speaker.
        num_nontarget: trials of two speakers.
        num_speakers: speakers in the trials.
        num_utterances: utterances in the trials.
        eer_definition: one sentence.
        interval: one sentence: what was resampled, how often, the level.
        systems: in the order given.
        pairs: every two systems compared by EER, and every two calibrated ones by actDCF at `DECISION_PRIOR`.
        decisions: every two calibrated systems compared by their decisions at that prior's Bayes threshold.
        notes: what a reader must know, one sentence each.
    """

    trials: str
    trials_sha256: str
    num_target: int
    num_nontarget: int
    num_speakers: int
    num_utterances: int
    eer_definition: str
    interval: str
    systems: list[SystemFigures]
    pairs: list[PairedDifference]
    decisions: list[DecisionDifference]
    notes: list[str]


def evaluate_systems(
    table: UtteranceTable,
    trials: TrialList,
    systems: Mapping[str, SystemScores],
    *,
    definition: str = "interpolated",
    num_resamples: int = 1000,
) -> Evaluation:
    """Evaluate systems on the same trials and the same resamples of their speakers.

    Args:
        table: who speaks in the utterances of the trials.
        trials: the T trials.
        systems: scores by the name of the system.
        definition: of the equal error rate, a key of `metrics.EER_DEFINITIONS`.
        num_resamples: how often the speakers are resampled.

    Raises:
        InputError: for trials whose utterances are not in the table or whose labels contradict it, scores that do not
            fit the trials or are infinite ratios, or an unknown definition.
    """
    by_eer = Eer(definition)
    _, speakers = table.speaker_codes()
    enrol, test = (speakers[side] for side in trials.indices(table.ids))
    bootstrap = SpeakerBootstrap(trials.labels, enrol, test, num_resamples=num_resamples)
    figures = [_figures(name, system, trials, bootstrap, by_eer) for name, system in systems.items()]
    values = {one.name: one.metrics["eer"].value for one in figures}
    replicates = {name: bootstrap.replicates(system.scores, by_eer) for name, system in systems.items()}
    pairs = compare_replicates(bootstrap, values, replicates, by_eer.name) if len(systems) > 1 else []
    ratios = {name: system.llrs for name, system in systems.items() if system.llrs is not None}
    pairs += _pairs_by_cost(bootstrap, figures, ratios) if len(ratios) > 1 else []
    cautions = (bootstrap.caution, resolution_caution(bootstrap, len(pairs)) if pairs else None)
    return Evaluation(
        trials=trials.name,
        trials_sha256=trials.sha256,
        num_target=trials.num_target,
        num_nontarget=len(trials) - trials.num_target,
        num_speakers=bootstrap.num_speakers,
        num_utterances=len(trials.ids),
        eer_definition=EER_DEFINITIONS[definition],
        interval=bootstrap.describe(),
        systems=figures,
        pairs=pairs,
        decisions=_decisions(bootstrap, ratios),
        notes=[caution for caution in cautions if caution],
    )


def _figures(
    name: str, system: SystemScores, trials: TrialList, bootstrap: SpeakerBootstrap, by_eer: Eer
) -> SystemFigures:
    if system.llrs is not None and not np.isfinite(system.llrs).all():
        raise InputError(
            f"expected finite log-likelihood ratios of {name}, found infinite ones: their cost has no bounds"
        )
    of_scores: dict[str, Metric] = {"eer": by_eer}
    of_scores |= {f"min_dcf_{prior}": MinDcf(prior) for prior in PRIORS}
    of_scores |= {"min_cllr": MinCllr()}
    of_ratios: dict[str, Metric] = {"cllr": Cllr()}
    of_ratios |= {f"act_dcf_{prior}": ActDcf(prior) for prior in PRIORS}
    metrics = {key: bootstrap.interval(system.scores, metric) for key, metric in of_scores.items()}
    if system.llrs is not None:
        metrics |= {key: bootstrap.interval(system.llrs, metric) for key, metric in of_ratios.items()}
    curve = det_curve(system.scores, trials.labels, DET_POINTS)
    det = {"false_alarm": curve.false_alarm.tolist(), "miss": curve.miss.tolist()}
    bayes_error = {}
    if system.llrs is not None:
        of_priors = bayes_error_curve(system.llrs, trials.labels, LOG_ODDS)
        bayes_error = {name: values.tolist() for name, values in vars(of_priors).items()}
    return SystemFigures(name, system.calibration, metrics, det, system.scoring, bayes_error)


def _pairs_by_cost(
    bootstrap: SpeakerBootstrap, figures: list[SystemFigures], ratios: Mapping[str, NDArray[np.floating]]
) -> list[PairedDifference]:
    name = f"act_dcf_{DECISION_PRIOR}"
    values = {one.name: one.metrics[name].value for one in figures if one.name in ratios}
    replicates = {system: bootstrap.replicates(llrs, ActDcf(DECISION_PRIOR)) for system, llrs in ratios.items()}
    return compare_replicates(bootstrap, values, replicates, name)


def _decisions(bootstrap: SpeakerBootstrap, ratios: Mapping[str, NDArray[np.floating]]) -> list[DecisionDifference]:
    threshold = bayes_threshold(DECISION_PRIOR, 1.0, 1.0)
    return [
        compare_decisions(bootstrap, ratios[a] >= threshold, ratios[b] >= threshold, names=(a, b))
        for a, b in itertools.combinations(ratios, 2)
    ]
