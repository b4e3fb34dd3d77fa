"""`voxmetric threshold`: which threshold? One for a wanted error rate or for given costs, on the user's own pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from voxmetric.precision import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.metrics.bootstrap import Interval
    from voxmetric.scoring.model_calibration import ModelCalibration
    from voxmetric.scoring.thresholds import Recommendation, Target


def threshold(
    system: Path,
    /,
    *,
    table: Path | None = None,
    trials: Path | None = None,
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    false_accept: float | None = None,
    false_reject: float | None = None,
    prior: float | None = None,
    cost_miss: float = 1.0,
    cost_false_accept: float = 1.0,
    resamples: int = 1000,
    save: Annotated[bool, Parameter(negative="")] = False,
    precision: Request = "float32",
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Recommend a threshold, with what it can be expected to do for other speakers.

    Example: `voxmetric threshold runs/best --table utterances.csv --split dev --false-accept 0.01 --save`

    Example: `voxmetric threshold runs/best --trials pairs.txt --prior 0.01 --cost-false-accept 10`

    Parameters
    ----------
    system
        A model's folder, a file of embeddings (*.safetensors), or a text file of `enrol test score` lines.
    table
        Table of utterances, which says who speaks in them; without it, speakers are told from the pairs of --trials.
    trials
        Labelled pairs; without them all pairs of the table's utterances, or a balanced draw where they are too many.
    split
        Only the utterances of this split.
    where
        COLUMN=VALUE, only the utterances that have it; may be given several times.
    false_accept
        Share of pairs of different speakers that may be accepted, such as 0.01.
    false_reject
        Share of pairs of one speaker that may be rejected.
    prior
        Probability that two voices are one speaker's: the least expected cost is sought.
    cost_miss
        With --prior, cost of rejecting the same speaker.
    cost_false_accept
        With --prior, cost of accepting another speaker.
    resamples
        How often the speakers are resampled for the intervals.
    save
        Keep the threshold in the model's folder, with a calibration if it has none, for `voxmetric verify`.
    precision
        In which the model computes: `bfloat16` takes less time on processors that are faster in it and changes the
        scores slightly; `auto` is bfloat16 on those and float32 elsewhere.
    quiet
        No progress bar.
    json
        Print the result as JSON.
    """
    import dataclasses

    import msgspec
    import numpy as np

    from voxmetric.cli.progress import progress_bar
    from voxmetric.errors import InputError
    from voxmetric.scoring.systems import open_system
    from voxmetric.scoring.thresholds import recommend_threshold

    target = _target(false_accept, false_reject, prior, cost_miss, cost_false_accept)
    if save and not system.is_dir():
        raise InputError(f"--save keeps the threshold in a model's folder, and there is no folder {system}")
    utterances, pairs = _trials(table, trials, split, where)
    used = utterances.take(utterances.indices(pairs.ids))
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("scoring", total=len(used), note="")
        scores = open_system(system, used, lambda done: bar.update(task, completed=done), precision=precision)(pairs)
    _, speakers = used.speaker_codes()
    enrol, test = (speakers[side] for side in pairs.indices(used.ids))
    found = recommend_threshold(scores, pairs.labels, enrol, test, target, num_resamples=resamples)
    ratios, calibrated = _ratios(system, scores, pairs, np.array(dataclasses.astuple(found.threshold)))
    if json:
        of_ratio = dict(zip(("value", "low", "high"), ratios.tolist(), strict=True))
        told = dataclasses.asdict(found) | {"log_likelihood_ratio": of_ratio, "calibration": calibrated}
        print(msgspec.json.encode(told).decode())
    else:
        _print(found, ratios, calibrated, target, pairs)
    if save:
        if not found.enough_data:
            raise InputError(f"nothing saved: {found.cautions[0]}")
        path = _calibration(system, utterances, pairs, scores, found).write(system)
        if not json:
            print(f"saved: {path}")


def _target(
    false_accept: float | None,
    false_reject: float | None,
    prior: float | None,
    cost_miss: float,
    cost_false_accept: float,
) -> Target:
    from voxmetric.errors import InputError
    from voxmetric.scoring.thresholds import CostTarget, ErrorTarget

    given = [value for value in (false_accept, false_reject, prior) if value is not None]
    if len(given) != 1:
        raise InputError(f"expected one of --false-accept, --false-reject and --prior, found {len(given)} of them")
    if prior is not None:
        return CostTarget(prior, cost_miss, cost_false_accept)
    return ErrorTarget("false_accept" if false_accept is not None else "false_reject", given[0])


