"""The diarization error rate beside hand-computed cases, a frame-based version, pyannote.metrics and md-eval."""

from __future__ import annotations

import itertools
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from pyannote.core import Annotation, Segment, Timeline

import voxmetric as vm
from voxmetric.data.rttm import write_rttm
from voxmetric.errors import InputError

Rows = list[tuple[int, int, str]]
"""Start and end in tenths of a second, and the speaker."""


def annotation(rows: Rows, name: str = "r", unit: float = 0.1) -> Annotation:
    made = Annotation(uri=name)
    for track, (start, end, speaker) in enumerate(rows):
        made[Segment(round(start * unit, 3), round(end * unit, 3)), track] = speaker
    return made


def drawn(rng: np.random.Generator, speakers: int, turns: int, length: int = 400) -> Rows:
    start = rng.integers(0, length - 1, turns)
    end = np.minimum(start + rng.integers(1, 60, turns), length)
    names = [f"s{speaker}" for speaker in rng.integers(0, speakers, turns)]
    return list(zip(start.tolist(), end.tolist(), names, strict=True))


def by_frames(
    reference: Rows, hypothesis: Rows, regions: list[tuple[int, int]], collar: int, skip_overlap: bool
) -> tuple[float, float, float, float]:
    """Total, missed, false alarm and confusion in tenths of a second, frame by frame, mapping by trying all."""
    names = [sorted({speaker for *_, speaker in rows}) for rows in (reference, hypothesis)]
    evaluated = [any(first <= frame < last for first, last in regions) for frame in range(500)]
    who = [
        [{speaker for first, last, speaker in rows if first <= frame < last} for frame in range(500)]
        for rows in (reference, hypothesis)
    ]

    def is_scored(frame: int) -> bool:
        near = any(boundary - collar <= frame < boundary + collar for *pair, _ in reference for boundary in pair)
        overlap = sum(first <= frame < last for first, last, _ in reference) > 1
        return evaluated[frame] and not near and not (skip_overlap and overlap)

    def matches(mapping: dict[str, str], frame: int) -> int:
        return sum(mapping.get(speaker) in who[1][frame] for speaker in who[0][frame])

    partners = names[1] + [""] * len(names[0])
    mappings = [
        dict(zip(names[0], chosen, strict=True)) for chosen in set(itertools.permutations(partners, len(names[0])))
    ]
    scored = [frame for frame in range(500) if is_scored(frame)]
    inside = [frame for frame in range(500) if evaluated[frame]]
    best = max(
        mappings,
        key=lambda mapping: (sum(matches(mapping, f) for f in inside), sum(matches(mapping, f) for f in scored)),
    )
    total = missed = false_alarm = confusion = 0
    for frame in scored:
        true, found = len(who[0][frame]), len(who[1][frame])
        total += true
        missed += max(true - found, 0)
        false_alarm += max(found - true, 0)
        confusion += min(true, found) - matches(best, frame)
    return total, missed, false_alarm, confusion


