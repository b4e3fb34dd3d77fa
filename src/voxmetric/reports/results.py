"""What a comparison found, as plain data: written as JSON, rendered as HTML and as a terminal table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

Rank = Literal["best", "tie with the best", "worse than the best"]
BEST: Final = "best"
TIE: Final = "tie with the best"
WORSE: Final = "worse than the best"


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes:
        value: the point estimate.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TrialSummary:
    """Which trials were scored. `sha256` is over the list itself, so that two reports can be told apart."""

    name: str
    sha256: str
    num_target: int
    num_nontarget: int
    num_speakers: int
    num_utterances: int


@dataclass(frozen=True)
class TrainingCurve:
    """One run's history. `eer` is on the development trials and has one value for each of `eer_steps`."""

    seed: int
    steps: list[int]
    loss: list[float]
    eer_steps: list[int]
    eer: list[float]


@dataclass(frozen=True)
class Cost:
    """What one objective cost, mean over its runs.

    Attributes:
        train_seconds: wall time of one training run.
        step_milliseconds: median time of one training step, loading included.
        loss_milliseconds: median time of the objective alone, forward and backward, on the batch's embeddings.
        loss_parameters: trainable parameters of the objective (class weights and the like).
        tuning_seconds: wall time of the search over its options.
    """

    train_seconds: float
    step_milliseconds: float
    loss_milliseconds: float
    loss_parameters: int
    tuning_seconds: float


@dataclass(frozen=True)
class Objective:
    """One objective's results.

    Attributes:
        name: label in tables and figures.
        loss: registered name of the loss.
        options: the options it ran with, tuned ones included.
        seeds: the seeds of its runs.
        metrics: metric name (`eer`, `min_dcf`, `cllr`, `min_cllr`) to mean over seeds with interval.
        per_seed: for each seed, metric name to value.
        rank: `BEST`, `TIE` or `WORSE`, by EER after correction for the number of pairs.
        tuning: every setting tried: its options by name, and `development_eer` (None: it diverged).
        cost: what it cost.
        curves: one training curve for each seed.
        det: false-alarm and miss rates of the first seed's DET curve (`false_alarm`, `miss`).
        histogram: `edges` (M+1), `target` (M) and `nontarget` (M) densities of the first seed's scores.
        embedding_map: `x`, `y`, `speaker` of some evaluation utterances laid out by t-SNE, first seed.
        weights_sha256: hash of the trained weights, one for each seed.
    """

    name: str
    loss: str
    options: dict[str, Any]
    seeds: list[int]
    metrics: dict[str, Estimate]
    per_seed: list[dict[str, float]]
    rank: Rank
    tuning: list[dict[str, Any]]
    cost: Cost
    curves: list[TrainingCurve]
    det: dict[str, list[float]]
    histogram: dict[str, list[float]]
    embedding_map: dict[str, list[Any]]
    weights_sha256: list[str]


@dataclass(frozen=True)
class Pair:
    """A paired comparison of two objectives on the same trials and resamples: `difference` is `a` minus `b`."""

    a: str
    b: str
    metric: str
    difference: Estimate
    p_value: float
    p_adjusted: float
    verdict: str


@dataclass(frozen=True)
class DiarizedObjective:
    """What one objective's encoders make of a set of recordings.

    Attributes:
        name: label, as of `Objective`.
        metrics: `der`, its parts `missed`, `false_alarm` and `confusion`, `jer`, and `count_exact`, the share of
            recordings whose speakers were counted right: mean over seeds with interval.
        per_seed: for each seed, metric name to value.
        by_speakers: number of speakers in the recording, as text, to the error rate of those recordings.
        rank: `BEST`, `TIE` or `WORSE`, by error rate after correction for the number of pairs.
    """

    name: str
    metrics: dict[str, Estimate]
    per_seed: list[dict[str, float]]
    by_speakers: dict[str, Estimate]
    rank: Rank


@dataclass(frozen=True)
class DiarizedSet:
    """A set of recordings diarized with the encoders of every objective.

    Attributes:
        name: of the set.
        sha256: of the recordings' reference.
        num_recordings: how many.
        hours: reference speech that is scored, each speaker by himself.
        recordings_by_speakers: number of speakers, as text, to the number of recordings that have so many.
        conventions: what the error rate is, in words.
        system: how recordings were diarized, in words.
        interval: one sentence: what was resampled, how often, the level.
        objectives: in order of error rate.
        pairs: every pair of objectives.
        notes: what a reader must know, one sentence each.
    """

    name: str
    sha256: str
    num_recordings: int
    hours: float
    recordings_by_speakers: dict[str, int]
    conventions: str
    system: str
    interval: str
    objectives: list[DiarizedObjective]
    pairs: list[Pair]
    notes: list[str]


@dataclass(frozen=True)
class Comparison:
    """Everything a comparison report shows.

    Attributes:
        name: title of the comparison.
        synthetic: whether the voices are synthetic; said wherever a figure is shown.
        created: date and time, ISO 8601 with time zone.
        wall_seconds: time of the whole comparison, over all its sessions.
        versions: name to version of everything that matters (voxmetric, torch, python, ...).
        machine: processor, threads and device, in words.
        recipe: the resolved recipe.
        recipe_sha256: hash of the resolved recipe without its list of objectives.
        encoder: name and parameter count, in words.
        data: what was trained and tested on, in words and counts.
        trials: the trial list.
        eer_definition: one sentence.
        interval: one sentence: what was resampled, how often, the level.
        objectives: in order of EER.
        pairs: every pair of objectives.
        notes: things a reader must know (runs that failed, utterances skipped), one sentence each.
        diarization: sets of recordings that were diarized, if any.
    """

    name: str
    synthetic: bool
    created: str
    wall_seconds: float
    versions: dict[str, str]
    machine: str
    recipe: dict[str, Any]
    recipe_sha256: str
    encoder: str
    data: dict[str, Any]
    trials: TrialSummary
    eer_definition: str
    interval: str
    objectives: list[Objective]
    pairs: list[Pair]
    notes: list[str] = field(default_factory=list)
    diarization: list[DiarizedSet] = field(default_factory=list)
