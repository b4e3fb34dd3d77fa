"""The Jaccard error rate beside hand-computed cases and a count of frames."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from pyannote.core import Annotation, Segment, Timeline

import voxmetric as vm


def annotation(rows: list[tuple[float, float, str]]) -> Annotation:
    made = Annotation(uri="r")
    for track, (start, end, speaker) in enumerate(rows):
        made[Segment(start, end), track] = speaker
    return made


def test_a_case_by_hand() -> None:
    reference = annotation([(0, 10, "a"), (10, 12, "b"), (12, 13, "c")])
    hypothesis = annotation([(0, 8, "x"), (8, 13, "y")])
    found = vm.metrics.jaccard_error(reference, hypothesis)
    # a with x: 8 of 10 shared; b with y: 2 of 5; nobody is left for c.
    assert found.recordings[0].speakers == pytest.approx({"a": 0.2, "b": 0.6, "c": 1.0})
    assert found.recordings[0].mapping == {"a": "x", "b": "y"}
    assert found.rate == pytest.approx(0.6)


def test_every_speaker_of_all_recordings_weighs_the_same() -> None:
    one, two = annotation([(0, 10, "a")]), annotation([(0, 1, "a"), (1, 2, "b"), (2, 3, "c")])
    found = vm.metrics.jaccard_error({"one": one, "two": two}, {"one": one})
    assert found.rate == pytest.approx(0.75)
    assert found.mean_rate == pytest.approx(0.5)
    assert any("missing in the hypothesis" in caution for caution in found.cautions)


def test_without_a_uem_all_of_reference_and_hypothesis_counts() -> None:
    reference, hypothesis = annotation([(0, 10, "a")]), annotation([(0, 20, "x")])
    assert vm.metrics.jaccard_error(reference, hypothesis).rate == pytest.approx(0.5)
    assert vm.metrics.jaccard_error(reference, hypothesis, uem=Timeline([Segment(0, 10)])).rate == 0.0
    empty = vm.metrics.jaccard_error(reference, hypothesis, uem=Timeline([Segment(10, 20)]))
    assert math.isnan(empty.rate)


@pytest.mark.parametrize("seed", range(6))
def test_equals_a_count_of_frames(seed: int) -> None:
    """As dscore counts: frames of 10 ms, the mapping with the least sum of distances (here by trying all)."""
    rng = np.random.default_rng(seed)

    def drawn(speakers: int) -> list[tuple[float, float, str]]:
        starts = rng.integers(0, 6000, 30)
        turns = zip(starts, starts + rng.integers(10, 600, 30), rng.integers(0, speakers, 30), strict=True)
        return [(start / 100, end / 100, f"s{speaker}") for start, end, speaker in turns]

    reference, hypothesis = drawn(3), drawn(5)
    regions = [(2.0, 25.0), (30.0, 64.0)]
    frames = np.arange(7000) / 100 + 0.005
    scored = np.any([(frames > start) & (frames < end) for start, end in regions], axis=0)
    spoken = [
        np.array(
            [
                np.any([(frames > start) & (frames < end) for start, end, who in rows if who == name], axis=0)
                for name in sorted({who for *_, who in rows})
            ]
        )[:, scored]
        for rows in (reference, hypothesis)
    ]
    distances = np.array([[1 - (one & other).sum() / (one | other).sum() for other in spoken[1]] for one in spoken[0]])
    least = min(
        sum(distances[row, column] for row, column in enumerate(columns))
        for columns in itertools.permutations(range(len(spoken[1])), len(spoken[0]))
    )
    uem = Timeline([Segment(*region) for region in regions])
    found = vm.metrics.jaccard_error(annotation(reference), annotation(hypothesis), uem=uem)
    assert found.rate == pytest.approx(least / len(spoken[0]), abs=1e-9)


def test_a_recording_without_reference_speech_has_no_part_in_the_mean() -> None:
    talks = {"one": annotation([(0, 10, "a")]), "two": annotation([(0, 10, "a")])}
    uem = {"one": Timeline([Segment(0, 10)]), "two": Timeline([Segment(20, 30)])}
    found = vm.metrics.jaccard_error(talks, talks, uem=uem)
    assert math.isnan(found.recordings[1].rate)
    assert found.rate == found.mean_rate == 0.0
