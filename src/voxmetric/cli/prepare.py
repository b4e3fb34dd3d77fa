"""`voxmetric prepare`: from recordings to a checked utterance table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.data.preparation import Preparation

_EXAMPLES = 3
_RECORDINGS_IN_BATCH = 200


def prepare(
    source: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    kind: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    audio_folder: Path | None = None,
    channel: str | None = None,
    minimum_seconds: float = 0.5,
    split: str | None = None,
    trials: int = 0,
    trials_split: str | None = None,
    rttm: Annotated[bool, Parameter(negative="")] = False,
    seed: int = 0,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Read a corpus, decode every recording once, report what is wrong with it and write its utterance table.

    Left out: recordings that are unreadable, empty, too short or hold values that are not finite. Only reported:
    recordings that are shorter than stated, silent or clipped, the same content twice, and names of speakers that
    look like one. The report is written beside the table as `NAME-scan.json`, trials as `NAME-trials.txt`.

    Example: `voxmetric prepare recordings/ -o table.csv --split train=0.8,dev=0.2 --trials 10000 --trials-split dev`

    Parameters
    ----------
    source
        A folder with one sub-folder for each speaker, a CSV or Parquet table, a list of `speaker path` lines,
        a Kaldi directory, Lhotse manifests, the folder of a corpus that `kind` names, or a folder of recordings of
        unknown speakers, to train without labels.
    output
        The table to write, `*.csv` or `*.parquet`.
    kind
        What the source is, if that is not clear: `table`, `folder`, `voxceleb` (a list), `voxceleb_release` (its
        folders), `kaldi`, `lhotse`, `voxconverse`, with the extra `corpora` `tedlium`, `callhome` or `ami`, or
        `unlabelled`, which has to be said.
    where
        COLUMN=VALUE that utterances must have, such as `corpus=librispeech`; may be given several times.
    audio_folder
        What relative paths in the source start from; by default the folder of the source.
    channel
        `mix` or the number of the channel, from 0, to take of files with several; by default what the source
        says, else `mix`.
    minimum_seconds
        Shorter recordings are left out.
    split
        Draw splits that share no speaker, as NAME=SHARE,...; the shares are of speakers and add up to 1.
    trials
        Draw this many trials, half of them of one speaker.
    trials_split
        Draw the trials from this split only.
    rttm
        Write who speaks when in the recordings as `NAME-SPLIT.rttm`, with `NAME-SPLIT.uem`.
    seed
        Of the draws.
    quiet
        No progress bar.
    json
        Print the summary as JSON.
    """
    from voxmetric.cli.progress import progress_bar
    from voxmetric.cli.selection import select_utterances
    from voxmetric.data.preparation import Plan
    from voxmetric.data.preparation import prepare as prepare_corpus
    from voxmetric.data.scanning import Thresholds
    from voxmetric.data.utterances import UtteranceTable

    if trials_split is not None and not trials:
        raise InputError("--trials-split needs --trials: how many to draw")
    plan = Plan(channel, None if split is None else _fractions(split), trials, trials_split, seed, rttm)
    corpus = select_utterances(UtteranceTable.read(source, kind=kind, audio_folder=audio_folder), None, where)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("scanning", total=len(corpus), note="")
        prepared = prepare_corpus(
            corpus,
            output,
            plan,
            Thresholds(minimum_seconds=minimum_seconds),
            progress=lambda done: bar.update(task, completed=done),
        )
    if json:
        import msgspec

        print(msgspec.json.encode(_summary(prepared)).decode())
    else:
        _show(prepared)


def _fractions(text: str) -> dict[str, float]:
    """`train=0.8,dev=0.2` as a dictionary."""
    parts = [part.partition("=") for part in text.split(",")]
    try:
        fractions = {name.strip(): float(share) for name, _, share in parts}
    except ValueError:
        fractions = {}
    if len(fractions) < len(parts) or "" in fractions:
        raise InputError(f"--split: expected NAME=SHARE,... with every name once, found {text!r}")
    return fractions


