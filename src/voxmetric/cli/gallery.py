"""`voxmetric gallery`: who is enrolled, and changes to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from voxmetric.precision import Request

if TYPE_CHECKING:
    from voxmetric.identification.cohort import Cohort
    from voxmetric.identification.gallery import Gallery


def gallery(
    place: str,
    action: Literal["list", "show", "update", "remove", "cohort", "index"] = "list",
    name: str | None = None,
    recordings: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    /,
    *,
    table: Path | None = None,
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    most_unreadable: float = 0.05,
    clear: Annotated[bool, Parameter(negative="")] = False,
    precision: Request = "float32",
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """List the people of a gallery, show, update or remove one, keep a cohort of strangers, or index many people.

    Example: `voxmetric gallery gallery/`

    Example: `voxmetric gallery gallery/ remove "Anna Berg"`

    Example: `voxmetric gallery gallery/ cohort --table utterances.csv --split train`

    Parameters
    ----------
    place
        Folder of the gallery, or a collection on a Qdrant server, http://HOST:6333/COLLECTION.
    action
        `list` everybody with the number of their recordings; `show` a person's recordings; `update`: put new recordings
        in the place of a person's; `remove` a person and all their recordings; `cohort`: keep the recordings of
        --table, of people who are not enrolled, to tell strangers by (`voxmetric identify --false-alarm`), or say what
        is kept; `index`: build the approximate index
        that makes searching hundreds of thousands of people fast (extra `ann`), and measure its recall.
    name
        The person to show, update or remove.
    recordings
        For `update`.
    table
        For `cohort`: table of utterances, which takes the place of a cohort that is there.
    split
        Only the table's utterances of this split.
    where
        COLUMN=VALUE, only the table's utterances that have it; may be given several times.
    most_unreadable
        Share of the table's recordings that may be skipped because they cannot be read; more end with an error.
    clear
        For `cohort`: forget it.
    precision
        For `update` and `cohort`: in which the model computes. `bfloat16` takes less time on processors that are
        faster in it and changes the scores slightly; `auto` is bfloat16 on those and float32 elsewhere.
    quiet
        No progress bar.
    json
        Print as JSON.
    """
    import msgspec

    from voxmetric.errors import InputError
    from voxmetric.identification.gallery import Gallery

    if (action in ("show", "update", "remove")) != (name is not None):
        raise InputError(f"expected a name with show, update and remove only, found {action} and {name!r}")
    if (action == "update") != bool(recordings):
        raise InputError("expected recordings with update, and only there")
    if (table is not None or clear) and action != "cohort":
        raise InputError(f"expected --table and --clear with cohort only, found {action}")
    if table is None and (split is not None or where):
        raise InputError("expected --split and --where with --table only")
    if table is not None and clear:
        raise InputError("expected --table or --clear, found both: a new cohort takes the place of the old one")
    with Gallery.open(place, precision=precision) as opened:
        told: dict[str, Any]
        if action == "cohort":
            unreadable: dict[str, str] = {}
            if clear:
                opened.remove_cohort()
            if table is not None:
                unreadable = _keep_cohort(opened, table, split, where, most_unreadable, quiet=quiet)
            kept = opened.cohort
            told = {"speakers": kept.num_speakers, "recordings": len(kept), "unreadable": unreadable}
            lines = [_cohort_line(kept, place)]
        elif action == "index":
            recall = opened.build_index()
            told = {"people": recall.people, "recall_at_1": recall.at_1, "recall_at_5": recall.at_5}
            lines = [
                f"{recall.people} people indexed; of {recall.queries} searches with mixed voices the best was found in "
                f"{recall.at_1:.1%}, and {recall.at_5:.1%} of the best five"
            ]
        elif name is None:
            people = opened.people()
            told = {"people": people, "model": opened.model.fingerprint, "model_source": opened.model.source}
            lines = [f"{person}: {count}" for person, count in people.items()]
            lines.append(f"{len(people)} people, {sum(people.values())} recordings; model {opened.model.source}")
        elif action == "remove":
            opened.remove(name)
            told = {"removed": name, "people": len(opened)}
            lines = [f"{name}: removed; {len(opened)} people in {place}"]
        else:
            if action == "update":
                opened.update(name, recordings)
            told = {"name": name, "recordings": opened.recordings(name)}
            lines = [f"{name}: {recording}" for recording in told["recordings"]]
    print(msgspec.json.encode(told).decode() if json else "\n".join(lines))


def _keep_cohort(
    gallery: Gallery, path: Path, split: str | None, where: list[str] | None, most_unreadable: float, *, quiet: bool
) -> dict[str, str]:
    from voxmetric.cli.progress import progress_bar
    from voxmetric.cli.selection import select_utterances
    from voxmetric.cli.unreadable import tell_unreadable
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.identification.enrolment import keep_cohort

    table = select_utterances(UtteranceTable.read(path), split, where)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("embedding", total=len(table), note="")
        unreadable = keep_cohort(
            gallery, table, most_unreadable=most_unreadable, on_progress=lambda done: bar.update(task, completed=done)
        )
    tell_unreadable(unreadable)
    return unreadable


def _cohort_line(kept: Cohort, place: str) -> str:
    from voxmetric.scoring.thresholds import RULE_OF_THREE

    if not len(kept):
        return f"no cohort of people who are not enrolled in {place}"
    told = f"{len(kept)} recordings of {kept.num_speakers} people who are not enrolled, kept with {place}"
    if kept.num_speakers <= RULE_OF_THREE:
        return f"{told}: too few for any false-alarm rate"
    return f"{told}: enough for false-alarm rates from {100 * RULE_OF_THREE / kept.num_speakers:.2g} % on"
