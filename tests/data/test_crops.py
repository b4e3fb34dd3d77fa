from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from voxmetric.audio import augmentation
from voxmetric.audio.augmentation.augmentation import Augmentation
from voxmetric.data.batches import ShuffledBatches, SpeakerBatches
from voxmetric.data.crops import CropLoader
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

RATE = 16_000
NUM_SPEAKERS, PER_SPEAKER = 6, 4


@pytest.fixture
def table(tmp_path: Path) -> UtteranceTable:
    """Six speakers of four utterances, 0.3 to 1.5 s each; the sample values rise by one step of 16 bits."""
    columns: dict[str, list[object]] = {"id": [], "path": [], "speaker": [], "duration": []}
    for speaker in range(NUM_SPEAKERS):
        for utterance in range(PER_SPEAKER):
            samples = 4800 + 19_200 * utterance // (PER_SPEAKER - 1)
            name = f"{speaker}-{utterance}"
            ramp = (np.arange(samples) + 1000 * speaker - 10_000).astype(np.int16)
            soundfile.write(tmp_path / f"{name}.flac", ramp, RATE)
            for column, value in zip(
                columns.values(), (name, f"{name}.flac", f"s{speaker}", samples / RATE), strict=True
            ):
                column.append(value)
    return UtteranceTable.from_columns(columns, tmp_path, "test")


def loader(table: UtteranceTable, **options: object) -> CropLoader:
    labels = table.speaker_codes()[1]
    batches = SpeakerBatches(labels, 4, 2, seed=0)
    return CropLoader(table, labels, batches, **{"crop_seconds": 0.5, "last_step": 6, "seed": 1} | options)


AUGMENTATIONS = [
    {"name": "speed", "factors": [0.9, 1.0, 1.1]},
    {"name": "one_of", "parts": [{"name": "simulated_reverberation"}, {"name": "gain"}], "probability": 0.7},
]


def contents(crops: CropLoader) -> list[tuple[np.ndarray, list[int], list[int]]]:
    return [(batch.waveforms.numpy(), batch.labels.tolist(), batch.indices.tolist()) for batch in crops]


def assert_same(first: list[tuple[np.ndarray, ...]], second: list[tuple[np.ndarray, ...]]) -> None:
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1:] == b[1:]


def test_batches_are_crops_of_the_rows_that_the_sampler_chose(table):
    crops = loader(table)
    assert len(crops) == 6
    batches = SpeakerBatches(table.speaker_codes()[1], 4, 2, seed=0)
    for step, batch in enumerate(crops):
        assert batch.waveforms.shape == (8, 8000)
        assert batch.waveforms.dtype == torch.float32
        assert batch.labels.dtype == batch.indices.dtype == torch.int64
        assert batch.num_skipped == 0
        np.testing.assert_array_equal(batch.indices, batches.batch(step))
        for waveform, label, row in zip(batch.waveforms, batch.labels, batch.indices, strict=True):
            assert table.speakers[row] == f"s{label}"
            samples = (waveform.double() * 32768).round().long()
            jumps = torch.diff(samples)
            length = round(table.durations[row] * RATE)
            assert set(jumps.tolist()) <= {1, 1 - length}  # a rising ramp, begun anew where the utterance ends
            assert samples.min() >= 1000 * int(label) - 10_000
            assert samples.max() < 1000 * int(label) - 10_000 + length


def test_the_same_at_any_number_of_workers_and_with_any_cache(table):
    augmentations = augmentation.create_all(AUGMENTATIONS)
    expected = contents(loader(table, augmentations=augmentations, cache_bytes=0))
    for options in ({"workers": 1}, {"workers": 2}, {"workers": 2, "cache_bytes": 0}, {"cache_bytes": 400_000}):
        assert_same(contents(loader(table, augmentations=augmentations, **options)), expected)


def test_the_same_wherever_it_is_resumed(table):
    augmentations = augmentation.create_all(AUGMENTATIONS)
    whole = contents(loader(table, augmentations=augmentations))
    assert_same(contents(loader(table, augmentations=augmentations, first_step=4)), whole[4:])
    assert contents(loader(table, first_step=6)) == []


def test_ranks_share_the_batch_of_one_process(table):
    augmentations = augmentation.create_all(AUGMENTATIONS)
    whole = contents(loader(table, augmentations=augmentations))
    ranks = [contents(loader(table, augmentations=augmentations, rank=rank, world_size=2)) for rank in range(2)]
    joined = [(np.concatenate([a[0], b[0]]), a[1] + b[1], a[2] + b[2]) for a, b in zip(ranks[0], ranks[1], strict=True)]
    assert_same(joined, whole)


def test_seeds_and_steps_give_different_crops(table):
    labels = table.speaker_codes()[1]
    everything = ShuffledBatches(len(table), len(table), seed=0)
    options = {"crop_seconds": 0.1, "last_step": 2}
    first, second = (batch.waveforms for batch in CropLoader(table, labels, everything, seed=0, **options))
    other = next(iter(CropLoader(table, labels, everything, seed=1, **options))).waveforms
    assert not torch.equal(first.sort(0).values, second.sort(0).values)
    assert not torch.equal(first, other)


