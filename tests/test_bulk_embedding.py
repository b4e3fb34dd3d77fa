"""Pieces, batches and threads; what the embeddings are is tested with the model."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

import voxmetric as vm
from voxmetric import bulk_embedding
from voxmetric.audio.reading import read
from voxmetric.bulk_embedding import MOST_PADDING, Recording, batches_by_length, embed_recordings
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="module")
def model() -> SpeakerModel:
    torch.manual_seed(0)
    return SpeakerModel(vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16)))


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 1000))
def test_batches_hold_everything_once_and_little_padding(lengths: list[int], batch_samples: int) -> None:
    batches = batches_by_length(np.array(lengths, dtype=np.int64), batch_samples)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        own = [lengths[index] for index in batch]
        padded = max(own) * len(own)
        assert len(own) == 1 or (padded <= batch_samples and padded - sum(own) <= MOST_PADDING * padded + 1e-9)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=30), st.integers(1, 300))
def test_recordings_are_cut_as_numpy_cuts_arrays(lengths: list[int], window: int) -> None:
    pieces = bulk_embedding._cut(np.array(lengths), window)
    for owner, length in enumerate(lengths):
        expected = [(part[0], part[-1] + 1) for part in np.array_split(np.arange(length), -(-length // window))]
        own = pieces.owners == owner
        assert list(zip(pieces.first[own], pieces.stop[own], strict=True)) == expected


def sums(waveforms: list[np.ndarray]) -> np.ndarray:
    return np.array([[waveform.sum(), len(waveform)] for waveform in waveforms])


def ramp(number: int, length: int) -> Recording:
    return Recording(str(number), length, lambda first, stop: np.arange(first, stop, dtype=np.float32) + number)


@pytest.mark.usefixtures("two_threads")
def test_batches_are_computed_by_several_threads_of_one_core_each() -> None:
    seen: set[tuple[int, int]] = set()
    together = threading.Barrier(2, timeout=30)

    def compute(waveforms: list[np.ndarray]) -> np.ndarray:
        seen.add((threading.get_ident(), torch.get_num_threads()))
        together.wait()  # passes only if two batches are at work at once
        return sums(waveforms)

    recordings = [ramp(number, 900) for number in range(20)]
    done: list[int] = []
    vectors, failures = embed_recordings(
        recordings, compute, sample_rate=1000, embedding_size=2, on_progress=done.append
    )
    assert len(seen) == 2
    assert {threads for _, threads in seen} == {1}
    assert torch.get_num_threads() == 2
    assert done == sorted(done)
    assert done[-1] == 20
    assert failures == {}
    expected = sums([recording.read(0, 900) for recording in recordings])
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("error", [InputError, KeyboardInterrupt])
def test_an_error_ends_the_work_and_the_threads(error: type[BaseException]) -> None:
    before = threading.active_count()

    def reading(number: int) -> Recording:
        def part(*_: int) -> np.ndarray:
            raise error(f"no. {number}")

        return Recording(str(number), 9_000, part)

    with pytest.raises(error):
        embed_recordings([reading(number) for number in range(500)], sums, sample_rate=1000, embedding_size=2)
    assert threading.active_count() == before
    assert torch.get_num_threads() == 2


def test_a_silent_piece_does_not_count() -> None:
    samples = np.concatenate([np.arange(60_000), np.full(60_000, 7), np.arange(60_000) * 2]).astype(np.float32)
    recording = Recording("half", len(samples), lambda first, stop: samples[first:stop])
    vectors, _ = embed_recordings([recording], sums, sample_rate=1000, embedding_size=2)
    expected = sums([samples[:60_000], samples[120_000:]])
    expected = (expected / np.linalg.norm(expected, axis=1, keepdims=True)).mean(0)
    np.testing.assert_allclose(vectors[0], expected / np.linalg.norm(expected), atol=1e-6)


def test_no_recordings_give_no_embeddings(model: SpeakerModel) -> None:
    assert model.embed([]).shape == (0, 12)


@pytest.mark.parametrize("sample_rate", [16_000, 22_050])
def test_a_long_file_read_in_pieces_equals_the_whole(model: SpeakerModel, tmp_path: Path, sample_rate: int) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(130 * sample_rate), sample_rate)
    np.testing.assert_allclose(model.embed(path), model.embed(read(path)), atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_hour_needs_the_memory_of_minutes(tmp_path: Path, threads: int) -> None:
    path, rate = tmp_path / "hour.flac", 8_000
    with soundfile.SoundFile(path, "w", rate, 1) as file:
        for minute in range(60):
            sparse = np.zeros(60 * rate)
            sparse[minute :: rate // 4] = 0.5
            file.write(sparse)
    small = vm.encoders.create(
        "x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16), front_end={"sample_rate": rate, "hop_seconds": 0.05}
    )
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    tracemalloc.start()
    try:
        embedding = SpeakerModel(small).embed(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        torch.set_num_threads(before)
    assert np.isfinite(embedding).all()
    whole = 3600 * rate * 4
    assert peak < whole / 8  # a minute and its copies for each thread


def test_work_that_ends_too_early_is_not_taken_for_done() -> None:
    def compute(_: list[np.ndarray]) -> np.ndarray:
        raise StopIteration

    noise = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    recordings = [Recording(f"r{number}", 4000, lambda first, stop: noise[first:stop]) for number in range(40)]
    with pytest.raises(RuntimeError):
        embed_recordings(recordings, compute, sample_rate=2000, embedding_size=3)


@pytest.mark.usefixtures("two_threads")
def test_a_thread_that_first_embeds_while_another_does_has_all_threads() -> None:
    second: list[int] = []

    def embed_too() -> None:
        embed_recordings([ramp(number, 900) for number in range(50)], sums, sample_rate=1000, embedding_size=2)
        second.append(torch.get_num_threads())

    def compute(waveforms: list[np.ndarray]) -> np.ndarray:
        if not second:
            thread = threading.Thread(target=embed_too)
            thread.start()
            thread.join(30)
        assert torch.get_num_threads() == 1
        return sums(waveforms)

    embed_recordings([ramp(number, 900) for number in range(50)], compute, sample_rate=1000, embedding_size=2)
    assert set(second) == {2}
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_what_is_embedded_within_a_batch_starts_no_threads() -> None:
    names: set[str] = set()

    def inner(waveforms: list[np.ndarray]) -> np.ndarray:
        names.add(threading.current_thread().name)
        return sums(waveforms)

    def outer(waveforms: list[np.ndarray]) -> np.ndarray:
        names.add(threading.current_thread().name)
        recordings = [Recording("", len(each), lambda *_, each=each: each) for each in waveforms]
        return embed_recordings(recordings, inner, sample_rate=1000, embedding_size=2)[0]

    embed_recordings([ramp(number, 30_000) for number in range(20)], outer, sample_rate=1000, embedding_size=2)
    assert len(names) <= 2


def test_recordings_that_are_made_longer_are_counted_so() -> None:
    sizes: list[int] = []

    def compute(waveforms: list[np.ndarray]) -> np.ndarray:
        sizes.append(len(waveforms))
        return sums(waveforms)

    recordings = [ramp(number, 10) for number in range(100)]
    embed_recordings(recordings, compute, sample_rate=1000, embedding_size=2, shortest=2000)
    assert max(sizes) * 2000 <= bulk_embedding.BATCH_SECONDS * 1000


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([0.0, 3e10], "beyond 1e\\+10"),
        ([-3e10, 0.0], "beyond 1e\\+10"),
        ([0.0, np.inf], "not finite"),
        ([np.nan, 0.0], "not finite"),
        ([0.0, 9.0], "gives no finite numbers"),
    ],
)
def test_what_cannot_be_computed_with_is_refused_by_name_or_left_out(samples: list[float], reason: str) -> None:
    def compute(waveforms: list[np.ndarray]) -> np.ndarray:
        return np.array([[each.sum(), np.nan if each.max() == 9.0 else 1.0] for each in waveforms])

    bad = Recording("bad.wav", 2, lambda *_: np.array(samples, dtype=np.float32))
    with pytest.raises(InputError, match=f"bad.wav: .*{reason}"):
        embed_recordings([ramp(0, 5), bad], compute, sample_rate=1000, embedding_size=2)
    vectors, failures = embed_recordings(
        [ramp(0, 5), bad, ramp(1, 5)], compute, sample_rate=1000, embedding_size=2, skip_unreadable=True
    )
    assert list(failures) == [1]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=1e-6)


def test_samples_in_integer_steps_are_taken(model: SpeakerModel) -> None:
    samples = np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    assert np.isfinite(model.embed(samples * 2**30)).all()
