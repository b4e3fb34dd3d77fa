"""Where a gallery keeps its people: a folder by default, a server when that is outgrown; one file each."""

from __future__ import annotations

from pathlib import Path

from voxmetric.identification.stores.store import GalleryStore, ModelIdentity


def is_gallery(place: str) -> bool:
    """Whether there is a gallery at `place`; arguments and errors as `open_store`."""
    if _on_a_server(place):
        from voxmetric.identification.stores.qdrant import QdrantStore

        return QdrantStore.is_gallery(place)
    from voxmetric.identification.stores.sqlite_file import FILE

    return (Path(place) / FILE).is_file()


def open_store(place: str, model: ModelIdentity | None) -> GalleryStore:
    """The store at `place`, made when there is none and `model` tells what it is for.

    Args:
        place: a folder, or `http://host:6333/collection` for a Qdrant server.
        model: of the embeddings; None to open what is there, whatever its model.

    Raises:
        InputError: if there is none and no model is given, or it is of another model, damaged or not a gallery.
    """
    if _on_a_server(place):
        from voxmetric.identification.stores.qdrant import QdrantStore

        return QdrantStore.connect(place, model)
    from voxmetric.identification.stores.sqlite import SqliteStore

    return SqliteStore(place, model)


def _on_a_server(place: str) -> bool:
    return place.startswith(("http://", "https://"))
