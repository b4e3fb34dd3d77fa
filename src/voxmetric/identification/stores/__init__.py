"""Where a gallery keeps its people: a folder by default, a server when that is outgrown; one file each."""

from __future__ import annotations

from voxmetric.identification.stores.store import GalleryStore, ModelIdentity


def open_store(place: str, model: ModelIdentity | None) -> GalleryStore:
    """The store at `place`, made when there is none and `model` tells what it is for.

    Args:
        place: a folder, or `http://host:6333/collection` for a Qdrant server.
        model: of the embeddings; None to open what is there, whatever its model.

    Raises:
        InputError: if there is none and no model is given, or it is of another model, damaged or not a gallery.
    """
    if place.startswith(("http://", "https://")):
        from voxmetric.identification.stores.qdrant import QdrantStore

        return QdrantStore.connect(place, model)
    from voxmetric.identification.stores.sqlite import SqliteStore

    return SqliteStore(place, model)
