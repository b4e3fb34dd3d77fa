from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from voxmetric.errors import InputError
from voxmetric.metrics import eer
from voxmetric.scoring.backends.plda import Plda, plda
from voxmetric.scoring.backends.projection import ProjectedCosine
from voxmetric.scoring.backends.training import Scatter, TrainingSet
from voxmetric.scoring.backends.two_covariance import TwoCovariance, fit, improve, start


def covariance(rng, size: int, scale: float) -> np.ndarray:
    factor = rng.standard_normal((size, size))
    return scale * (factor @ factor.T / size + 0.3 * np.eye(size))


def simulated(num_speakers: int, most: int, size: int = 4, seed: int = 0):
    """Recordings of a known two-covariance model, speakers with 1 to `most` of them, in random order."""
    rng = np.random.default_rng(seed)
    truth = TwoCovariance(rng.standard_normal(size), covariance(rng, size, 2.0), covariance(rng, size, 0.5))
    labels = rng.permutation(np.repeat(np.arange(num_speakers), rng.integers(1, most + 1, num_speakers)))
    speakers = rng.multivariate_normal(truth.mean, truth.between, num_speakers)
    vectors = speakers[labels] + rng.multivariate_normal(np.zeros(size), truth.within, len(labels))
    return truth, vectors.astype(np.float32), labels


def naive_step(vectors, labels, model):
    """Expectation-maximisation speaker by speaker, with inverses of full covariances."""
    inverse_between, inverse_within = np.linalg.inv(model.between), np.linalg.inv(model.within)
    posteriors, log_likelihood = [], 0.0
    for speaker in np.unique(labels):
        own = vectors[labels == speaker].astype(float)
        posterior_covariance = np.linalg.inv(inverse_between + len(own) * inverse_within)
        mean = posterior_covariance @ (inverse_between @ model.mean + inverse_within @ own.sum(axis=0))
        posteriors.append((own, mean, posterior_covariance))
        joint = np.kron(np.ones((len(own), len(own))), model.between) + np.kron(np.eye(len(own)), model.within)
        log_likelihood += multivariate_normal.logpdf(own.ravel(), np.tile(model.mean, len(own)), joint)
    mean = np.mean([each for _, each, _ in posteriors], axis=0)
    between = np.mean([spread + np.outer(each - mean, each - mean) for _, each, spread in posteriors], axis=0)
    within = np.zeros_like(between)
    for own, each, spread in posteriors:
        for vector in own:
            within += (spread + np.outer(vector - each, vector - each)) / len(vectors)
    return TwoCovariance(mean, between, within), log_likelihood


def test_a_step_equals_the_loop_over_speakers():
    _, vectors, labels = simulated(30, 5)
    model = start(Scatter.of(vectors, labels))
    for _ in range(3):
        better, log_likelihood = improve(Scatter.of(vectors, labels), model)
        expected, expected_log_likelihood = naive_step(vectors, labels, model)
        assert log_likelihood == pytest.approx(expected_log_likelihood, rel=1e-9)
        for part in ("mean", "between", "within"):
            np.testing.assert_allclose(getattr(better, part), getattr(expected, part), rtol=1e-7, atol=1e-10)
        model = better


def test_steps_never_lose_likelihood():
    _, vectors, labels = simulated(60, 4, seed=1)
    scatter = Scatter.of(vectors, labels)
    model, found = start(scatter), []
    for _ in range(15):
        model, log_likelihood = improve(scatter, model)
        found.append(log_likelihood)
    assert (np.diff(found) >= -1e-8).all()
    assert found[-1] > found[0]


def test_the_fit_recovers_known_covariances():
    truth, vectors, labels = simulated(6000, 8, size=3, seed=2)
    model = fit(Scatter.of(vectors, labels), tolerance=1e-9)
    np.testing.assert_allclose(model.mean, truth.mean, atol=0.1)
    np.testing.assert_allclose(model.between, truth.between, rtol=0.08, atol=0.08)
    np.testing.assert_allclose(model.within, truth.within, rtol=0.04, atol=0.02)


