from __future__ import annotations

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


def test_scores_are_means_over_the_windows_around(regions: Regions) -> None:
    frames = Frames.of(regions, 0.1)
    starts, ends = cover(regions, 1.5, 0.4)
    kept = np.arange(len(starts)) % 9 != 4  # some windows are missing
    starts, ends = starts[kept], ends[kept]
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
