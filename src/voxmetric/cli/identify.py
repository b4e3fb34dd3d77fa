"""`voxmetric identify`: who of a gallery speaks in each recording, or none of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.identification.decision import Identification
    from voxmetric.identification.gallery import Gallery
    from voxmetric.scoring.embeddings import EmbeddingSet

CANNOT_REJECT = (
    "no threshold: this ranks the enrolled people and cannot tell a stranger from them; find one with "
    "`voxmetric threshold` or --evaluate, from recordings of known speakers, and give it as --threshold"
)


def identify(
    gallery: str,
    recordings: Annotated[list[Path], Parameter(consume_multiple=True)],
    /,
    *,
    model: str | None = None,
    top: int = 5,
    threshold: float | None = None,
    prior: float = 0.5,
    cosine: Annotated[bool, Parameter(negative="")] = False,
    pooling: Literal["mean", "max"] = "mean",
    evaluate: Annotated[bool, Parameter(negative="")] = False,
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    resamples: int = 1000,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Say for each recording who of the gallery speaks, or that it is nobody enrolled ("unknown").

    Exit code 0 whoever it is, a stranger included; 2 for errors.

    Example: `voxmetric identify gallery/ x.wav y.wav --threshold 0.45`

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
    quiet
        No progress bar.
    json
        Print the answers as JSON.
    """
    import msgspec

    from voxmetric.cli.embed import read_recordings, select_utterances
    from voxmetric.identification.gallery import Gallery

    table = select_utterances(read_recordings(recordings), split, where)
    with Gallery.open(gallery, model=model) as opened:
        calibration = None if cosine else opened.calibration
        if evaluate:
            from voxmetric.identification.evaluation import evaluate_gallery, probes_of

            table = probes_of(opened, table)
        embeddings = _embed(opened, table, quiet=quiet)
        if evaluate:
            found = evaluate_gallery(
                opened,
                embeddings,
                table.speakers,
                threshold=threshold,
                calibration=calibration,
                prior=prior,
                pooling=pooling,
                num_resamples=resamples,
            )
            print(msgspec.json.encode(found).decode() if json else "\n".join(found.lines()))
            return
        answers = opened.identify_embeddings(
            embeddings.vectors, top=top, threshold=threshold, calibration=calibration, prior=prior, pooling=pooling
        )
    if json:
        told: list[dict[str, Any]] = [
            {"recording": str(name), **msgspec.to_builtins(answer)}
            for name, answer in zip(embeddings.ids, answers, strict=True)
        ]
        print(msgspec.json.encode(told).decode())
    else:
        for name, answer in zip(embeddings.ids, answers, strict=True):
            print(f"{name}: {_sentence(answer)}")
    if answers and answers[0].decision == "ranked":
        print(f"voxmetric: {CANNOT_REJECT}", file=sys.stderr)


def _embed(gallery: Gallery, table: UtteranceTable, *, quiet: bool) -> EmbeddingSet:
    from voxmetric.cli.progress import progress_bar
    from voxmetric.scoring.extraction import embed_table

    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("embedding", total=len(table), note="")
        return embed_table(
            gallery.embedder, table, on_progress=lambda done: bar.update(task, completed=done)
        ).embeddings


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
    return f"{who} (threshold {answer.threshold:.3g}; {listed or 'nobody is enrolled'})"
