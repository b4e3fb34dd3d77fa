from __future__ import annotations

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.identification.cohort import Cohort
from voxmetric.identification.gallery import Gallery
from voxmetric.identification.stores.store import ModelIdentity
from voxmetric.scoring.embeddings import EmbeddingSet


class Model:
    fingerprint, embedding_size = "projection", 8


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def recordings(seed, speakers, takes=2):
    """Embeddings of people, and their names."""
    rng = np.random.default_rng(seed)
    names = np.repeat([f"{seed} {number}" for number in range(speakers)], takes)
    vectors = np.repeat(rng.standard_normal((speakers, 8)), takes, axis=0) + 0.3 * rng.standard_normal((len(names), 8))
    return EmbeddingSet([f"{name}-{number}" for number, name in enumerate(names)], vectors, "projection"), names


@pytest.fixture(params=["folder", "server"])
def place(request, tmp_path):
    """Opens one and the same gallery, in a folder or on the stand-in for a server."""
    if request.param == "folder":
        yield lambda: Gallery.open(tmp_path, model=Model())
        return
    qdrant_client = pytest.importorskip("qdrant_client", reason="the extra `qdrant` is not installed")
    from voxmetric.identification.stores.qdrant import QdrantStore

    client = qdrant_client.QdrantClient(":memory:")
    yield lambda: Gallery("staff", QdrantStore(client, "staff", ModelIdentity("projection", 8)), None)
    client.close()


@pytest.fixture
def gallery(place):
    """12 people and a cohort of 40 others."""
    opened = place()
    opened.enroll_many(*recordings(1, 12))
    opened.set_cohort(*recordings(2, 40))
    return opened


def naive_as_norm(cosine, person, query, members, highest):
    """One score, cohort member by cohort member."""
    halves = []
    for side in (person, query):
        best = sorted((float(side @ member) for member in members), reverse=True)[:highest]
        halves.append((cosine - np.mean(best)) / np.std(best))
    return np.mean(halves)


def test_the_threshold_is_that_of_searching_for_the_cohort(gallery):
    cohort, names = recordings(2, 40)
    best = [answer.candidates[0].score for answer in gallery.identify_embeddings(cohort.vectors, top=1)]
    found = gallery.stranger_threshold(0.1)
    shares = [np.mean(np.array(best)[names == name] >= found.value) for name in np.unique(names)]
    assert sum(shares) <= 0.1 * 41 - 1.0
    just_below = np.nextafter(found.value, -np.inf)
    assert sum(np.mean(np.array(best)[names == name] >= just_below) for name in np.unique(names)) > 0.1 * 41 - 1.0
    queries = np.random.default_rng(5).standard_normal((30, 8))
    for answer in gallery.identify_embeddings(queries, false_alarm=0.1):
        assert (answer.threshold, answer.threshold_on, answer.strangers) == (found.value, "cosine", found)
        assert answer.decision == ("identified" if answer.candidates[0].score >= found.value else "unknown")


def test_the_threshold_follows_who_is_enrolled(gallery):
    before = gallery.stranger_threshold(0.1)
    assert gallery.stranger_threshold(0.1) == before
    gallery.enroll_many(*recordings(3, 200, takes=1))
    crowded = gallery.stranger_threshold(0.1)
    assert crowded.value > before.value  # the best of more people is higher
    for name in [name for name in gallery.people() if name.startswith("3 ")]:
        gallery.remove(name)
    assert gallery.stranger_threshold(0.1) == before


def test_cohort_speakers_who_are_enrolled_do_not_count(gallery):
    cohort, names = recordings(2, 40)
    gallery.enroll("2 7", embeddings=cohort.vectors[names == "2 7"])
    assert (gallery.cohort.num_speakers, len(gallery.cohort)) == (39, 78)
    assert "2 7" not in gallery.cohort.speakers
    gallery.remove("2 7")
    assert gallery.cohort.num_speakers == 40


def test_it_stays_with_the_gallery_until_another_takes_its_place(place, gallery):
    first = gallery.stranger_threshold(0.2)
    again = place()
    assert again.stranger_threshold(0.2) == first
    again.set_cohort(*recordings(4, 30, takes=3))
    assert (gallery.cohort.num_speakers, len(gallery.cohort)) == (30, 90)
    assert gallery.stranger_threshold(0.2).num_speakers == 30
    np.testing.assert_allclose(gallery.cohort.vectors, unit(recordings(4, 30, takes=3)[0].vectors), atol=1e-6)
    gallery.remove_cohort()
    assert len(again.cohort) == 0
    assert len(again) == 12
    with pytest.raises(InputError, match="has no cohort of people"):
        again.identify_embeddings(np.ones((1, 8)), false_alarm=0.1)


