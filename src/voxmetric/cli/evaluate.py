"""`voxmetric evaluate`: the figures of one system, or of several on the same trials with paired tests."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter

from voxmetric.cli.calibration_options import CalibrationOptions
from voxmetric.cli.diarization_options import DiarizationOptions
from voxmetric.cli.scoring_options import ScoringOptions, refuse_shared_speakers
from voxmetric.precision import Request

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.scoring.evaluation import Evaluation, SystemScores
    from voxmetric.scoring.scoring_plan import ScoringPlan
    from voxmetric.scoring.systems import Scorer

ALL_PAIRS = "all-pairs"
COSINE = ScoringOptions()
UNCALIBRATED = CalibrationOptions()
NO_DIARIZATION = DiarizationOptions()


def evaluate(
    systems: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    /,
    *,
    table: Path | None = None,
    trials: str = ALL_PAIRS,
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    scoring: Annotated[ScoringOptions, Parameter(name="*")] = COSINE,
    calibration: Annotated[CalibrationOptions, Parameter(name="*")] = UNCALIBRATED,
    eer_definition: str = "interpolated",
    diarization: Annotated[DiarizationOptions, Parameter(name="*")] = NO_DIARIZATION,
    resamples: int | None = None,
    precision: Request = "float32",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Evaluate speaker verification (EER, minDCF, minCllr, Cllr) or, with --reference, diarization (DER, JER).

    Every figure has its interval, and two systems or more are compared on the same trials or recordings by paired
    tests. A model whose folder holds a calibration is judged with it, unless another is asked for.

    Example: `voxmetric evaluate runs/a runs/b --table utterances.csv --split test --calibrate-on dev --output report/`

    Example: `voxmetric evaluate runs/a --table utterances.csv --trials trials.txt --backend plda --train-on train
    --normalize as_norm --cohort train --cohort-by speaker --top 300`

    Example: `voxmetric evaluate --reference truth.rttm --hypothesis a.rttm b.rttm --collar 0.25 --skip-overlap`

    Parameters
    ----------
    systems
        Each a model's folder, a file of embeddings (*.safetensors), or a text file of `enrol test score` lines.
    table
        Table of utterances, which says who speaks in them.
    trials
        Trial list (`1 enrol test`, `enrol test target|nontarget`, or CSV), or `all-pairs` of the utterances chosen.
    split
        Only the utterances of this split.
    where
        COLUMN=VALUE, only the utterances that have it; may be given several times.
    scoring
        How embeddings are scored.
    calibration
        How scores become log-likelihood ratios.
    eer_definition
        `interpolated`, `nearest_larger` or `convex_hull`.
    diarization
        Who spoke when, in place of systems and a table.
    resamples
        How often the speakers (1,000 times unless given) or the recordings (10,000 times) are resampled for intervals.
    precision
        In which models embed: `bfloat16` takes less time on processors that are faster in it and changes the scores
        slightly; `auto` is bfloat16 on those and float32 elsewhere. The results tell which it was.
    output
        Folder for `results.json` and, of verification, `det.svg`, `calibration.svg`, and every system's scores and
        fitted back-end.
    quiet
        No progress bar.
    json
        Print the results as JSON.
    """
    import msgspec
    from rich.console import Console

    from voxmetric.cli.evaluate_diarization import evaluate_diarization
    from voxmetric.cli.selection import select_utterances
    from voxmetric.data.trials import TrialList, all_pairs
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.errors import InputError
    from voxmetric.metrics.equal_error import check_definition
    from voxmetric.reports.evaluation_table import evaluation_table
    from voxmetric.scoring.evaluation import evaluate_systems
    from voxmetric.scoring.systems import fused_scores

    if diarization.check(given=bool(systems or table)):
        evaluate_diarization(diarization, resamples=resamples, output=output, json=json)
        return
    if not systems or table is None:
        raise InputError(
            "expected systems and the --table that says who speaks, or --reference and --hypothesis for diarization"
        )
    calibration.check(len(systems))
    check_definition(eer_definition)
    everything = select_utterances(UtteranceTable.read(table), None, where)
    chosen = select_utterances(everything, split, None)
    trial_list = all_pairs(chosen) if trials == ALL_PAIRS else TrialList.read(trials)
    plan = scoring.plan(everything)
    chosen = plan.enrolments.with_models(chosen)
    # Unknown ids are an error now, not after everything has been embedded.
    evaluated = chosen.take(chosen.indices(trial_list.ids))
    split_apart = calibration.calibrate_on
    development = None if split_apart is None else _development_trials(everything, split_apart, evaluated)
    refuse_shared_speakers(plan, evaluated)
    if development is not None:
        refuse_shared_speakers(plan, everything.take(everything.indices(development.ids)))
    scores = _scores(
        systems, everything, trial_list, development, plan, calibration, precision, quiet=quiet, output=output
    )
    if development is not None and calibration.fuse:
        scores["fusion"] = fused_scores(scores, development)
    evaluation = evaluate_systems(
        chosen, trial_list, scores, definition=eer_definition, num_resamples=resamples or 1000
    )
    if output is not None:
        _write(output, evaluation, trial_list, scores)
    if json:
        print(msgspec.json.encode(evaluation).decode())
        return
    Console().print(evaluation_table(evaluation))
    if output is not None:
        print(f"results: {output / 'results.json'}")


