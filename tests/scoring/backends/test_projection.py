from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from voxmetric.errors import InputError
from voxmetric.scoring.backends import projection
from voxmetric.scoring.backends.cosine import Cosine
from voxmetric.scoring.backends.projection import centred_cosine, lda, whitening
from voxmetric.scoring.backends.training import TrainingSet


@pytest.fixture
def training() -> TrainingSet:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(12), 6))
    vectors = 3.0 + rng.standard_normal((12, 8))[labels] + rng.standard_normal((72, 8)) * np.linspace(0.2, 2.0, 8)
    return TrainingSet(vectors.astype(np.float32), labels, "m")


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one @ other.T) / np.linalg.norm(one, axis=1)[:, None] / np.linalg.norm(other, axis=1)


def scores(backend, vectors: np.ndarray) -> np.ndarray:
    return backend.matrix(backend.enrol(vectors, np.arange(len(vectors)), len(vectors)), backend.test(vectors))


def test_centred_cosine_is_the_cosine_of_differences_from_the_mean(training):
    centred = training.vectors - training.vectors.mean(axis=0)
    np.testing.assert_allclose(scores(centred_cosine(training), training.vectors), cosines(centred, centred), atol=1e-5)


def test_whitened_training_embeddings_have_the_identity_as_covariance(training, monkeypatch):
    monkeypatch.setattr(projection, "SHRINKAGE", 0.0)
    found = whitening(training, dimensions=5)
    moved = (training.vectors - found.mean) @ found.directions
    np.testing.assert_allclose(np.cov(moved.T, bias=True), np.eye(5), atol=1e-4)
    principal = np.linalg.svd(training.vectors - training.vectors.mean(axis=0))[2][:5]
    np.testing.assert_allclose(np.abs(np.diag(cosines(found.directions.T, principal))), 1.0, atol=1e-4)


def test_lda_spans_the_space_of_scikit_learn(training, monkeypatch):
    monkeypatch.setattr(projection, "SHRINKAGE", 0.0)
    found = lda(training, dimensions=4)
    theirs = LinearDiscriminantAnalysis(solver="eigen", n_components=4).fit(training.vectors, training.labels)
    alike = np.abs(np.diag(cosines(found.directions.T, theirs.scalings_[:, :4].T)))
    np.testing.assert_allclose(alike, 1.0, atol=1e-3)
    within = np.concatenate(
        [
            training.vectors[training.labels == speaker] - training.vectors[training.labels == speaker].mean(axis=0)
            for speaker in range(12)
        ]
    )
    np.testing.assert_allclose(np.cov((within @ found.directions).T, bias=True), np.eye(4), atol=1e-3)


def test_several_recordings_are_averaged_as_directions(training):
    vectors, owners = training.vectors[:5], np.array([0, 0, 1, 1, 1])
    for backend in (Cosine(), lda(training)):
        units = backend.test(vectors)
        means = np.stack([units[:2].mean(axis=0), units[2:].mean(axis=0)])
        expected = means / np.linalg.norm(means, axis=1, keepdims=True)
        np.testing.assert_allclose(backend.enrol(vectors, owners, 2), expected, atol=1e-6)


def test_impossible_dimensions_and_embeddings_are_named(training):
    with pytest.raises(InputError, match="expected 1 to 8 dimensions, as the embeddings have, found 9"):
        whitening(training, dimensions=9)
    with pytest.raises(InputError, match="for embeddings of 8 numbers, found 7"):
        lda(training).test(training.vectors[:, :7])
    still = TrainingSet(np.ones((10, 3), dtype=np.float32), np.arange(10) // 2, "m")
    with pytest.raises(InputError, match="do not vary"):
        lda(still)