def test_the_global_generator_is_left_alone(table):
    torch.manual_seed(3)
    expected = torch.get_rng_state()
    contents(loader(table))
    assert torch.equal(torch.get_rng_state(), expected)


def test_parts_rates_and_channels_of_files_are_honoured(tmp_path):
    rising = np.stack([np.linspace(0.1, 0.5, 16_000), np.linspace(-0.5, -0.1, 16_000)], axis=1)
    soundfile.write(tmp_path / "stereo.wav", rising, 8000, subtype="FLOAT")
    columns = {
        "id": ["a", "b"],
        "path": ["stereo.wav"] * 2,
        "speaker": ["a", "b"],
        "start": [0.5, 0.25],
        "duration": [1.0, 0.5],
        "channel": ["1", ""],
    }
    pair = UtteranceTable.from_columns(columns, tmp_path, "test")
    labels = np.array([0, 1])
    crops = CropLoader(pair, labels, ShuffledBatches(2, 2, seed=0), crop_seconds=0.4, last_step=1)
    batch = next(iter(crops))
    by_label = batch.waveforms[batch.labels.argsort()]
    assert by_label.shape == (2, 6400)
    assert -0.4 - 1e-3 < by_label[0].min() < by_label[0].max() < -0.2 + 1e-3
    assert -0.15 - 1e-3 < by_label[1].min() < by_label[1].max() < -0.05 + 1e-3  # the mean of both channels


def spoil(table: UtteranceTable, *rows: int) -> None:
    for row in rows:
        whole = Path(table.paths[row]).read_bytes()
        Path(table.paths[row]).write_bytes(whole[: len(whole) // 3])


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_file_is_replaced_by_another_of_its_speaker(table, workers):
    spoil(table, 5)
    crops = loader(table, workers=workers, maximum_skipped=0.05, last_step=12)
    batches = list(crops)
    assert crops.skipped_ids == ["1-1"]
    assert sum(batch.num_skipped for batch in batches) > 0
    for step, batch in enumerate(batches):
        due = SpeakerBatches(table.speaker_codes()[1], 4, 2, seed=0).batch(step)
        assert 5 not in batch.indices
        assert batch.num_skipped == (due == 5).sum()
        np.testing.assert_array_equal(batch.labels, table.speaker_codes()[1][due])
        assert len(set(batch.indices.tolist())) == 8  # a row that was not in the batch takes its place
    assert_same(contents(loader(table, maximum_skipped=0.05, last_step=12)), contents(crops))


@pytest.mark.parametrize("workers", [0, 1])
def test_too_many_damaged_files_are_an_error(table, workers):
    spoil(table, 0, 5, 10)
    with pytest.raises(
        InputError, match=r"of 24 utterances \([\d.]+%\) could not be read, more than the 5\.0% allowed"
    ):
        list(loader(table, workers=workers, maximum_skipped=0.05, last_step=20))


def test_a_speaker_without_a_readable_file_is_named(table):
    spoil(table, 8, 9, 10, 11)
    with pytest.raises(InputError, match="no utterance of speaker 's2' can be read"):
        list(loader(table, workers=1, maximum_skipped=1.0, last_step=20))


def test_an_unreadable_noise_file_is_not_held_against_the_utterance(table, tmp_path):
    hum = tmp_path / "noise" / "hum.wav"
    hum.parent.mkdir()
    soundfile.write(hum, np.ones(RATE) / 2, RATE)
    noise = augmentation.create("noise", folder=hum.parent)
    hum.unlink()
    with pytest.raises(InputError, match=r"hum\.wav"):
        list(loader(table, augmentations=[noise]))


def test_a_killed_worker_is_a_clear_error(table):
    class Kill(Augmentation):
        def apply(self, *_):
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(InputError, match="a loader process died"):
        list(loader(table, augmentations=[Kill()], workers=1))


def test_a_batch_that_processes_cannot_share_is_refused(table):
    with pytest.raises(InputError, match="a multiple of the 3 processes, found 8"):
        loader(table, world_size=3)


def test_real_speech(real_speech):
    table = UtteranceTable.read(real_speech / "utterances.csv").where(corpus="arabic", split="dev")
    labels = table.speaker_codes()[1]
    made = augmentation.create_all(
        [
            {"name": "reverberation", "folder": str(real_speech / "rirs"), "probability": 0.5},
            {"name": "noise", "folder": str(real_speech / "noise"), "snr": [0, 15]},
        ]
    )
    options = {"crop_seconds": 1.5, "last_step": 5, "augmentations": made}
    runs = [
        contents(CropLoader(table, labels, SpeakerBatches(labels, 4, 8, seed=0), workers=workers, **options))
        for workers in (0, 2)
    ]
    assert_same(*runs)
    assert all(np.isfinite(waveforms).all() and waveforms.std(axis=1).min() > 0 for waveforms, _, _ in runs[0])