def system_names(paths: list[Path]) -> list[str]:
    """The name of each system: the last part of its path, or all of it where two share that.

    Raises:
        InputError: for a system given twice.
    """
    from voxmetric.errors import InputError

    if len(set(paths)) < len(paths):
        raise InputError("expected different systems, found one of them twice")
    names = [path.resolve().stem for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _development_trials(table: UtteranceTable, split: str, evaluated: UtteranceTable) -> TrialList:
    """Trials within a split to calibrate on, after a look that none of their speakers is evaluated."""
    from voxmetric.errors import InputError
    from voxmetric.training.subsets import pairs_of

    development = table.where(split=split)
    shared = sorted(set(development.speakers) & set(evaluated.speakers))
    if shared:
        raise InputError(
            f"{len(shared)} speakers of the trials, {shared[0]!r} for one, are in split {split!r} too: "
            "calibrate on other speakers than those evaluated"
        )
    pairs = pairs_of(development, seed=0)
    pairs.name = f"{pairs.name} of split {split!r}"
    return pairs


def _scores(
    systems: list[Path],
    table: UtteranceTable,
    trials: TrialList,
    development: TrialList | None,
    plan: ScoringPlan,
    calibration: CalibrationOptions,
    precision: Request,
    *,
    quiet: bool,
    output: Path | None,
) -> dict[str, SystemScores]:
    """The scores of each system by its name."""
    from voxmetric.cli.progress import progress_bar
    from voxmetric.errors import InputError
    from voxmetric.scoring.model_calibration import keep_map
    from voxmetric.scoring.quality import qualities_of_trials
    from voxmetric.scoring.systems import kept_calibration, open_system, system_scores

    names = system_names(systems)
    if calibration.save_calibration and (plan.rescores or not all(path.is_dir() for path in systems)):
        raise InputError("--save-calibration keeps a calibration of cosines in the folders of models: name those alone")
    models = list(plan.enrolments.recordings)
    ids = np.union1d(np.setdiff1d(trials.ids, models), plan.ids())
    if development is not None:
        ids = np.union1d(ids, development.ids)
    used = table.take(table.indices(ids))
    scores = {}
    with progress_bar(quiet=quiet) as bar:
        for name, path in zip(names, systems, strict=True):
            task = bar.add_task(name, total=len(used), note="")
            scorer = open_system(path, used, lambda done, task=task: bar.update(task, completed=done), plan, precision)  # type: ignore[misc]
            scores[name] = system_scores(
                scorer,
                trials,
                development,
                are_llrs=calibration.llr,
                method=calibration.calibration,
                qualities=partial(qualities_of_trials, table),
                kept=kept_calibration(path, plan),
            )
            fitted = scores[name].fitted
            if calibration.save_calibration and fitted is not None and development is not None:
                keep_map(path, fitted, table, development)
            if output is not None and plan.training is not None:
                _keep_backend(scorer, output / "back-ends" / f"{Path(name).name}.safetensors")
            bar.update(task, completed=len(used))
    return scores


def _keep_backend(scorer: Scorer, path: Path) -> None:
    from voxmetric.scoring.backends.storage import FittedBackEnd, save_backend
    from voxmetric.scoring.trial_scorer import TrialScorer

    if isinstance(scorer, TrialScorer) and isinstance(scorer.backend, FittedBackEnd):
        save_backend(scorer.backend, path)


def _write(output: Path, evaluation: Evaluation, trials: TrialList, scores: dict[str, SystemScores]) -> None:
    import msgspec

    from voxmetric.files import write_text
    from voxmetric.reports.calibration_file import write_calibration_drawing
    from voxmetric.reports.det_file import write_det_drawing
    from voxmetric.scoring.score_files import write_scores

    for name, system in scores.items():
        write_scores(output / "scores" / f"{Path(name).name}.txt", trials, system.scores)
    write_det_drawing(output / "det.svg", {system.name: system.det for system in evaluation.systems})
    trusted = {system.name: system.bayes_error for system in evaluation.systems if system.bayes_error}
    if trusted:
        write_calibration_drawing(output / "calibration.svg", trusted)
    write_text(output / "results.json", msgspec.json.format(msgspec.json.encode(evaluation)).decode() + "\n")