def test_normalised_scores_equal_the_loop_over_the_cohort(gallery):
    cohort, _ = recordings(2, 40)
    members, highest = unit(cohort.vectors.astype(float)), round(0.3 * 80)
    people, of = recordings(1, 12)
    means = {name: unit(unit(people.vectors[of == name].astype(float)).mean(axis=0)) for name in np.unique(of)}
    queries = unit(np.random.default_rng(5).standard_normal((10, 8)))
    answers = gallery.identify_embeddings(queries, threshold=0.5, normalize=True)
    for query, answer in zip(queries, answers, strict=True):
        best = answer.candidates[0]
        expected = naive_as_norm(best.score, means[best.name], query, members, highest)
        assert answer.normalized_score == pytest.approx(expected, abs=1e-3)
        assert answer.threshold_on == "normalized_score"
        assert answer.decision == ("identified" if expected >= 0.5 else "unknown")
    strangers = gallery.identify_embeddings(queries, false_alarm=0.1, normalize=True)
    assert strangers[0].strangers == gallery.stranger_threshold(0.1, normalize=True)
    assert strangers[0].normalized_score == answers[0].normalized_score


def test_the_cohorts_own_scores_leave_their_speakers_out():
    """Moving a speaker's recordings moves what others are normalised by, never what they are themselves."""
    cohort, names = recordings(2, 12)
    scores, people = np.linspace(0.1, 0.9, 24), unit(np.random.default_rng(0).standard_normal((24, 8)))
    people = people.astype(np.float32)
    before = Cohort(names.astype(object), unit(cohort.vectors)).normalize_own(scores, people)
    copied = unit(cohort.vectors)
    own = names == "2 3"
    copied[own] = copied[own][::-1]
    expected = naive_as_norm(
        scores[own][0],
        people[own][0].astype(float),
        copied[own][1].astype(float),
        copied[~np.isin(names, ["2 3", *_same_part(names, "2 3")])].astype(float),
        round(0.3 * np.count_nonzero(~np.isin(names, ["2 3", *_same_part(names, "2 3")]))),
    )
    assert before[own][0] == pytest.approx(expected, abs=1e-3)


def _same_part(names, name):
    """Speakers left out together with one, of ten parts."""
    speakers = np.unique(names)
    number = np.flatnonzero(speakers == name)[0]
    return speakers[np.arange(len(speakers)) % 10 == number % 10]


def test_the_search_for_the_cohort_is_kept_until_something_changes(tmp_path, monkeypatch):
    with Gallery.open(tmp_path, model=Model()) as first:
        first.enroll_many(*recordings(1, 12))
        first.set_cohort(*recordings(2, 40))
        expected = [first.stranger_threshold(0.1, normalize=normalize) for normalize in (False, True)]
    with Gallery.open(tmp_path) as again:
        searches = []
        nearest = again._store.nearest
        monkeypatch.setattr(again._store, "nearest", lambda *given: searches.append(len(given[0])) or nearest(*given))
        assert [again.stranger_threshold(0.1, normalize=normalize) for normalize in (False, True)] == expected
        assert not searches
        again.update("1 3", embeddings=np.ones((1, 8)))
        again.stranger_threshold(0.1)
        assert searches == [80]
        again.set_cohort(*recordings(2, 40))
        again.stranger_threshold(0.1)
        assert searches == [80, 80]


def test_an_empty_gallery_knows_nobody(place):
    opened = place()
    opened.set_cohort(*recordings(2, 40))
    for normalize in (False, True):
        (answer,) = opened.identify_embeddings(np.ones((1, 8)), false_alarm=0.1, normalize=normalize)
        assert (answer.decision, answer.candidates) == ("unknown", ())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: g.set_cohort(EmbeddingSet(["a"], np.ones((1, 8)), "other"), ["x"]), "found other with 8"),
        (lambda g: g.set_cohort(EmbeddingSet(["a"], np.ones((1, 8)), "projection"), ["x", "y"]), "a speaker for each"),
        (
            lambda g: g.set_cohort(EmbeddingSet([], np.ones((0, 8)), "projection"), []),
            "expected recordings of a cohort",
        ),
        (lambda g: g.set_cohort(EmbeddingSet(["a"], np.zeros((1, 8)), "projection"), ["x"]), "zero or not finite"),
        (lambda g: g.set_cohort(EmbeddingSet(["a"], np.ones((1, 8)), "projection"), [""]), "expected a person's name"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), false_alarm=0.01), "too small for 1 % false alarms"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), false_alarm=0.1, threshold=0.5), "found neither or both"),
        (lambda g: g.identify_embeddings(np.ones((1, 8)), normalize=True), "found neither or both"),
        (
            lambda g: g.identify_embeddings(np.ones((1, 8)), threshold=1.0, normalize=True, pooling="max"),
            "the pooling 'mean' with normalised",
        ),
    ],
)
def test_bad_input_changes_nothing(gallery, call, words):
    with pytest.raises(InputError, match=words):
        call(gallery)
    assert len(gallery.cohort) == 80
