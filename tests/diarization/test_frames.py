from __future__ import annotations

import itertools

import numpy as np
import pytest

from voxmetric.audio.voice_activity import Regions
from voxmetric.diarization.frames import Frames, frame_scores, posteriors
from voxmetric.diarization.windows import cover


@pytest.fixture
def regions() -> Regions:
    return Regions.between([(0.2, 5.13), (6.0, 6.04), (7.0, 12.0)])


def test_frames_fill_the_regions(regions: Regions) -> None:
    frames = Frames.of(regions, 0.1)
    np.testing.assert_allclose((frames.ends - frames.starts).sum(), regions.total)
    assert (frames.ends - frames.starts).max() <= 0.1 + 1e-9
    for number in range(3):
        own = frames.region == number
        np.testing.assert_allclose(frames.starts[own][1:], frames.ends[own][:-1])
        np.testing.assert_allclose(
            [frames.starts[own][0], frames.ends[own][-1]], [regions.starts[number], regions.ends[number]]
        )


def test_a_length_that_is_whole_but_for_rounding_makes_no_further_frame() -> None:
    assert (1.1 - 0.8) / 0.1 > 3.0
    np.testing.assert_allclose(Frames.of(Regions.between([(0.8, 1.1)]), 0.1).centres, [0.85, 0.95, 1.05])


@pytest.mark.parametrize(("window", "hop"), [(1.5, 0.4), (0.5, 0.5)])
def test_scores_are_means_over_the_windows_around_or_of_the_nearest(
    regions: Regions, window: float, hop: float
) -> None:
    frames = Frames.of(regions, 0.1)
    starts, ends = cover(regions, window, hop)
    kept = np.arange(len(starts)) % 5 != 3  # some windows are missing
    starts, ends = starts[kept], ends[kept]
    uncovered = ~((starts <= frames.centres[:, None]) & (frames.centres[:, None] < ends)).any(axis=1)
    assert uncovered.any() == (window == hop)
    scores = np.random.default_rng(0).standard_normal((len(starts), 3))
    found = frame_scores(frames, starts, ends, scores)
    for frame, centre in enumerate(frames.centres):
        over = (starts <= centre) & (centre < ends)
        nearest = np.abs((starts + ends) / 2 - centre).argmin()
        expected = scores[over].mean(axis=0) if over.any() else scores[nearest]
        np.testing.assert_allclose(found[frame], expected, atol=1e-9)


def test_one_window_gives_every_frame_its_score(regions: Regions) -> None:
    found = frame_scores(Frames.of(regions, 0.1), np.array([0.2]), np.array([0.5]), np.array([[0.3, 0.1]]))
    np.testing.assert_allclose(found, np.broadcast_to([0.3, 0.1], found.shape))


def test_posteriors_are_those_over_all_sequences_of_speakers() -> None:
    """Frames of 0.5 s and turns of 2 s: a speaker stays with 3/4, else any of the three is drawn."""
    scores = np.random.default_rng(0).uniform(-1.0, 1.0, (5, 3))
    expected = np.zeros((5, 3))
    for sequence in itertools.product(range(3), repeat=5):
        weight = np.exp(4.0 * sum(scores[frame, speaker] for frame, speaker in enumerate(sequence)))
        weight *= np.prod([0.75 * (one == next_one) + 0.25 / 3 for one, next_one in itertools.pairwise(sequence)])
        expected[np.arange(5), sequence] += weight
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(posteriors(scores, 4.0, 0.5, 2.0), expected, atol=1e-9)


def test_a_single_contrary_frame_is_smoothed_away_and_a_long_turn_is_not() -> None:
    scores = np.zeros((100, 2))
    scores[:, 0] = 0.5
    scores[20, :] = (0.0, 0.5)
    scores[50:80, :] = (0.0, 0.5)
    likely = posteriors(scores, 8.0, 0.1, 3.0)
    np.testing.assert_allclose(likely.sum(axis=1), 1.0)
    assert np.flatnonzero(likely.argmax(axis=1)).tolist() == list(range(50, 80))


def test_one_speaker_is_certain() -> None:
    assert posteriors(np.zeros((3, 1)), 8.0, 0.1, 3.0).tolist() == [[1.0]] * 3