def dense_ratio(enrolled, tested, model):
    """log of the joint density over the product of densities, from covariances of all numbers together."""

    def log_density(vectors):
        count = len(vectors)
        joint = np.kron(np.ones((count, count)), model.between) + np.kron(np.eye(count), model.within)
        return multivariate_normal.logpdf(np.concatenate(vectors), np.tile(model.mean, count), joint)

    return log_density([*enrolled, tested]) - log_density(enrolled) - log_density([tested])


def of_model(model: TwoCovariance, enrolment: str) -> Plda:
    size = len(model.mean)
    projection = ProjectedCosine(np.zeros(size, np.float32), np.empty((size, 0), np.float32), "m", "nothing")
    return Plda(projection, model.mean, *model.axes(), enrolment, "m", "nothing")


@pytest.mark.parametrize("enrolment", ["exact", "average"])
def test_scores_are_ratios_of_dense_gaussian_densities(enrolment):
    rng = np.random.default_rng(3)
    model = TwoCovariance(0.1 * rng.standard_normal(4), covariance(rng, 4, 0.5), covariance(rng, 4, 0.3))
    owners = np.array([0, 1, 1, 1, 2, 2])
    vectors = rng.standard_normal((11, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    backend = of_model(model, enrolment)
    enrol, test = backend.enrol(vectors[:6], owners, 3), backend.test(vectors[6:])
    scores = backend.matrix(enrol, test)
    for owner in range(3):
        own = vectors[:6][owners == owner].astype(float)
        if enrolment == "average":
            own = own.mean(axis=0, keepdims=True)
            own /= np.linalg.norm(own)
        expected = [dense_ratio(list(own), tested.astype(float), model) for tested in vectors[6:]]
        np.testing.assert_allclose(scores[owner], expected, atol=1e-5)
    first, second = np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3)
    np.testing.assert_allclose(backend.pairs(enrol, test, first, second), scores.ravel(), atol=1e-5)


def test_one_recording_each_scores_alike_either_way():
    _, vectors, labels = simulated(40, 4, size=6)
    backend = plda(TrainingSet(vectors, labels, "m"), dimensions=5)
    scores = backend.matrix(backend.enrol(vectors, np.arange(len(vectors)), len(vectors)), backend.test(vectors))
    np.testing.assert_allclose(scores, scores.T, atol=1e-4)


def test_same_speakers_score_higher_where_cosines_are_misled():
    # Speakers differ in two dimensions, recordings mostly in eight others.
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(400), 5)
    scales = np.array([1.0] * 2 + [0.0] * 8), np.array([0.2] * 2 + [1.0] * 8)
    vectors = (rng.standard_normal((400, 10)) * scales[0])[labels] + rng.standard_normal((2000, 10)) * scales[1]
    vectors = vectors.astype(np.float32)
    backend = plda(TrainingSet(vectors[:1500], labels[:1500], "m"))
    held_out = vectors[1500:]
    scores = backend.matrix(backend.enrol(held_out, np.arange(500), 500), backend.test(held_out))
    units = held_out / np.linalg.norm(held_out, axis=1, keepdims=True)
    pairs = np.triu_indices(500, 1)
    same = (labels[1500:, None] == labels[1500:])[pairs]
    assert eer(scores[pairs], same) < 0.6 * eer((units @ units.T)[pairs], same)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"enrolment": "sum"}, "unknown enrolment 'sum'"),
        ({"dimensions": 9}, "expected 1 to 4 dimensions, as embeddings and speakers allow, found 9"),
    ],
)
def test_bad_options_are_named(arguments, words):
    _, vectors, labels = simulated(20, 4)
    with pytest.raises(InputError, match=words):
        plda(TrainingSet(vectors, labels, "m"), **arguments)


def test_too_few_recordings_are_refused():
    rng = np.random.default_rng(5)
    few = TrainingSet(rng.standard_normal((12, 10)).astype(np.float32), np.arange(12) // 2, "m")
    with pytest.raises(InputError, match="expected at least 16 recordings of 6 speakers for 10 dimensions, found 12"):
        plda(few)
    single = TrainingSet(rng.standard_normal((12, 10)).astype(np.float32), np.arange(12), "m")
    with pytest.raises(InputError, match="found 12 speakers with at most 1"):
        plda(single)
