from __future__ import annotations

import numpy as np
import pytest

from voxmetric.diarization.known_voices import recognised, with_numbers
from voxmetric.errors import InputError
from voxmetric.identification.decision import decide

PEOPLE = {"Ann": np.eye(4)[0], "Bob": np.eye(4)[1]}


class FakeGallery:
    """Two people, scored exactly."""

    place, calibration = "gallery", None

    def __len__(self) -> int:
        return len(PEOPLE)

    def identify_embeddings(self, embeddings, *, top, threshold, calibration):
        rankings = [
            sorted(((name, float(row @ voice)) for name, voice in PEOPLE.items()), key=lambda pair: -pair[1])[:top]
            for row in embeddings
        ]
        return decide(rankings, threshold, calibration, len(self), 0.5)


def test_clusters_of_one_person_become_one_and_strangers_stay() -> None:
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 2, 1, 3, 0]]
    vectors[5] = [0.8, 0.6, 0.0, 0.0]
    labels, names = recognised(vectors, np.array([0, 0, 1, 2, 3, 4]), FakeGallery(), 0.7)
    assert labels.tolist() == [0, 0, 1, 2, 3, 0]
    assert names == ["Ann", None, "Bob", None]
    assert with_numbers(names, [3, 0, 1, 2]) == ["Ann", "SPEAKER_01", "Bob", "SPEAKER_00"]


def test_a_gallery_that_can_reject_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="calibration"):
        recognised(np.eye(4, dtype=np.float32), np.arange(4), FakeGallery())


def test_an_empty_gallery_names_nobody() -> None:
    _, names = recognised(np.eye(2, dtype=np.float32), np.arange(2), [])
    assert names == [None, None]


def test_numbers_that_are_names_of_people_are_passed_over() -> None:
    assert with_numbers(["SPEAKER_00", None, None], [0, 1, 2]) == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"]