def _trials(
    table: Path | None, trials: Path | None, split: str | None, where: list[str] | None
) -> tuple[UtteranceTable, TrialList]:
    from voxmetric.cli.selection import select_utterances
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.errors import InputError
    from voxmetric.scoring.pair_lists import table_of_paths
    from voxmetric.training.subsets import pairs_of

    if table is None:
        if trials is None or split is not None or where is not None:
            raise InputError(
                "expected --table, or --trials with labelled pairs of recordings and no --split or --where"
            )
        labelled = TrialList.read(trials)
        return table_of_paths(labelled, trials.parent), labelled
    utterances = select_utterances(UtteranceTable.read(table), split, where)
    pairs = pairs_of(utterances, seed=0) if trials is None else TrialList.read(trials)
    pairs.indices(utterances.ids)  # unknown ids are an error now, not after everything has been embedded
    return utterances, pairs


def _ratios(
    system: Path, scores: NDArray[np.floating], pairs: TrialList, thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.float64], str]:
    """Log-likelihood ratios (K,) of thresholds (K,), and by which calibration: the model's, by which `verify` goes."""
    from voxmetric.scoring.calibration import LogisticCalibration
    from voxmetric.scoring.systems import kept_calibration

    kept = kept_calibration(system)
    if kept is None or kept.needs_qualities:
        return LogisticCalibration.fit(scores, pairs.labels).apply(thresholds), "logistic, fitted on the same trials"
    return kept.apply(thresholds), kept.describe()


def _calibration(
    folder: Path, table: UtteranceTable, pairs: TrialList, scores: NDArray[np.floating], found: Recommendation
) -> ModelCalibration:
    """The model's calibration, or one fitted on these trials, with the threshold."""
    import dataclasses

    from voxmetric.errors import InputError
    from voxmetric.scoring.calibration import LogisticCalibration
    from voxmetric.scoring.model_calibration import ModelCalibration, Threshold, describe_trials
    from voxmetric.speaker_model import load_model

    model = load_model(folder)
    calibration = model.calibration
    if calibration is None:
        calibration = ModelCalibration(
            method="logistic",
            map=LogisticCalibration.fit(scores, pairs.labels),
            model=model.fingerprint,
            fitted_on=describe_trials(table, pairs, prior=0.5),
        )
    if calibration.needs_qualities:
        raise InputError(
            f"nothing saved: the calibration in {folder} weighs the recordings' qualities, so that no threshold on "
            "the score equals one on its ratio; calibrate with `--calibration logistic`"
        )
    score = found.threshold.value
    ratio = float(calibration.apply([score])[0])
    if ((calibration.apply(scores) >= ratio) != (scores.astype("float64") >= score)).any():
        raise InputError(
            f"nothing saved: the calibration in {folder} gives scores on both sides of the threshold one ratio, so "
            "that no ratio parts them; calibrate with `--calibration logistic`"
        )
    chosen = f"{found.target}, on {len(pairs):,} trials ({pairs.name})"
    kept = Threshold(ratio, score, chosen)
    return dataclasses.replace(calibration, threshold=kept)


def _print(
    found: Recommendation, ratios: NDArray[np.float64], calibrated: str, target: Target, pairs: TrialList
) -> None:
    from voxmetric.scoring.thresholds import CostTarget

    def percent(interval: Interval) -> str:
        return f"{100 * interval.value:.2f} % [{100 * interval.low:.2f}, {100 * interval.high:.2f}]"

    threshold = found.threshold
    print(f"target: {found.target}")
    print(f"trials: {pairs.name}, {pairs.num_target:,} of one speaker, {len(pairs) - pairs.num_target:,} of two")
    print(f"threshold on the score: {threshold.value:.4f} [{threshold.low:.4f}, {threshold.high:.4f}]")
    print(f"as a log-likelihood ratio: {ratios[0]:+.2f} [{ratios[1]:+.2f}, {ratios[2]:+.2f}] ({calibrated})")
    if isinstance(target, CostTarget):
        print(f"Bayes' rule cuts trusted ratios at {target.bayes_threshold:+.2f}")
    print(f"there, false accepts: {percent(found.false_accept)}")
    print(f"there, false rejects: {percent(found.false_reject)}")
    print(found.interval)
    for caution in found.cautions:
        print(caution)
    print(
        f'Which threshold? Say "same speaker" from a score of {threshold.value:.4f} on: of 1,000 pairs of different '
        f"speakers about {1000 * found.false_accept.value:.0f} are then accepted, of 1,000 pairs of one speaker about "
        f"{1000 * found.false_reject.value:.0f} rejected."
        + ("" if found.enough_data else " These data are too few to promise that.")
    )
