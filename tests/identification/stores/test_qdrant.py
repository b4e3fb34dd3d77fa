"""The server's store, with the client's local stand-in for a server."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery
from voxmetric.identification.stores.store import ModelIdentity
from voxmetric.scoring.embeddings import EmbeddingSet

qdrant_client = pytest.importorskip("qdrant_client", reason="the extra `qdrant` is not installed")


class Model:
    fingerprint, embedding_size = "projection", 8


@pytest.fixture
def store():
    from voxmetric.identification.stores.qdrant import QdrantStore

    client = qdrant_client.QdrantClient(":memory:")
    yield QdrantStore(client, "staff", ModelIdentity("projection", 8))
    client.close()


def test_it_answers_as_the_folder_does(store, tmp_path, voices):
    """The same calls on both stores, then the same answers."""
    names, vectors = voices
    queries = np.random.default_rng(1).standard_normal((10, 8))
    with Gallery.open(tmp_path, model=Model()) as folder:
        server = Gallery("staff", store, None)
        for gallery in (folder, server):
            gallery.enroll_many(EmbeddingSet([f"r{number}" for number in range(120)], vectors, "projection"), names)
            gallery.enroll("anna", embeddings=-vectors[10:12], ids=["one", "two"])
            gallery.enroll("anna", embeddings=-vectors[14:16], ids=["two", "three"])
            gallery.update("person 3", embeddings=-vectors[:1], ids=["new"])
            gallery.remove("person 5")
            with pytest.raises(InputError, match="nobody called"):
                gallery.remove("person 5")
        assert server.people() == folder.people()
        assert len(server) == len(folder) == 40
        assert server.recordings("anna") == ["one", "three", "two"]
        asked = ["anna", "anna", "person 3", "person 5"], ["one", "four", "new", "r15"]
        assert server.contains(*asked).tolist() == folder.contains(*asked).tolist() == [True, False, True, False]
        for pooling in ("mean", "max"):
            theirs = folder.identify_embeddings(queries, pooling=pooling, threshold=0.6)
            ours = server.identify_embeddings(queries, pooling=pooling, threshold=0.6)
            for one, other in zip(ours, theirs, strict=True):
                assert one.decision == other.decision
                assert [each.name for each in one.candidates] == [each.name for each in other.candidates]
                np.testing.assert_allclose(
                    [each.score for each in one.candidates], [each.score for each in other.candidates], atol=1e-5
                )


def test_it_remembers_and_checks_its_model(store):
    from voxmetric.identification.stores.qdrant import QdrantStore

    assert QdrantStore(store._client, "staff").model == ModelIdentity("projection", 8)
    with pytest.raises(InputError, match="found other with 8"):
        QdrantStore(store._client, "staff", ModelIdentity("other", 8))
    with pytest.raises(InputError, match="there is no gallery guests"):
        QdrantStore(store._client, "guests")
    store._client.create_collection(
        "foreign",
        vectors_config=qdrant_client.models.VectorParams(size=8, distance=qdrant_client.models.Distance.COSINE),
    )
    with pytest.raises(InputError, match="is not a gallery"):
        QdrantStore(store._client, "foreign")


def test_bad_input_is_told(store):
    with pytest.raises(InputError, match="none to build"):
        store.build_index()
    with pytest.raises(InputError, match="'mean' or 'max'"):
        store.nearest(np.ones((1, 8), np.float32), 1, "median")
    with pytest.raises(InputError, match="expected http://HOST:6333/COLLECTION"):
        Gallery.open("http://localhost:6333")
    with pytest.raises(InputError, match="expected a Qdrant server that answers"):
        Gallery.open("http://127.0.0.1:9/staff")
