from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from voxmetric.audio import augmentation
from voxmetric.data.batches import ShuffledBatches
from voxmetric.data.utterances import UtteranceTable
from voxmetric.data.view_plan import ViewPlan
from voxmetric.data.views import ViewBatch, ViewLoader
from voxmetric.errors import InputError

RATE = 16_000
NUM_RECORDINGS = 20


@pytest.fixture
def table(tmp_path: Path) -> UtteranceTable:
    """Twenty recordings of 0.2 to 2.1 s, all of an unknown speaker; sample k of recording n is k + 1000 (n - 20)."""
    for number in range(NUM_RECORDINGS):
        samples = np.arange(3200 + 1600 * number) + 1000 * (number - 20)
        soundfile.write(tmp_path / f"{number}.flac", samples.astype(np.int16), RATE)
    columns = {
        "path": [f"{number}.flac" for number in range(NUM_RECORDINGS)],
        "speaker": ["unknown"] * NUM_RECORDINGS,
        "duration": [0.2 + 0.1 * number for number in range(NUM_RECORDINGS)],
    }
    return UtteranceTable.from_columns(columns, tmp_path, "test")


PLAN = ViewPlan(0.5, count=2, local_seconds=0.25, local_count=3)
AUGMENTATIONS = [
    {"name": "speed", "probability": 0.5},
    {"name": "one_of", "parts": [{"name": "simulated_reverberation"}, {"name": "gain"}], "probability": 0.7},
]


def loader(table: UtteranceTable, **options: object) -> ViewLoader:
    batches = ShuffledBatches(len(table), 6, seed=0)
    return ViewLoader(table, batches, **{"views": PLAN, "last_step": 6, "seed": 1} | options)


def assert_same(first: list[ViewBatch], second: list[ViewBatch]) -> None:
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.recordings, b.recordings)
        for one, other in zip(a.views, b.views, strict=True):
            assert torch.equal(one, other)


def first_samples(views: torch.Tensor, recordings: torch.Tensor) -> list[int]:
    """Where in its recording each view begins, read off the ramp."""
    return ((views[:, 0].double() * 32768).round().long() - 1000 * (recordings - 20)).tolist()


def test_views_are_crops_of_the_rows_that_the_sampler_chose(table):
    views = loader(table)
    assert len(views) == 6
    batches = ShuffledBatches(len(table), 6, seed=0)
    for step, batch in enumerate(views):
        np.testing.assert_array_equal(batch.recordings, batches.batch(step))
        assert batch.indices is batch.recordings
        assert batch.num_skipped == 0
        assert [tuple(view.shape) for view in batch.views] == [(6, 8000)] * 2 + [(6, 4000)] * 3
        for view in batch.views:
            assert view.dtype == torch.float32
            for samples, row in zip((view.double() * 32768).round().long(), batch.recordings.tolist(), strict=True):
                length = 3200 + 1600 * row
                assert set(torch.diff(samples).tolist()) <= {1, 1 - length}


@pytest.mark.parametrize("disjoint", [False, True])
def test_disjoint_views_do_not_overlap_and_others_may(table, disjoint):
    long = table.take(np.flatnonzero(table.durations >= 1.0))
    views = ViewPlan(0.5, disjoint=disjoint)
    overlaps = []
    for batch in ViewLoader(long, ShuffledBatches(len(long), 6, seed=0), views=views, last_step=20):
        rows = batch.recordings + NUM_RECORDINGS - len(long)
        first, second = (np.array(first_samples(view, rows)) for view in batch.views)
        overlaps += (np.abs(first - second) < 8000).tolist()
    assert any(overlaps) is not disjoint


def test_everything_is_the_same_whatever_the_workers_and_the_cache(table):
    made = augmentation.create_all(AUGMENTATIONS)
    expected = list(loader(table, augmentations=made, cache_bytes=0))
    for options in ({"workers": 1}, {"workers": 2, "cache_bytes": 0}, {"cache_bytes": 300_000}):
        assert_same(list(loader(table, augmentations=made, **options)), expected)


def test_the_same_wherever_it_is_resumed(table):
    made = augmentation.create_all(AUGMENTATIONS)
    whole = list(loader(table, augmentations=made))
    assert_same(list(loader(table, augmentations=made, first_step=4)), whole[4:])


def test_ranks_share_the_batch_of_one_process(table):
    made = augmentation.create_all(AUGMENTATIONS)
    whole = list(loader(table, augmentations=made))
    ranks = [list(loader(table, augmentations=made, rank=rank, world_size=2)) for rank in range(2)]
    for batch, *shares in zip(whole, *ranks, strict=True):
        assert torch.equal(torch.cat([share.recordings for share in shares]), batch.recordings)
        for view, *parts in zip(batch.views, *(share.views for share in shares), strict=True):
            assert torch.equal(torch.cat(parts), view)


def test_seeds_and_steps_give_different_views(table):
    everything = ShuffledBatches(len(table), len(table), seed=0)
    options = {"views": ViewPlan(0.1), "last_step": 2}
    (first, second) = ViewLoader(table, everything, seed=0, **options)
    other = next(iter(ViewLoader(table, everything, seed=1, **options)))
    in_order = [batch.views[0][batch.recordings.argsort()] for batch in (first, second, other)]
    assert not torch.equal(in_order[0], in_order[1])
    assert not torch.equal(in_order[0], in_order[2])


