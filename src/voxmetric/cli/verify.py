"""`voxmetric verify`: are two voices one speaker's? A pair of recordings, or a whole list of pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from voxmetric.precision import Request

if TYPE_CHECKING:
    from voxmetric.scoring.verification import Verification
    from voxmetric.speaker_model import SpeakerModel

SAME, DIFFERENT, UNDECIDED = 0, 1, 2


def verify(
    recordings: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    /,
    *,
    enrol: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    test: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    model: str = "default",
    threshold: float | None = None,
    trials: Path | None = None,
    table: Path | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    precision: Request = "float32",
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compare two voices: the score, the calibrated ratio, the decision and what speaks against trusting it.

    Exit code 0: the same speaker; 1: different ones; 2: an error, or nothing to decide by. A list of pairs that has
    been scored ends with 0 whatever the answers; recordings of it that cannot be read are told and their pairs left
    without a score, and only a list of which no pair can be compared is an error.

    Example: `voxmetric verify a.wav b.wav --model runs/best`

    Example: `voxmetric verify --enrol a.wav b.wav --test c.wav`

    Example: `voxmetric verify --trials pairs.txt --table utterances.csv --output scores.csv`

    Parameters
    ----------
    recordings
        Two recordings, one of each voice.
    enrol
        Recordings of one voice, instead.
    test
        Recordings of the other voice.
    model
        Folder that `voxmetric train` or `convert` wrote, or the name of a model that comes with the package.
    threshold
        What the same speaker must reach: a log-likelihood ratio where the model is calibrated, else a cosine. Without
        it the threshold kept with the model decides (see `voxmetric threshold`).
    trials
        Pairs to score: a trial list (its labels are not looked at), or `enrol test` lines.
    table
        Table of the utterances that the pairs name; without one they are paths, seen from the list's folder.
    output
        File for the pairs' scores: `*.csv` with ratios, decisions and what could not be read, others as `enrol test
        score` lines.
    precision
        In which the model computes: `bfloat16` takes less time on processors that are faster in it and changes the
        scores slightly; `auto` is bfloat16 on those and float32 elsewhere.
    quiet
        No progress bar.
    json
        Print the result as JSON.
    """
    from voxmetric.errors import InputError
    from voxmetric.speaker_model import load_model

    if trials is not None:
        if recordings or enrol or test or output is None:
            raise InputError("expected --trials with --output and without recordings")
        _verify_list(load_model(model, precision=precision), trials, table, output, threshold, quiet=quiet, json=json)
        return
    if table is not None or output is not None:
        raise InputError("expected --table and --output with --trials only")
    one, other = _two_voices(recordings or [], enrol or [], test or [])
    found = load_model(model, precision=precision).verify(one, other, threshold=threshold)
    _print(found, json=json)
    if found.same_speaker is None:
        raise SystemExit(UNDECIDED)
    raise SystemExit(SAME if found.same_speaker else DIFFERENT)


def _two_voices(recordings: list[Path], enrol: list[Path], test: list[Path]) -> tuple[list[Path], list[Path]]:
    from voxmetric.errors import InputError

    if len(recordings) == 2 and not (enrol or test):
        return recordings[:1], recordings[1:]
    if not recordings and enrol and test:
        return enrol, test
    raise InputError(
        f"expected two recordings, or --enrol and --test with one or more each, found {len(recordings)} recordings, "
        f"{len(enrol)} for --enrol and {len(test)} for --test"
    )


def _print(found: Verification, *, json: bool) -> None:
    import dataclasses
    import sys

    import msgspec

    if json:
        print(msgspec.json.encode(dataclasses.asdict(found)).decode())
        return
    ratio = found.log_likelihood_ratio
    print(f"score: {found.score:.4f} (cosine)")
    if ratio is not None:
        print(f"log-likelihood ratio: {ratio:+.2f}")
    if found.same_speaker is not None:
        relation = ">=" if found.same_speaker else "<"
        answer = "same speaker" if found.same_speaker else "different speakers"
        reached = found.score if ratio is None else ratio
        print(f"decision: {answer} ({reached:.4g} {relation} {found.threshold:.4g})")
    print(f"rests on: {found.basis}" if found.same_speaker is not None else found.basis)
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _verify_list(
    model: SpeakerModel,
    trials: Path,
    table: Path | None,
    output: Path,
    threshold: float | None,
    *,
    quiet: bool,
    json: bool,
) -> None:
    import math

    import msgspec
    import numpy as np

    from voxmetric.cli.progress import progress_bar
    from voxmetric.cli.unreadable import tell_unreadable
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.errors import InputError
    from voxmetric.scoring.pair_lists import read_pairs, table_of_paths
    from voxmetric.scoring.pair_verification import verify_pairs

    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"expected a threshold that is a finite number, found {threshold}")
    pairs = read_pairs(trials)
    everything = table_of_paths(pairs, trials.parent) if table is None else UtteranceTable.read(table)
    pairs.indices(everything.ids)  # unknown ids are an error now, not after everything has been embedded
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("embedding", total=len(pairs.ids), note="")
        found = verify_pairs(
            model, everything, pairs, threshold=threshold, on_progress=lambda done: bar.update(task, completed=done)
        )
    found.write(output)
    num_scored = int(found.scored.sum())
    num_same = None if found.same_speaker is None else int(np.count_nonzero(found.same_speaker))
    told = {
        "output": str(output),
        "pairs": len(pairs),
        "scored": num_scored,
        "same_speaker": num_same,
        "threshold": found.threshold,
        "basis": found.basis,
        "precision": model.precision,
        "unreadable": found.unreadable,
    }
    tell_unreadable(found.unreadable)
    if json:
        print(msgspec.json.encode(told).decode())
        return
    left = f", {len(pairs) - num_scored} have a recording that cannot be read" if num_scored < len(pairs) else ""
    print(f"{output}: {num_scored} pairs scored{left}")
    if num_same is not None:
        print(f"same speaker: {num_same}, different speakers: {num_scored - num_same}")
    print(f"rests on: {found.basis}" if num_same is not None else found.basis)
