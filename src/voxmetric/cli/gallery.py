"""`voxmetric gallery`: who is enrolled, and changes to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter


def gallery(
    place: str,
    action: Literal["list", "show", "update", "remove", "index"] = "list",
    name: str | None = None,
    recordings: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    /,
    *,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """List the people of a gallery, show, update or remove one, or index many for fast search.

    Example: `voxmetric gallery gallery/`

    Example: `voxmetric gallery gallery/ remove "Anna Berg"`

    Parameters
    ----------
    place
        Folder of the gallery, or a collection on a Qdrant server, http://HOST:6333/COLLECTION.
    action
        `list` everybody with the number of their recordings; `show` a person's recordings; `update`: put new recordings
        in the place of a person's; `remove` a person and all their recordings; `index`: build the approximate index
        that makes searching hundreds of thousands of people fast (extra `ann`), and measure its recall.
    name
        The person to show, update or remove.
    recordings
        For `update`.
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
    with Gallery.open(place) as opened:
        told: dict[str, Any]
        if action == "index":
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