def test_each_view_is_augmented_on_its_own(table):
    plan = ViewPlan(5.0)  # longer than any recording: every view holds all samples of it
    made = augmentation.create_all([{"name": "gain", "decibels": [-20, -1]}])
    for batch in loader(table, views=plan, augmentations=made):
        peaks = torch.stack([view.abs().amax(1) for view in batch.views])
        assert (peaks[0] / peaks[1] - 1).abs().min() > 1e-4


def test_a_change_of_speaker_is_drawn_alike_for_all_views(table):
    made = augmentation.create_all([{"name": "speed", "factors": [0.8, 0.9, 1.1, 1.2]}])
    drawn = set()
    for batch in loader(table.take([18, 19] * 3).with_column("id", list("abcdef")), augmentations=made):
        slopes = torch.stack([torch.diff(view[:, 1000:3000]).median(1).values * 32768 for view in batch.views])
        torch.testing.assert_close(slopes, slopes[:1].expand_as(slopes), atol=0.02, rtol=0)
        drawn |= set(np.round(slopes[0].numpy(), 1).tolist())
    assert len(drawn) == 4


def test_recordings_of_the_corpus_babble(table):
    def made(**options: object) -> list[ViewBatch]:
        babble = augmentation.create_all([{"name": "babble", "snr": [0, 0]}])
        return list(loader(table, augmentations=babble, **options))

    clean, noisy = list(loader(table)), made()
    for one, other in zip(clean, noisy, strict=True):
        added = other.views[0] - one.views[0]
        assert torch.equal(other.recordings, one.recordings)
        torch.testing.assert_close(added.square().mean(1), one.views[0].square().mean(1), rtol=1e-3, atol=0)
    assert_same(made(workers=2), noisy)
    assert_same(made(cache_bytes=0), noisy)


def test_labels_are_never_read(table, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("labels were read")

    monkeypatch.setattr(UtteranceTable, "speakers", property(refuse))
    monkeypatch.setattr(UtteranceTable, "speaker_codes", refuse)
    column = UtteranceTable.column
    monkeypatch.setattr(
        UtteranceTable, "column", lambda self, name: refuse() if name == "speaker" else column(self, name)
    )
    spoil(table, 3)
    assert sum(batch.num_skipped for batch in loader(table, maximum_skipped=0.1)) > 0


def spoil(table: UtteranceTable, *rows: int) -> None:
    for row in rows:
        whole = Path(table.paths[row]).read_bytes()
        Path(table.paths[row]).write_bytes(whole[: len(whole) // 3])


@pytest.mark.parametrize("workers", [0, 2])
def test_damaged_recordings_are_replaced_by_others_that_are_not_in_the_batch(table, workers):
    spoil(table, 3, 7, 11)
    batches = ShuffledBatches(len(table), 6, seed=0)
    views = loader(table, workers=workers, maximum_skipped=0.2, last_step=30)
    made = list(views)
    for step, batch in enumerate(made):
        due, read = batches.batch(step), batch.recordings.numpy()
        broken = np.isin(due, (3, 7, 11))
        np.testing.assert_array_equal(read[~broken], due[~broken])
        assert not np.isin(read, (3, 7, 11)).any()
        assert len(set(read.tolist())) == 6
        assert batch.num_skipped >= broken.sum()
    assert len(views.skipped_ids) == 3
    ranks = [list(loader(table, maximum_skipped=0.2, last_step=30, rank=rank, world_size=3)) for rank in range(3)]
    for batch, *shares in zip(made, *ranks, strict=True):
        assert torch.equal(torch.cat([share.recordings for share in shares]), batch.recordings)


def test_no_recording_comes_twice_in_a_batch_at_the_border_of_epochs(table):
    batches = ShuffledBatches(len(table), 6, seed=0)  # 20 recordings: two are left over in every epoch
    for batch in loader(table, views=ViewPlan(0.1), last_step=12):
        assert len(set(batch.recordings.tolist())) == 6
    assert batches.batches_per_epoch == 3


def test_too_many_damaged_recordings_are_an_error(table):
    spoil(table, 3, 7, 11)
    with pytest.raises(InputError, match=r"of 20 utterances \([\d.]+%\) could not be read"):
        list(loader(table, last_step=20))


def test_a_recording_that_nothing_can_replace_is_named(table):
    spoil(table, 3)
    everything = ShuffledBatches(len(table), len(table), seed=0)
    with pytest.raises(InputError, match=r"recording '3\.flac' cannot be read, nor can any outside the batch"):
        list(ViewLoader(table, everything, views=PLAN, last_step=1))


def test_bad_settings_are_refused(table):
    with pytest.raises(InputError, match="a multiple of the 4 processes, found 6"):
        loader(table, world_size=4)


def test_real_speech(real_speech):
    table = UtteranceTable.read(real_speech / "utterances.csv").where(corpus="librispeech").take(range(16))
    made = augmentation.create_all(
        [
            {"name": "reverberation", "folder": str(real_speech / "rirs"), "probability": 0.5},
            {"name": "noise", "folder": str(real_speech / "noise"), "snr": [0, 15]},
        ]
    )
    batches = ShuffledBatches(len(table), 8, seed=0)
    options = {"views": ViewPlan(2.0, local_count=2, disjoint=True), "last_step": 2, "augmentations": made}
    runs = [list(ViewLoader(table, batches, workers=workers, **options)) for workers in (0, 2)]
    assert_same(*runs)
    assert all(view.isfinite().all() and view.std(dim=1).min() > 0 for batch in runs[0] for view in batch.views)
