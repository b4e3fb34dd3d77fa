"""What every clustering does: find made speakers, keep bounds, see one speaker, refuse bad input."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import voxmetric as vm
from voxmetric.errors import InputError

METHODS = list(vm.clustering.available())


def conversation(speakers: int, windows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (N, 64) of turns of five windows, voices well apart."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(-(-windows // 5)) % speakers, 5)[:windows]
    voices = np.linalg.qr(rng.standard_normal((64, 64)))[0][:speakers]
    return voices[labels] + 0.06 * rng.standard_normal((windows, 64)), labels


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("speakers", [1, 2, 5])
def test_speakers_are_counted_and_found(method: str, speakers: int) -> None:
    embeddings, truth = conversation(speakers, 200)
    for bounds in ({}, {"num_clusters": speakers}, {"min_clusters": 1, "max_clusters": 8}):
        labels = vm.clustering.cluster(embeddings, method, **bounds)
        assert labels.dtype == np.int64
        assert labels.tolist() == truth.tolist()  # the first to speak is 0, the next new voice 1, ...


@pytest.mark.parametrize("method", METHODS)
def test_bounds_are_kept_against_what_is_seen(method: str) -> None:
    embeddings, truth = conversation(4, 120)
    assert vm.clustering.cluster(embeddings, method, max_clusters=2).max() + 1 == 2
    assert vm.clustering.cluster(embeddings, method, min_clusters=5, max_clusters=6).max() + 1 in (5, 6)
    assert vm.clustering.cluster(embeddings, method, num_clusters=1).max() == 0
    assert truth.max() == 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("windows", [1, 2, 3])
def test_few_windows(method: str, windows: int) -> None:
    embeddings = np.eye(windows, 8) + 0.01
    for number in range(1, windows + 1):
        assert vm.clustering.cluster(embeddings, method, num_clusters=number).max() + 1 == number
    assert len(vm.clustering.cluster(embeddings, method)) == windows


@pytest.mark.parametrize("method", METHODS)
def test_windows_that_are_all_equal_are_one_speaker(method: str) -> None:
    assert vm.clustering.cluster(np.ones((30, 4)), method).tolist() == [0] * 30


@pytest.mark.parametrize("method", METHODS)
def test_the_length_of_embeddings_does_not_matter(method: str) -> None:
    embeddings, truth = conversation(3, 90)
    lengths = np.random.default_rng(1).uniform(0.1, 10.0, (90, 1))
    assert vm.clustering.cluster(embeddings * lengths, method).tolist() == truth.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_long_recordings_agree_with_the_truth(method: str) -> None:
    """Beyond the sizes from which points are condensed."""
    embeddings, truth = conversation(4, 4500)
    assert adjusted_rand_score(truth, vm.clustering.cluster(embeddings, method, max_clusters=6)) > 0.999


def test_bad_input_is_refused() -> None:
    for embeddings in (np.zeros(3), np.zeros((0, 3)), np.zeros((2, 3)), np.full((2, 3), np.nan), [["a", "b"]]):
        with pytest.raises(InputError):
            vm.clustering.cluster(embeddings)
    for bounds in ({"num_clusters": 0}, {"num_clusters": 4}, {"min_clusters": 3, "max_clusters": 2}):
        with pytest.raises(InputError):
            vm.clustering.cluster(np.eye(3), **bounds)
    with pytest.raises(InputError, match="k_means"):
        vm.clustering.cluster(np.eye(3), "kmeans")
    for method, options in {
        "k_means": {"distance": "manhattan"},
        "x_means": {"bic": "round"},
        "agglomerative": {"threshold": 3.0},
        "spectral": {"neighbours": 0.0},
        "vbx": {"loop_probability": 1.0},
    }.items():
        with pytest.raises(InputError):
            vm.clustering.cluster(np.eye(3), method, **options)
        with pytest.raises(InputError, match="option"):
            vm.clustering.cluster(np.eye(3), method, colour=1)


def test_names_are_listed_without_heavy_imports() -> None:
    program = (
        "import sys, voxmetric as vm; vm.clustering.available();"
        "print([name for name in ('torch', 'scipy', 'sklearn') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("criterion", ["silhouette", "bic", "eigengap", "relative_margin", "additive_margin"])
@pytest.mark.parametrize("speakers", [2, 3])
def test_criteria_count_voices_that_are_well_apart(criterion: str, speakers: int) -> None:
    embeddings, truth = conversation(speakers, 100)
    choice = vm.clustering.choose_number(embeddings, "k_means", criterion, max_clusters=5)
    assert choice.number == speakers
    assert choice.labels.tolist() == truth.tolist()
    assert speakers in choice.figures


def test_more_voices_than_allowed_are_as_many_as_allowed_by_eigengap() -> None:
    choice = vm.clustering.choose_number(conversation(4, 120)[0], "k_means", "eigengap", max_clusters=2)
    assert choice.number == choice.labels.max() + 1 == 2
    assert max(choice.figures, key=lambda number: choice.figures[number]) == 4


@pytest.mark.parametrize("criterion", ["silhouette", "eigengap", "weakest_link", "relative_margin", "additive_margin"])
def test_criteria_see_one_speaker(criterion: str) -> None:
    choice = vm.clustering.choose_number(conversation(1, 100)[0], "k_means", criterion, max_clusters=4)
    assert choice.number == 1
    assert choice.labels.tolist() == [0] * 100


@pytest.mark.parametrize("method", ["k_means", "x_means"])
def test_counting_looks_at_a_selection_of_many_windows_and_labels_all(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("k_means", "x_means"):
        monkeypatch.setattr(f"voxmetric.diarization.clustering.{module}.LARGEST_COUNTED", 150)
    embeddings, truth = conversation(4, 600)
    assert vm.clustering.cluster(embeddings, method).tolist() == truth.tolist()
    assert vm.clustering.cluster(embeddings, method, max_clusters=3).max() + 1 == 3
    assert vm.clustering.cluster(embeddings, method, min_clusters=5, max_clusters=6).max() + 1 in (5, 6)
