"""`voxmetric enroll`: one person, or everybody in a table, into a gallery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from voxmetric.precision import Request

if TYPE_CHECKING:
    from voxmetric.identification.enrolment import Enrolment
    from voxmetric.identification.gallery import Gallery

DEFAULT_MODEL = "default"


def enroll(
    gallery: str,
    name: str | None = None,
    recordings: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    /,
    *,
    model: str | None = None,
    table: Path | None = None,
    split: str | None = None,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    first: int | None = None,
    most_unreadable: float = 0.05,
    precision: Request = "float32",
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Enrol a person with one recording or several, or everybody in a table. What it says is done survives a crash.

    An interrupted table goes on where it stopped when the command is given again. A recording enrolled again replaces
    itself; `voxmetric gallery GALLERY update` replaces all of a person's.

    Example: `voxmetric enroll gallery/ "Anna Berg" a.wav b.wav --model runs/best`

    Example: `voxmetric enroll gallery/ --table utterances.csv --split dev --first 3`

    Parameters
    ----------
    gallery
        Folder of the gallery, made when there is none, or a collection on a Qdrant server, http://HOST:6333/COLLECTION.
    name
        The person's name: any text.
    recordings
        Recordings of that person alone.
    model
        Folder that `voxmetric train` or `convert` wrote, or the name of a model that comes with the package. A gallery
        remembers its model and takes no other.
    table
        Table of utterances to enrol instead, each for its `speaker`.
    split
        Only the utterances of this split.
    where
        COLUMN=VALUE, only the utterances that have it; may be given several times.
    first
        Only so many recordings of each speaker, the first ones.
    most_unreadable
        Share of the table's recordings that may be skipped because they cannot be read; more end with an error.
    precision
        In which the model computes: `bfloat16` takes less time on processors that are faster in it and changes the
        scores slightly; `auto` is bfloat16 on those and float32 elsewhere.
    quiet
        No progress bar.
    json
        Print what was done as JSON.
    """
    import msgspec

    from voxmetric.errors import InputError
    from voxmetric.identification.gallery import Gallery
    from voxmetric.identification.stores import is_gallery

    if (table is None) == (name is None) or (name is not None and not recordings):
        raise InputError("expected a name and recordings, or --table, found neither or both")
    if table is None and (split is not None or where or first is not None):
        raise InputError("expected --split, --where and --first with --table only")
    if model is None and not is_gallery(gallery):
        model = DEFAULT_MODEL
    with Gallery.open(gallery, model=model, precision=precision) as opened:
        if table is not None:
            done = _enroll_table(opened, table, split, where, first, most_unreadable, quiet=quiet)
            told = {"enrolled": done.enrolled, "already": done.already, "unreadable": done.unreadable}
            sentence = f"{done.enrolled} recordings enrolled, {done.already} were already"
            if done.unreadable:
                sentence += f", {len(done.unreadable)} cannot be read ({', '.join(list(done.unreadable)[:10])})"
        else:
            opened.enroll(name or "", recordings)
            told = {"name": name, "recordings": opened.recordings(name or "")}
            sentence = f"{name}: enrolled with {len(opened.recordings(name or ''))} recordings"
        people = len(opened)
    if json:
        print(msgspec.json.encode({"gallery": gallery, "people": people, **told}).decode())
    else:
        print(f"{sentence}; {people} people in {gallery}")


def _enroll_table(
    gallery: Gallery,
    path: Path,
    split: str | None,
    where: list[str] | None,
    first: int | None,
    most_unreadable: float,
    *,
    quiet: bool,
) -> Enrolment:
    from voxmetric.cli.progress import progress_bar
    from voxmetric.cli.selection import select_utterances
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.identification.enrolment import enroll_table, first_of_each

    table = select_utterances(UtteranceTable.read(path), split, where)
    if first is not None:
        table = first_of_each(table, first)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("enrolling", total=len(table), note="")
        return enroll_table(
            gallery, table, most_unreadable=most_unreadable, on_progress=lambda done: bar.update(task, completed=done)
        )
