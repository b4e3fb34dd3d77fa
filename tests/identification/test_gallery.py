from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import voxmetric as vm
from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.embeddings import EmbeddingSet


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def naive_ranking(names, vectors, query, pooling):
    """One person after the other."""
    scores = {}
    for name in dict.fromkeys(names.tolist()):
        rows = unit(vectors[names == name].astype(np.float64))
        cosines = rows @ unit(query)
        scores[name] = cosines.max() if pooling == "max" else unit(rows.mean(axis=0)) @ unit(query)
    return sorted(scores.items(), key=lambda item: -item[1])


def embedding_set(vectors, model="projection"):
    return EmbeddingSet([f"recording {number}" for number in range(len(vectors))], vectors, model)


def test_it_is_public():
    assert vm.Gallery is Gallery


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_identification_equals_scoring_person_by_person(gallery, voices, pooling):
    names, vectors = voices
    gallery.enroll_many(embedding_set(vectors), names)
    queries = np.random.default_rng(1).standard_normal((20, 8))
    for query, answer in zip(queries, gallery.identify_embeddings(queries, top=40, pooling=pooling), strict=True):
        expected = naive_ranking(names, vectors, query, pooling)
        assert [each.name for each in answer.candidates] == [name for name, _ in expected]
        np.testing.assert_allclose([each.score for each in answer.candidates], [s for _, s in expected], atol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_changes_are_followed_as_if_everything_were_read_anew(gallery, voices, pooling):
    """People come, go, change and grow between searches; a gallery opened at the end gives the same answers."""
    names, vectors = voices
    rng = np.random.default_rng(3)
    query = rng.standard_normal((1, 8))
    enrolled: dict[str, dict[str, np.ndarray]] = {}
    for step in range(120):
        name = str(rng.choice(names))
        rows = vectors[rng.integers(0, 120, rng.integers(1, 4))]
        ids = [f"take {number}" for number in rng.integers(0, 4, len(rows))]
        given_rows = dict(zip(ids, rows, strict=True))
        if name in enrolled and rng.random() < 0.4:
            gallery.remove(name)
            del enrolled[name]
        elif name in enrolled and rng.random() < 0.4:
            gallery.update(name, embeddings=rows, ids=ids)
            enrolled[name] = given_rows
        else:
            gallery.enroll(name, embeddings=rows, ids=ids)
            enrolled[name] = enrolled.get(name, {}) | given_rows
        if step % 7 == 0 or step == 119:
            all_names = np.array([person for person, takes in enrolled.items() for _ in takes])
            all_rows = np.array([row for takes in enrolled.values() for row in takes.values()])
            expected = naive_ranking(all_names, all_rows, query[0], pooling)
            found = gallery.identify_embeddings(query, top=50, pooling=pooling)[0].candidates
            assert len(found) == len(expected)
            np.testing.assert_allclose([each.score for each in found], [score for _, score in expected], atol=1e-6)
            assert gallery.people() == {person: len(takes) for person, takes in sorted(enrolled.items())}
    with Gallery.open(gallery.place) as again:
        assert again.identify_embeddings(query, top=5, pooling=pooling)[0].candidates == found[:5]


def test_recordings_are_embedded_by_the_model(gallery):
    gallery.enroll("anna", ["a.wav", "b.wav"])
    gallery.enroll("ben", [np.zeros(4)])
    assert gallery.recordings("anna") == ["a.wav", "b.wav"]
    assert len(gallery.recordings("ben")) == 1
    answer = gallery.identify("a.wav", top=1, threshold=0.99, pooling="max")
    assert (answer.decision, answer.speaker, len(answer.candidates)) == ("identified", "anna", 1)


def test_enrolling_the_same_recording_again_changes_nothing(gallery, voices):
    names, vectors = voices
    for _ in range(2):
        gallery.enroll_many(embedding_set(vectors), names)
        gallery.enroll("anna", embeddings=vectors[:2])
    assert gallery.people() == dict.fromkeys(sorted(set(names.tolist())), 3) | {"anna": 2}
    assert len(gallery) == 41


def test_strangers_are_rejected_and_nobody_is_accepted_without_a_threshold(gallery, voices):
    names, vectors = voices
    gallery.enroll_many(embedding_set(vectors), names)
    stranger = -vectors.mean(axis=0, keepdims=True)
    best = gallery.identify_embeddings(stranger)[0]
    assert (best.decision, best.speaker, best.threshold) == ("ranked", None, None)
    score = best.candidates[0].score
    just_reached = gallery.identify_embeddings(stranger, threshold=score)[0]
    assert (just_reached.decision, just_reached.speaker) == ("identified", best.candidates[0].name)
    missed = gallery.identify_embeddings(stranger, threshold=score + 1e-6)[0]
    assert (missed.decision, missed.speaker) == ("unknown", None)
    assert missed.candidates == best.candidates


def test_a_calibration_decides_by_the_odds(gallery, voices):
    """The ratio must outweigh S (1 - prior) / prior."""
    names, vectors = voices
    gallery.enroll_many(embedding_set(vectors), names)
    calibration = LogisticCalibration(scale=10.0, offset=-5.0)
    answer = gallery.identify_embeddings(vectors[:1], calibration=calibration, prior=0.2)[0]
    assert answer.threshold == pytest.approx(np.log(40 * 0.8 / 0.2))
    first = answer.candidates[0]
    assert first.log_likelihood_ratio == pytest.approx(10.0 * first.score - 5.0)
    assert answer.decision == ("identified" if first.log_likelihood_ratio >= answer.threshold else "unknown")
    given = gallery.identify_embeddings(vectors[:1], calibration=calibration, threshold=1.0)[0]
    assert (given.threshold, given.decision) == (1.0, "identified")


@given(name=st.text(min_size=1).filter(lambda text: text.isprintable() or text.isascii()))
def test_a_name_is_any_text(name, tmp_path_factory):
    class Model:
        fingerprint, embedding_size = "m", 2

    with Gallery.open(tmp_path_factory.getbasetemp() / "names", model=Model()) as opened:
        opened.enroll(name, embeddings=[[1.0, 0.0]])
        assert name in opened.people()
        opened.remove(name)
        assert name not in opened.people()


def test_a_large_person_is_enrolled_in_one_transaction(gallery, voices, monkeypatch):
    monkeypatch.setattr(gallery._store, "transaction_rows", 7)
    _, vectors = voices
    names = np.repeat(["a", "b", "c", "d"], [2, 30, 60, 28])[np.random.default_rng(0).permutation(120)]
    confirmed: list[int] = []
    before = []

    def watch(done: int) -> None:
        confirmed.append(done)
        before.append(gallery.people())

    gallery.enroll_many(embedding_set(vectors), names, on_progress=watch)
    assert confirmed == [2, 32, 92, 120]
    assert before[1] == {"a": 2, "b": 30}
    assert gallery.people() == {"a": 2, "b": 30, "c": 60, "d": 28}


def test_threads_share_a_gallery(gallery, voices):
    _, vectors = voices
    failures = []

    def work(number: int) -> None:
        try:
            for take in range(10):
                gallery.enroll(f"{number}-{take}", embeddings=vectors[take : take + 1])
                gallery.identify_embeddings(vectors[:1], threshold=0.5)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(gallery) == 40


class Other:
    fingerprint, embedding_size = "other", 8


def test_a_gallery_of_another_model_is_refused(gallery, voices):
    with pytest.raises(InputError, match=r"holds embeddings of the model projection .*found other with 8"):
        Gallery.open(gallery.place, model=Other())
    with pytest.raises(InputError, match="found other with 8"):
        gallery.enroll_many(embedding_set(voices[1], "other"), voices[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: g.enroll("", embeddings=np.ones((1, 8))), "expected a person's name"),
        (lambda g: g.enroll("a"), "expected recordings or embeddings"),
        (lambda g: g.enroll("a", "a.wav"), "put it in brackets"),
        (lambda g: g.enroll("a", []), r"expected embeddings of shape \(N, 8\)"),
        (lambda g: g.enroll("a", embeddings=np.ones((1, 7))), r"expected embeddings of shape \(N, 8\), found \(1, 7\)"),
        (lambda g: g.enroll("a", embeddings=np.zeros((1, 8))), "zero or not finite"),
        (lambda g: g.enroll("a", embeddings=np.full((1, 8), np.nan)), "zero or not finite"),
        (lambda g: g.enroll("a", embeddings=np.ones((1, 8)), ids=["x", "y"]), "an id for each"),
        (lambda g: g.enroll("a\ud800", embeddings=np.ones((1, 8))), "expected names and ids that are text"),
        (lambda g: g.update("a", embeddings=np.ones((1, 8))), "nobody called 'a' is among the 1 people"),
        (lambda g: g.remove("anny"), "did you mean 'anna'"),
        (lambda g: g.recordings("nobody"), "nobody called 'nobody'"),
        (lambda g: g.identify_embeddings(np.ones(8)), r"expected embeddings of shape \(N, 8\)"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), top=0), "at least 1 candidate"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), threshold=np.nan), "finite number"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), prior=1.0), "prior between 0 and 1"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), pooling="median"), "'mean' or 'max'"),
    ],
)
def test_bad_input_changes_nothing(gallery, call, words):
    gallery.enroll("anna", embeddings=np.ones((1, 8)))
    with pytest.raises(InputError, match=words):
        call(gallery)
    assert gallery.people() == {"anna": 1}