@pytest.mark.parametrize("seed", range(12))
def test_equals_a_count_of_frames(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reference, hypothesis = drawn(rng, 3, 12), drawn(rng, 3, 12)
    regions = [(30, 120), (150, 151), (200, 390)]
    uem = Timeline([Segment(first / 10, last / 10) for first, last in regions])
    for collar, skip_overlap in itertools.product((0, 3), (False, True)):
        found = vm.metrics.diarization_error(
            annotation(reference), annotation(hypothesis), collar / 10, skip_overlap, uem
        )
        expected = by_frames(reference, hypothesis, regions, collar, skip_overlap)
        actual = (found.total, found.missed, found.false_alarm, found.confusion)
        np.testing.assert_allclose(actual, np.array(expected) / 10, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_equals_pyannote_metrics_without_a_collar(seed: int) -> None:
    from pyannote.metrics.diarization import DiarizationErrorRate

    rng = np.random.default_rng(100 + seed)
    reference = annotation(drawn(rng, 6, 40)).support()
    hypothesis = annotation(drawn(rng, 8, 40)).support()
    uem = Timeline([Segment(3.0, 36.0)])
    theirs = DiarizationErrorRate()(reference, hypothesis, uem=uem, detailed=True)
    ours = vm.metrics.diarization_error(reference, hypothesis, uem=uem)
    assert ours.rate == pytest.approx(theirs["diarization error rate"], abs=1e-9)
    assert ours.missed == pytest.approx(theirs["missed detection"], abs=1e-9)
    assert ours.false_alarm == pytest.approx(theirs["false alarm"], abs=1e-9)


def test_a_case_by_hand() -> None:
    # a speaks 0-10, b 8-20; found: x 0-12, y 12-18, z 22-24 (after the reference's end: not evaluated).
    reference = annotation([(0, 10, "a"), (8, 20, "b")], unit=1.0)
    hypothesis = annotation([(0, 12, "x"), (12, 18, "y"), (22, 24, "z")], unit=1.0)
    found = vm.metrics.diarization_error(reference, hypothesis)
    assert found.mapping == {"a": "x", "b": "y"}
    assert (found.total, found.missed, found.false_alarm, found.confusion) == pytest.approx((22.0, 4.0, 0.0, 2.0))
    assert found.rate == pytest.approx(6 / 22)
    # A second each side of 0, 8, 10 and 20 is left out: 1-7 and 11-19 remain.
    with_collar = vm.metrics.diarization_error(reference, hypothesis, collar=1.0)
    assert (with_collar.total, with_collar.missed, with_collar.confusion) == pytest.approx((14.0, 1.0, 1.0))
    skipped = vm.metrics.diarization_error(reference, hypothesis, skip_overlap=True)
    assert (skipped.total, skipped.missed, skipped.confusion) == pytest.approx((18.0, 2.0, 2.0))
    whole = vm.metrics.diarization_error(reference, hypothesis, uem=Timeline([Segment(0, 24)]))
    assert whole.false_alarm == pytest.approx(2.0)
    assert (whole.counting.exact, whole.counting.mean_error) == (0.0, 1.0)


def test_speakers_are_mapped_before_the_collar_is_taken_off() -> None:
    """md-eval maps by all common time; by the time that the collar leaves, x would be a."""
    reference = annotation(
        [(0, 4, "a"), (6, 7, "b"), (8, 9, "b"), (10, 11, "b"), (12, 13, "b"), (14, 15, "b")], unit=1.0
    )
    hypothesis = annotation([(0, 15, "x")], unit=1.0)
    found = vm.metrics.diarization_error(reference, hypothesis, collar=0.5)
    assert found.mapping == {"b": "x"}
    assert found.confusion == pytest.approx(3.0)


def test_turns_of_one_speaker_that_touch_keep_their_collars_and_those_that_overlap_count_once() -> None:
    touching = annotation([(0, 10, "a"), (10, 20, "a")], unit=1.0)
    once = annotation([(0, 20, "a")], unit=1.0)
    assert vm.metrics.diarization_error(touching, once, collar=1.0).total == pytest.approx(16.0)
    assert vm.metrics.diarization_error(once, touching, collar=1.0).total == pytest.approx(18.0)
    twice = annotation([(0, 12, "a"), (8, 20, "a")], unit=1.0)
    assert vm.metrics.diarization_error(twice, once).total == pytest.approx(20.0)
    assert vm.metrics.diarization_error(twice, once).rate == 0.0


def test_names_of_speakers_and_the_beginning_of_time_do_not_matter() -> None:
    rng = np.random.default_rng(7)
    reference, hypothesis = drawn(rng, 5, 30), drawn(rng, 7, 30)
    first = vm.metrics.diarization_error(annotation(reference), annotation(hypothesis), collar=0.25)
    renamed = [(start + 77, end + 77, f"new{9 - int(name[1:])}") for start, end, name in hypothesis]
    moved = [(start + 77, end + 77, name) for start, end, name in reference]
    second = vm.metrics.diarization_error(annotation(moved), annotation(renamed), collar=0.25)
    for name in ("total", "missed", "false_alarm", "confusion"):
        assert getattr(second, name) == pytest.approx(getattr(first, name), abs=1e-9)


def test_a_perfect_hypothesis_has_no_error() -> None:
    rows = drawn(np.random.default_rng(1), 4, 30)
    for collar in (0.0, 0.25):
        assert vm.metrics.diarization_error(annotation(rows), annotation(rows), collar=collar).rate == 0.0


def test_several_recordings_are_pooled_and_averaged() -> None:
    reference = {"one": annotation([(0, 10, "a")], unit=1.0), "two": annotation([(0, 30, "a")], unit=1.0)}
    hypothesis = {"two": annotation([(0, 30, "x")], unit=1.0), "one": annotation([(0, 5, "x")], unit=1.0)}
    found = vm.metrics.diarization_error(reference, hypothesis)
    assert [one.rate for one in found.recordings] == [0.5, 0.0]
    assert found.rate == pytest.approx(5 / 40)
    assert found.mean_rate == pytest.approx(0.25)
    assert not found.cautions


def test_missing_recordings_are_told_and_count_as_missed(tmp_path: Path) -> None:
    reference = [annotation([(0, 10, "a")], name, 1.0) for name in ("one", "two")]
    hypothesis = [annotation([(0, 10, "a")], name, 1.0) for name in ("two", "three")]
    write_rttm(tmp_path / "reference.rttm", reference)
    found = vm.metrics.diarization_error(tmp_path / "reference.rttm", hypothesis)
    assert found.rate == pytest.approx(0.5)
    assert found.recordings[0].missed == 10.0
    assert any("missing in the hypothesis" in caution and "one" in caution for caution in found.cautions)
    assert any("not in the reference" in caution and "three" in caution for caution in found.cautions)
    with pytest.raises(InputError, match="found none of them"):
        vm.metrics.diarization_error(reference, {"four": reference[0]})


def test_a_recording_without_scored_speech_has_no_rate() -> None:
    reference = {"one": annotation([(0, 10, "a")], unit=1.0), "two": annotation([(0, 1, "a")], unit=1.0)}
    found = vm.metrics.diarization_error(reference, reference, collar=0.5)
    assert math.isnan(found.recordings[1].rate)
    assert found.rate == found.mean_rate == 0.0
    assert any("no rate of their own: two" in caution for caution in found.cautions)


def test_the_protocol_of_narayanaswamy_2019() -> None:
    # b and c overlap: both are taken out. Of a (0-10) and d (30-40) a quarter of a second at each end is not scored.
    reference = annotation([(0, 10, "a"), (12, 20, "b"), (18, 28, "c"), (30, 40, "d")], unit=1.0)
    hypothesis = annotation([(0, 10, "x"), (12, 28, "x"), (30, 36, "y"), (36, 40, "x")], unit=1.0)
    found = vm.metrics.diarization_error(reference, hypothesis, protocol="narayanaswamy_2019")
    assert found.total == pytest.approx(19.0)
    assert found.confusion == pytest.approx(3.75)
    assert found.rate == pytest.approx(3.75 / 19.0)
    assert (found.missed, found.false_alarm) == (0.0, 0.0)  # where b and c spoke is not scored
    assert "narayanaswamy_2019" in found.conventions
    assert "confusion alone" in found.conventions
    assert not found.cautions
    several = {"one": reference, "two": annotation([(0, 2, "a")], unit=1.0)}
    poorer = {"one": hypothesis, "two": annotation([(0, 1, "a")], unit=1.0)}
    both = vm.metrics.diarization_error(several, poorer, protocol="narayanaswamy_2019")
    assert both.rate == pytest.approx(3.75 / 19.0 / 2)
    assert any("reference's regions" in caution for caution in both.cautions)
    with pytest.raises(InputError, match="expected every recording in the hypothesis"):
        vm.metrics.diarization_error(several, {"one": hypothesis}, protocol="narayanaswamy_2019")
    with pytest.raises(InputError, match="leave both options out"):
        vm.metrics.diarization_error(reference, hypothesis, collar=0.5, protocol="narayanaswamy_2019")
    with pytest.raises(InputError, match="did you mean 'narayanaswamy_2019'"):
        vm.metrics.diarization_error(reference, hypothesis, protocol="narayanaswamy")


def test_the_protocol_of_narayanaswamy_2019_equals_pyannote_metrics() -> None:
    from pyannote.metrics.diarization import DiarizationErrorRate

    rng = np.random.default_rng(5)
    turns = [(start, start + int(rng.integers(5, 40)), f"s{rng.integers(3)}") for start in range(0, 400, 20)]
    kept = [one for one in turns if sum(one[0] < other[1] and other[0] < one[1] for other in turns) == 1]
    hypothesis = [(start, end, f"h{rng.integers(3)}") for start, end, _ in kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = DiarizationErrorRate(collar=0.5)(annotation(kept), annotation(hypothesis), detailed=True)
    ours = vm.metrics.diarization_error(annotation(turns), annotation(hypothesis), protocol="narayanaswamy_2019")
    assert len(kept) < len(turns)
    assert ours.rate == pytest.approx(theirs["confusion"] / theirs["total"], abs=1e-9)


def test_overlaps_that_touch_each_other_are_all_skipped() -> None:
    """md-eval 22 scores the second of two such overlaps where the scored region ends within it."""
    reference = annotation([(0, 30, "a"), (10, 20, "b"), (20, 28, "c")], unit=1.0)
    uem = Timeline([Segment(0, 25)])
    found = vm.metrics.diarization_error(reference, reference, skip_overlap=True, uem=uem)
    assert found.total == pytest.approx(10.0)


def test_lines_that_md_eval_would_leave_out_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.rttm"
    path.write_text("SPEAKER r 1 0 5 <NA> <NA> a <NA> <NA>\nNOSCORE r 1 2 1 <NA> <NA> <NA> <NA> <NA>\n")
    assert any("1 NOSCORE or NON-LEX lines" in caution for caution in vm.metrics.diarization_error(path, path).cautions)


def test_a_uem_may_lack_a_recording_which_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.uem").write_text("one 1 0 4\n")
    reference = {"one": annotation([(0, 10, "a")], unit=1.0), "two": annotation([(0, 30, "a")], unit=1.0)}
    found = vm.metrics.diarization_error(reference, reference, uem=tmp_path / "a.uem")
    assert found.total == pytest.approx(34.0)
    assert any("missing in the UEM" in caution and "two" in caution for caution in found.cautions)
    with pytest.raises(InputError, match="timelines by recording for 2 recordings"):
        vm.metrics.diarization_error(reference, reference, uem=Timeline([Segment(0, 1)]))


def test_the_protocol_of_narayanaswamy_2019_maps_by_what_it_scores() -> None:
    # y shares more of a's time than x, but the collars leave nothing of turns of less than half a second.
    short = [(start, start + 0.4, "a") for start in range(10, 20)]
    reference = annotation([(0, 2, "a"), *short], unit=1.0)
    hypothesis = annotation([(0, 2, "x"), *((start, end, "y") for start, end, _ in short)], unit=1.0)
    assert vm.metrics.diarization_error(reference, hypothesis, protocol="narayanaswamy_2019").confusion == 0.0
    assert vm.metrics.diarization_error(reference, hypothesis, collar=0.25).confusion == pytest.approx(1.5)


@pytest.mark.parametrize("split_first", [False, True])
def test_of_mappings_with_equal_time_the_one_with_more_of_it_scored_is_taken(split_first: bool) -> None:
    # Collars of half a second leave nothing of the turns that are split in two.
    split, whole = (0, 4) if split_first else (4, 0)
    reference = annotation([(split, split + 1, "a"), (split + 1, split + 2, "a"), (whole, whole + 2, "a")], unit=1.0)
    hypothesis = annotation([(split, split + 2, "x"), (whole, whole + 2, "y")], unit=1.0)
    found = vm.metrics.diarization_error(reference, hypothesis, collar=0.5)
    assert found.total == pytest.approx(1.0)
    assert found.confusion == 0.0
    assert found.mapping == {"a": "y"}


def test_counting_too_many_and_too_few_do_not_make_up_for_each_other() -> None:
    one, two = (annotation([(0, 5, "a"), (5, 10, other)], unit=1.0) for other in ("a", "b"))
    counting = vm.metrics.diarization_error({"one": one, "two": two}, {"one": two, "two": one}).counting
    assert (counting.exact, counting.mean_error, counting.mean_absolute_error) == (0.0, 0.0, 1.0)
