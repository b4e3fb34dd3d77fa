"""`voxmetric identify`: who of a gallery speaks in each recording, or none of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from voxmetric.precision import Request

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.identification.decision import Identification
    from voxmetric.identification.gallery import Gallery
    from voxmetric.scoring.extraction import Extraction

CANNOT_REJECT = (
    "no threshold: this ranks the enrolled people and cannot tell a stranger from them; keep a cohort of strangers "
    "(`voxmetric gallery GALLERY cohort`) and give --false-alarm, or find a threshold with --evaluate and give it"
)


def identify(
    gallery: str,
    recordings: Annotated[list[Path], Parameter(consume_multiple=True)],
    /,
    *,
    model: str | None = None,
    top: int = 5,
    threshold: float | None = None,
    false_alarm: float | None = None,
    normalize: Annotated[bool, Parameter(negative="")] = False,
    prior: float = 0.5,
    cosine: Annotated[bool, Parameter(negative="")] = False,
    pooling: Literal["mean", "max"] = "mean",
    evaluate: Annotated[bool, Parameter(negative="")] = False,
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    resamples: int = 1000,
    precision: Request = "float32",
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Say for each recording who of the gallery speaks, or that it is nobody enrolled ("unknown").

    Exit code 0 whoever it is, a stranger included; 2 for errors. Recordings that cannot be read are told and passed
    over; that none can be read is an error.

    Example: `voxmetric identify gallery/ x.wav y.wav --threshold 0.45`

    Example: `voxmetric identify gallery/ x.wav --false-alarm 0.05`

    Example: `voxmetric identify gallery/ utterances.csv --split test --evaluate`

    Parameters
    ----------
    gallery
        Folder of the gallery, or a collection on a Qdrant server, http://HOST:6333/COLLECTION.
    recordings
        Recordings, or one table of utterances.
    model
        The gallery's model, where it is no longer in the folder that the gallery remembers.
    top
        How many candidates to list.
    threshold
        What the best candidate must reach: a log-likelihood ratio where the model is calibrated, else a cosine. Without
        it a calibrated model decides by the odds, and one that is not calibrated cannot reject anybody.
    false_alarm
        Instead of a threshold, the share of strangers who may be taken for somebody enrolled, such as 0.05. The
        gallery's cohort sets the threshold (see `voxmetric gallery`).
    normalize
        Decide by the cosine relative to those that the cohort has with the person and with the recording (adaptive
        S-norm), not by the cosine itself. Needs --threshold or --false-alarm.
    prior
        Probability that a voice is one of the enrolled; a calibrated model without a threshold decides by it.
    cosine
        Decide by cosines, whether or not the model is calibrated.
    pooling
        A person's score: the cosine with the `mean` of their embeddings, or the `max` over them.
    evaluate
        The table's speakers are the truth: report top-k accuracy and, at false-alarm rates, the detection and
        identification rate, with intervals. Speakers who are not enrolled are the strangers; recordings that are
        enrolled are left out.
    split
        Only the table's utterances of this split.
    where
        COLUMN=VALUE, only the table's utterances that have it; may be given several times.
    resamples
        How often the speakers are resampled for the intervals of an evaluation.
    precision
        In which the model computes: `bfloat16` takes less time on processors that are faster in it and changes the
        scores slightly; `auto` is bfloat16 on those and float32 elsewhere.
    quiet
        No progress bar.
    json
        Print the answers as JSON.
    """
    import msgspec

    from voxmetric.cli.embed import read_recordings
    from voxmetric.cli.selection import select_utterances
    from voxmetric.cli.unreadable import tell_unreadable
    from voxmetric.identification.gallery import Gallery

    table = select_utterances(read_recordings(recordings), split, where)
    with Gallery.open(gallery, model=model, precision=precision) as opened:
        opened.check_decision(threshold=threshold, false_alarm=false_alarm, normalize=normalize, pooling=pooling)
        calibration = None if cosine else opened.calibration
        if evaluate:
            from voxmetric.identification.evaluation import evaluate_gallery, probes_of

            table = probes_of(opened, table)
        extraction = _embed(opened, table, quiet=quiet)
        embeddings = extraction.embeddings
        tell_unreadable(extraction.unreadable)
        if evaluate:
            found = evaluate_gallery(
                opened,
                embeddings,
                table.speakers[table.indices(embeddings.ids.astype(object))],
                threshold=threshold,
                wanted_false_alarm=false_alarm,
                normalize=normalize,
                calibration=calibration,
                prior=prior,
                pooling=pooling,
                num_resamples=resamples,
            )
            print(msgspec.json.encode(found).decode() if json else "\n".join(found.lines()))
            return
        answers = opened.identify_embeddings(
            embeddings.vectors,
            top=top,
            threshold=threshold,
            false_alarm=false_alarm,
            normalize=normalize,
            calibration=calibration,
            prior=prior,
            pooling=pooling,
        )
    by_name = dict(zip(embeddings.ids.tolist(), answers, strict=True))
    if json:
        told: list[dict[str, Any]] = [
            {"recording": name, **msgspec.to_builtins(by_name[name])}
            if name in by_name
            else {"recording": name, "decision": "unreadable", "reason": extraction.unreadable[name]}
            for name in table.ids
        ]
        print(msgspec.json.encode(told).decode())
    else:
        for name, answer in by_name.items():
            print(f"{name}: {_sentence(answer)}")
    if answers[0].strangers is not None:
        print(f"voxmetric: {answers[0].strangers.describe()}", file=sys.stderr)
    if answers[0].decision == "ranked":
        print(f"voxmetric: {CANNOT_REJECT}", file=sys.stderr)


def _embed(gallery: Gallery, table: UtteranceTable, *, quiet: bool) -> Extraction:
    from voxmetric.cli.progress import progress_bar
    from voxmetric.scoring.extraction import embed_table

    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("embedding", total=len(table), note="")
        return embed_table(
            gallery.embedder, table, skip_unreadable=True, on_progress=lambda done: bar.update(task, completed=done)
        )


def _sentence(answer: Identification) -> str:
    """The answer, then the candidates with the figures that it rests on."""
    from voxmetric.identification.decision import UNKNOWN

    listed = ", ".join(
        f"{each.name} {each.score:.3f}"
        if each.log_likelihood_ratio is None
        else f"{each.name} {each.score:.3f} (log-likelihood ratio {each.log_likelihood_ratio:+.1f})"
        for each in answer.candidates
    )
    if answer.decision == "ranked":
        return f"ranked {listed}" if listed else "nobody is enrolled"
    who = answer.speaker if answer.decision == "identified" else UNKNOWN
    scale = (answer.threshold_on or "cosine").replace("_", " ").replace("log likelihood", "log-likelihood")
    reached = "" if answer.normalized_score is None else f", reached {answer.normalized_score:.3g}"
    return f"{who} (threshold {answer.threshold:.3g} on the {scale}{reached}; {listed or 'nobody is enrolled'})"
