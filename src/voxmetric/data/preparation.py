"""From recordings to a checked table, with splits and trials where they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voxmetric.data.reference_turns import turns_of_recordings, write_reference
from voxmetric.data.scanning import ScanReport, Thresholds, scan
from voxmetric.data.splits import split_speakers
from voxmetric.data.trials import TrialList, draw_balanced
from voxmetric.data.utterances import SUFFIXES, UtteranceTable
from voxmetric.errors import InputError


@dataclass(frozen=True)
class Plan:
    """What to do with a corpus besides scanning it.

    Attributes:
        channel: `mix`, or the number of the channel to take of every file; None keeps what the corpus says of each,
            which is `mix` where it says nothing.
        split: share of the speakers for each split to draw; None keeps the corpus's own splits.
        num_trials: balanced trials to draw; 0 for none.
        trials_split: the split to draw them from; None: all utterances.
        rttm: write who speaks when in every recording, and that all of it is scored, as the corpus has it.
        seed: of both draws.
    """

    channel: str | None = None
    split: Mapping[str, float] | None = None
    num_trials: int = 0
    trials_split: str | None = None
    seed: int = 0
    rttm: bool = False


@dataclass(frozen=True)
class Preparation:
    """What `prepare` wrote.

    Attributes:
        table: the usable utterances.
        table_path: where it was written.
        report: what the scan found.
        report_path: where it was written, as JSON.
        trials: the trials drawn, if any.
        trials_path: where they were written.
        rttm_paths: where the turns were written, for each split.
    """

    table: UtteranceTable
    table_path: Path
    report: ScanReport
    report_path: Path
    trials: TrialList | None
    trials_path: Path | None
    rttm_paths: list[Path] = field(default_factory=list)


def prepare(
    corpus: UtteranceTable,
    output: Path,
    plan: Plan | None = None,
    thresholds: Thresholds | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> Preparation:
    """Scan a corpus and write its table, the scan's report (`NAME-scan.json`) and trials (`NAME-trials.txt`) beside it.

    Turns are written as `NAME-SPLIT.rttm` and `NAME-SPLIT.uem`, or `NAME.rttm` where there are no splits, of everything
    that the corpus has, also of what the scan leaves out of the table.

    Args:
        corpus: the utterances, as `UtteranceTable.read` gives them.
        output: the table to write, `*.csv` or `*.parquet`; its column `channel` says how each file is read.
        plan: what else to do; None: nothing.
        thresholds: what counts as a finding of the scan; None: the defaults.
        progress: called with the number of utterances scanned so far.

    Raises:
        InputError: if nothing is usable, or the splits or trials cannot be drawn; nothing is written then.
    """
    plan = plan or Plan()
    if output.suffix not in SUFFIXES:
        raise InputError(f"expected a table named *.csv or *.parquet, found {output.name!r}")
    if plan.channel is not None or "channel" not in corpus.columns:
        corpus = corpus.with_column("channel", plan.channel or "mix")
    whole, _ = _divide(corpus, plan)  # what cannot be drawn is an error now, not after hours of decoding
    turns = turns_of_recordings(whole) if plan.rttm else {}
    report = scan(corpus, thresholds, progress=progress)
    table, trials = _divide(report.table, plan)
    trials_path = None
    if trials is not None:
        # Ids with blanks do not fit a list whose fields are parted by blanks.
        trials_path = output.with_name(f"{output.stem}-trials.{'csv' if trials.has_blanks else 'txt'}")
        trials.write(trials_path)
    report_path = output.with_name(f"{output.stem}-scan.json")
    report.write(report_path)
    table.write(output)
    rttm_paths = [write_reference(output, split, turns[split]) for split in turns]
    return Preparation(table, output, report, report_path, trials, trials_path, rttm_paths)


def _divide(table: UtteranceTable, plan: Plan) -> tuple[UtteranceTable, TrialList | None]:
    """The table with its splits drawn, and the trials."""
    if plan.split is not None:
        table = split_speakers(table, plan.split, plan.seed)
    if not plan.num_trials:
        return table, None
    among = table if plan.trials_split is None else table.where(split=plan.trials_split)
    return table, draw_balanced(among, plan.num_trials, plan.seed)
