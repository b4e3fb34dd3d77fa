"""A gallery on a Qdrant server: one collection, searched by the server (extra `qdrant`).

Each person is a point with the mean of their embeddings, each recording one more. A call is confirmed when the server
has applied it (`wait`), and how safe that is, is the server's matter. Two processes that enrol recordings of one and
the same person at the same moment may leave a mean that lacks some of them; the next enrolment of that person mends it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.recall import Recall
from voxmetric.identification.stores.store import ModelIdentity, Pooling, Ranking, Vectors

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

GALLERY, PERSON, RECORDING, COHORT = "gallery", "person", "recording", "cohort"
API_KEY = "QDRANT_API_KEY"
"""Environment variable with the key that the server asks for."""

_NAMESPACE = uuid.UUID("6b1c9f0e-6d0c-4f0e-9c53-8a7c1f2d9b10")
_PAGE = 1000


class QdrantStore:
    """See `GalleryStore`.

    Args:
        client: of the server; or a local one, for trying it out.
        collection: name of the collection, made when there is none and a model is given.
        model: of the embeddings; None to open what is there.

    Raises:
        InputError: if there is no such collection and no model is given, if it is of another model or no gallery, or if
            the server does not answer.
    """

    transaction_rows = 1000  # some megabytes: servers refuse requests beyond 32

    def __init__(self, client: QdrantClient, collection: str, model: ModelIdentity | None = None) -> None:
        self._client = client
        self._collection = collection
        with self._access():
            if not client.collection_exists(collection):
                if model is None:
                    raise InputError(
                        f"there is no gallery {collection}: enrol the first person with a model to make one"
                    )
                self._create(model)
            found = client.retrieve(collection, [_id(GALLERY)], with_payload=True)
        if not found:
            raise InputError(f"the collection {collection} is not a gallery that `voxmetric enroll` made")
        payload = found[0].payload or {}
        self.model = ModelIdentity(payload["model"], payload["embedding_size"], payload["source"])
        if model is not None:
            self.model.check(model, collection)

    @classmethod
    def connect(cls, address: str, model: ModelIdentity | None) -> QdrantStore:
        """The gallery at `http://host:6333/collection`."""
        client, collection = _client(address)
        return cls(client, collection, model)

    @staticmethod
    def is_gallery(address: str) -> bool:
        """Whether the collection exists."""
        client, collection = _client(address)
        with _errors_told(address):
            return bool(client.collection_exists(collection))

    def __len__(self) -> int:
        with self._access():
            return int(self._client.count(self._collection, _only(PERSON), exact=True).count)

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for point in self._points(_only(RECORDING)):
            counts[point.payload["name"]] = counts.get(point.payload["name"], 0) + 1
        return dict(sorted(counts.items()))

    def recordings(self, name: str) -> list[str]:
        return sorted(point.payload["recording"] for point in self._points(_only(RECORDING, [name])))

    def contains(self, names: Sequence[str], recordings: Sequence[str]) -> NDArray[np.bool_]:
        return self._are_there([_id(RECORDING, *each) for each in zip(names, recordings, strict=True)])

    def add(self, names: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        entries = {
            (point.payload["name"], point.payload["recording"]): np.asarray(point.vector, dtype=np.float32)
            for point in self._points(_only(RECORDING, list(dict.fromkeys(names))), with_vectors=True)
        }
        new = dict(zip(zip(names, recordings, strict=True), vectors, strict=True))
        self._upsert(new, entries | new)

    def replace(self, name: str, recordings: Sequence[str], vectors: Vectors) -> None:
        from qdrant_client import models

        new = {(name, recording): vector for recording, vector in zip(recordings, vectors, strict=True)}
        # From here on a search by the mean finds the new ones; the old go after that, so that a crash loses nothing.
        self._upsert(new, new)
        old = _only(RECORDING, [name])
        old.must_not = [models.HasIdCondition(has_id=[_id(RECORDING, *key) for key in new])]
        with self._access():
            self._client.delete(self._collection, models.FilterSelector(filter=old), wait=True)

    def remove(self, name: str) -> bool:
        from qdrant_client import models

        with self._access():
            there = bool(self._client.retrieve(self._collection, [_id(PERSON, name)], with_payload=False))
            selector = models.FilterSelector(filter=models.Filter(must=[_is("name", [name])]))
            self._client.delete(self._collection, selector, wait=True)
        return there

    def vectors_of(self, names: Sequence[str]) -> tuple[NDArray[np.int64], Vectors]:
        place = {name: number for number, name in enumerate(names)}
        points = list(self._points(_only(RECORDING, list(names)), with_vectors=True))
        places = np.array([place[point.payload["name"]] for point in points], dtype=np.int64)
        order = np.argsort(places, kind="stable")
        return places[order], self._vectors(points)[order]

    def set_cohort(self, speakers: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        from qdrant_client import models

        # Written beside the cohort that counts, which is the one that the gallery's own point names.
        new = uuid.uuid4().hex
        rows = list(zip(speakers, recordings, vectors, strict=True))
        with self._access():
            for first in range(0, len(rows), self.transaction_rows):
                points = [
                    models.PointStruct(
                        id=_id(COHORT, new, recording),
                        vector=vector.tolist(),
                        payload={"kind": COHORT, "cohort": new, "speaker": speaker, "place": first + number},
                    )
                    for number, (speaker, recording, vector) in enumerate(rows[first : first + self.transaction_rows])
                ]
                self._client.upsert(self._collection, points, wait=True)
            self._client.set_payload(self._collection, {"cohort": new}, [_id(GALLERY)], wait=True)
            unused = _only(COHORT)  # what an interrupted call has left as well
            unused.must_not = [_is("cohort", [new])]
            self._client.delete(self._collection, models.FilterSelector(filter=unused), wait=True)

    def cohort(self) -> tuple[list[str], Vectors]:
        from qdrant_client import models

        wanted = models.Filter(must=[_is("kind", [COHORT]), _is("cohort", [self._cohort_number()])])
        points = sorted(self._points(wanted, with_vectors=True), key=lambda point: point.payload["place"])
        return [point.payload["speaker"] for point in points], self._vectors(points)

    def are_enrolled(self, names: Sequence[str]) -> NDArray[np.bool_]:
        return self._are_there([_id(PERSON, name) for name in names])

    def keep_scores(self, kind: str, revision: int, scores: NDArray[np.float64]) -> None:
        pass

    def kept_scores(self, kind: str, revision: int) -> NDArray[np.float64] | None:  # noqa: ARG002
        return None

    def revision(self) -> int | None:
        return None

    def nearest(self, queries: Vectors, top: int, pooling: Pooling) -> list[Ranking]:
        if pooling not in ("mean", "max"):
            raise InputError(f"expected the pooling 'mean' or 'max', found {pooling!r}")
        with self._access():
            return [self._ranking(query.tolist(), top, pooling) for query in queries]

    def build_index(self) -> Recall:
        raise InputError("a gallery on a server has the server's index: there is none to build")

    def close(self) -> None:
        self._client.close()

    def _are_there(self, ids: list[str]) -> NDArray[np.bool_]:
        there: set[str] = set()
        with self._access():
            for first in range(0, len(ids), _PAGE):
                found = self._client.retrieve(self._collection, ids[first : first + _PAGE], with_payload=False)
                there.update(str(point.id) for point in found)
        return np.array([each in there for each in ids], dtype=np.bool_)

    def _ranking(self, query: list[float], top: int, pooling: Pooling) -> Ranking:
        if pooling == "mean":
            points = self._client.query_points(
                self._collection, query, query_filter=_only(PERSON), limit=top, with_payload=True
            ).points
        else:
            groups = self._client.query_points_groups(
                self._collection, "name", query=query, query_filter=_only(RECORDING), limit=top, group_size=1
            ).groups
            points = [group.hits[0] for group in groups]
        return [((point.payload or {})["name"], float(point.score)) for point in points]

    def _cohort_number(self) -> str:
        """Of the cohort that counts; empty where there is none."""
        with self._access():
            (point,) = self._client.retrieve(self._collection, [_id(GALLERY)], with_payload=True)
        return str((point.payload or {}).get("cohort", ""))

    def _vectors(self, points: list[Any]) -> Vectors:
        rows = np.array([point.vector for point in points], dtype=np.float32)
        return rows.reshape(len(points), self.model.embedding_size)

    def _create(self, model: ModelIdentity) -> None:
        from qdrant_client import models

        self._client.create_collection(
            self._collection,
            vectors_config=models.VectorParams(size=model.embedding_size, distance=models.Distance.COSINE),
        )
        payload = {
            "kind": GALLERY,
            "model": model.fingerprint,
            "embedding_size": model.embedding_size,
            "source": model.source,
        }
        nowhere = [1.0] + [0.0] * (model.embedding_size - 1)  # every point has a vector; this one is never searched
        self._client.upsert(
            self._collection, [models.PointStruct(id=_id(GALLERY), vector=nowhere, payload=payload)], wait=True
        )

    def _upsert(self, new: dict[tuple[str, str], Vectors], known: dict[tuple[str, str], Vectors]) -> None:
        """Write new recordings, and the means of their people over all that is known of them, in one call."""
        from qdrant_client import models

        sums: dict[str, Vectors] = {}
        for (name, _), vector in known.items():
            sums[name] = sums.get(name, np.float32(0.0)) + vector
        points = [
            models.PointStruct(
                id=_id(RECORDING, *key),
                vector=vector.tolist(),
                payload={"kind": RECORDING, "name": key[0], "recording": key[1]},
            )
            for key, vector in new.items()
        ]
        points += [
            models.PointStruct(id=_id(PERSON, name), vector=sums[name].tolist(), payload={"kind": PERSON, "name": name})
            for name in dict.fromkeys(name for name, _ in new)
        ]
        with self._access():
            self._client.upsert(self._collection, points, wait=True)

    def _points(self, wanted: Any, *, with_vectors: bool = False) -> Iterator[Any]:
        offset = None
        while True:
            with self._access():
                points, offset = self._client.scroll(
                    self._collection, wanted, limit=_PAGE, offset=offset, with_vectors=with_vectors
                )
            yield from points
            if offset is None:
                return

    @contextmanager
    def _access(self) -> Iterator[None]:
        with _errors_told(self._collection):
            yield


def _client(address: str) -> tuple[QdrantClient, str]:
    try:
        from qdrant_client import QdrantClient
    except ImportError as error:
        raise InputError("a gallery on a server needs the extra `qdrant` (pip install 'voxmetric[qdrant]')") from error
    parts = urlsplit(address)
    collection = parts.path.strip("/")
    if not parts.netloc or not collection or "/" in collection:
        raise InputError(f"expected http://HOST:6333/COLLECTION, found {address}")
    client = QdrantClient(
        url=f"{parts.scheme}://{parts.netloc}", api_key=os.environ.get(API_KEY), check_compatibility=False
    )
    return client, collection


@contextmanager
def _errors_told(place: str) -> Iterator[None]:
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    except (ApiException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"cannot use the gallery {place}: {reason}; expected a Qdrant server that answers") from error


def _id(*parts: str) -> str:
    """The id of a point: made from what it stands for, so that writing it again replaces it."""
    return str(uuid.uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def _is(field: str, values: list[str]) -> Any:
    from qdrant_client import models

    return models.FieldCondition(key=field, match=models.MatchAny(any=values))


def _only(kind: str, names: list[str] | None = None) -> Any:
    from qdrant_client import models

    return models.Filter(must=[_is("kind", [kind]), *([] if names is None else [_is("name", names)])])