def _summary(prepared: Preparation) -> dict[str, Any]:
    import numpy as np

    table, report = prepared.table, prepared.report
    _, codes = table.speaker_codes()
    names, places = np.unique(table.splits.astype(np.str_), return_inverse=True)
    return {
        "table": str(prepared.table_path),
        "report": str(prepared.report_path),
        "trials": None if prepared.trials_path is None else str(prepared.trials_path),
        "rttm": [str(path) for path in prepared.rttm_paths],
        "trials_sha256": None if prepared.trials is None else prepared.trials.sha256,
        "speakers": int(codes.max()) + 1,
        "speakers_with_one_utterance": int((np.bincount(codes) == 1).sum()),
        "utterances": len(table),
        "left_out": report.num_scanned - len(table),
        "hours": round(report.seconds / 3600, 4),
        "splits": {
            str(name) or "none": {
                "speakers": len(np.unique(codes[places == place])),
                "utterances": int((places == place).sum()),
                "hours": round(float(table.durations[places == place].sum()) / 3600, 4),
            }
            for place, name in enumerate(names)
        },
        "sample_rates": report.sample_rates,
        "num_channels": report.num_channels,
        "channels_read": sorted(set(table.column("channel"))),
        "findings": report.counts(),
    }


def _show(prepared: Preparation) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from voxmetric.data.scanning import EXCLUDED

    console, summary = Console(), _summary(prepared)
    parts = Table("split", "speakers", "utterances", "hours")
    whole = {key: summary[key] for key in ("speakers", "utterances", "hours")}
    for name, part in [*summary["splits"].items(), ("all", whole)]:
        parts.add_row(escape(name), f"{part['speakers']:,}", f"{part['utterances']:,}", f"{part['hours']:.2f}")
    console.print(parts)
    if summary["findings"]:
        findings = Table("finding", "number", "", Column("for example", overflow="fold"))
        for kind, count in summary["findings"].items():
            found = [finding for finding in prepared.report.findings if finding.kind == kind][:_EXAMPLES]
            examples = "\n".join(f"{', '.join(finding.ids)}: {finding.detail}" for finding in found)
            findings.add_row(kind, f"{count:,}", "left out" if kind in EXCLUDED else "kept", escape(examples))
        console.print(findings)
    for remark in _remarks(summary):
        print(remark)
    print(f"table: {prepared.table_path}")
    print(f"report of the scan: {prepared.report_path}")
    if prepared.trials is not None:
        print(f"trials: {prepared.trials_path}, {len(prepared.trials):,}, sha256 {summary['trials_sha256'][:12]}...")
    for path in prepared.rttm_paths:
        print(f"turns: {path}, scored regions: {path.with_suffix('.uem').name}")
    for line in _next(prepared):
        print(line)


def _next(prepared: Preparation) -> list[str]:
    """What to do with the table: compare objectives or, where all speakers are unknown, train without labels."""
    import json

    from voxmetric.data.corpora.unlabelled import UNKNOWN

    if set(prepared.table.speakers) != {UNKNOWN}:
        return [f"next: voxmetric demo --data {prepared.table_path} --output my-comparison"]
    size = min(_RECORDINGS_IN_BATCH, len(prepared.table))
    return [
        "next: voxmetric train recipe.yaml --output my-model, with these lines as recipe.yaml:",
        f"data: {{table: {json.dumps(str(prepared.table_path.resolve()), ensure_ascii=False)}, train: {{}}}}",
        "method: {name: simclr}",
        f"batches: {{kind: shuffled, size: {size}}}",
    ]


def _remarks(summary: dict[str, Any]) -> list[str]:
    """What a person ought to know about the recordings, a sentence each."""
    remarks = []
    for count, files in summary["num_channels"].items():
        if count > 1:
            channels = summary["channels_read"]
            use = "mixed to one" if channels == ["mix"] else f"read by channel {', '.join(channels)}"
            remarks.append(f"{files:,} files have {count} channels: {use}; choose with --channel")
    if len(summary["sample_rates"]) > 1:
        rates = ", ".join(f"{files:,} at {rate:,} Hz" for rate, files in summary["sample_rates"].items())
        remarks.append(f"the files differ in sample rate ({rates}): they are resampled to the model's when read")
    if summary["speakers_with_one_utterance"]:
        remarks.append(
            f"{summary['speakers_with_one_utterance']:,} speakers have one utterance: objectives that compare "
            "utterances of one speaker need two"
        )
    return remarks
