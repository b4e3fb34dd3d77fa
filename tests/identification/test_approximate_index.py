from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.identification import approximate_index
from voxmetric.identification.gallery import Gallery
from voxmetric.scoring.embeddings import EmbeddingSet

pytest.importorskip("faiss", reason="the extra `ann` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:builtin type .* has no __module__:DeprecationWarning")


class Model:
    fingerprint, embedding_size = "model", 32


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(0).standard_normal((3000, 32)).astype(np.float32)


@pytest.fixture
def gallery(tmp_path, vectors, monkeypatch):
    """3,000 people, of whom an index lists 100."""
    monkeypatch.setattr(approximate_index, "LISTED", 100)
    with Gallery.open(tmp_path, model=Model()) as opened:
        names = [f"person {number}" for number in range(3000)]
        opened.enroll_many(EmbeddingSet(names, vectors, "model"), names)
        yield opened


def index_files(gallery):
    return list(Path(gallery.place).glob("approximate-*"))


def names(answer):
    return [each.name for each in answer.candidates]


def test_the_index_finds_nearly_what_exact_search_finds(gallery, vectors):
    queries = vectors[:100] + 0.3 * np.random.default_rng(1).standard_normal((100, 32))
    exact = gallery.identify_embeddings(queries, top=3)
    recall = gallery.build_index()
    assert recall.people == 3000
    assert 0.95 < recall.at_5 <= 1.0
    assert 0.95 < recall.at_1 <= 1.0
    assert len(index_files(gallery)) == 1
    listed = []
    for before, after in zip(exact, gallery.identify_embeddings(queries, top=3), strict=True):
        assert names(after)[0] == names(before)[0]
        assert after.candidates[0].score == pytest.approx(before.candidates[0].score, abs=1e-6)
        listed += [name in names(before) for name in names(after)]
    assert np.mean(listed) > 0.95


def test_the_index_lists_and_does_not_score_everybody(gallery, vectors, monkeypatch):
    """With one on the list, only that one is found."""
    monkeypatch.setattr(approximate_index, "LISTED", 1)
    gallery.build_index()
    assert names(gallery.identify_embeddings(vectors[:1], top=3)[0]) == ["person 0"]


def test_what_has_changed_since_is_found_as_it_is_now(gallery, vectors):
    gallery.build_index()
    newcomer = np.eye(32)[:1]
    gallery.enroll("newcomer", embeddings=newcomer)
    gallery.update("person 5", embeddings=vectors[7:8])
    gallery.remove("person 6")
    with Gallery.open(gallery.place) as again:
        for opened in (gallery, again):
            assert names(opened.identify_embeddings(newcomer, top=1)[0]) == ["newcomer"]
            found = opened.identify_embeddings(vectors[5:8], top=2)
            assert "person 5" not in names(found[0])
            assert "person 6" not in names(found[1])
            assert set(names(found[2])) == {"person 5", "person 7"}
    gallery.build_index()
    assert len(index_files(gallery)) == 1
    assert set(names(gallery.identify_embeddings(vectors[7:8], top=2)[0])) == {"person 5", "person 7"}


def test_the_largest_of_a_persons_embeddings_is_searched_exactly(gallery, vectors, monkeypatch):
    monkeypatch.setattr(approximate_index, "LISTED", 1)
    gallery.build_index()
    assert len(names(gallery.identify_embeddings(vectors[:1], top=3, pooling="max")[0])) == 3


def test_a_damaged_index_is_told_and_a_foreign_one_not_looked_at(gallery, vectors):
    gallery.build_index()
    (file,) = index_files(gallery)
    damaged = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(damaged)
    with Gallery.open(gallery.place) as again, pytest.raises(InputError, match="is damaged: remove it"):
        again.identify_embeddings(vectors[:1])
    file.rename(file.with_name("approximate-0123456789abcdef-1.faiss"))
    with Gallery.open(gallery.place) as again:
        assert names(again.identify_embeddings(vectors[:1], top=1)[0]) == ["person 0"]


def test_without_faiss_search_is_exact_and_building_names_the_extra(gallery, vectors, monkeypatch):
    gallery.build_index()
    monkeypatch.setattr("voxmetric.identification.stores.sqlite_search.is_available", lambda: False)
    monkeypatch.setattr(approximate_index, "is_available", lambda: False)
    with Gallery.open(gallery.place) as again:
        assert len(names(again.identify_embeddings(vectors[:1], top=200)[0])) == 200
        with pytest.raises(InputError, match="extra `ann`"):
            again.build_index()


def test_nobody_cannot_be_indexed(tmp_path):
    with Gallery.open(tmp_path, model=Model()) as empty, pytest.raises(InputError, match="nobody to index"):
        empty.build_index()


def test_few_people_need_no_index(tmp_path):
    with Gallery.open(tmp_path, model=Model()) as few:
        few.enroll("alone", embeddings=np.eye(32)[:1])
        with pytest.raises(InputError, match=r"found 1 in .*needs no index"):
            few.build_index()
