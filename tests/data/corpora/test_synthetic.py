from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.audio.reading import info, read
from voxmetric.data.corpora import synthetic
from voxmetric.data.corpora.synthetic import synthesize
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

SMALL = {"num_speakers": 8, "utterances_per_speaker": 2}


def test_the_corpus_is_what_its_table_says(tmp_path):
    table = synthesize(tmp_path / "voices", **SMALL)
    assert len(table) == 16
    assert set(table.column("corpus")) == {"synthetic"}
    by_split = {split: set(table.where(split=split).speakers) for split in ("train", "dev", "test")}
    assert {split: len(speakers) for split, speakers in by_split.items()} == {"train": 4, "dev": 2, "test": 2}
    assert len(set.union(*by_split.values())) == 8
    for path, duration in zip(table.paths, table.durations, strict=True):
        about = info(path)
        assert (about.sample_rate, about.num_channels) == (16_000, 1)
        assert about.duration == duration
        assert 1.5 <= duration <= 2.5
        assert read(path).std() > 1e-3
    stored = UtteranceTable.read(tmp_path / "voices" / "utterances.csv")
    assert stored.ids.tolist() == table.ids.tolist()
    assert "Synthetic voices" in (tmp_path / "voices" / "README.md").read_text()


def test_equal_seeds_give_equal_files(tmp_path):
    tables = [synthesize(tmp_path / str(n), seed=seed, **SMALL) for n, seed in enumerate((3, 3, 4))]
    contents = [[Path(path).read_bytes() for path in table.paths] for table in tables]
    assert contents[0] == contents[1]
    assert not set(contents[0]) & set(contents[2])


def test_no_two_utterances_are_alike(tmp_path):
    table = synthesize(tmp_path, **SMALL)
    assert len({Path(path).read_bytes() for path in table.paths}) == len(table)


def test_a_complete_corpus_is_taken_and_an_incomplete_one_finished(tmp_path, monkeypatch):
    first = synthesize(tmp_path, **SMALL)
    voices = [read(path) for path in first.paths]
    Path(first.paths[3]).unlink()
    (tmp_path / "utterances.csv").unlink()
    finished = synthesize(tmp_path, **SMALL)
    for path, voice in zip(finished.paths, voices, strict=True):
        np.testing.assert_array_equal(read(path), voice)
    monkeypatch.setattr(synthetic, "speak", None)
    assert synthesize(tmp_path, **SMALL).ids.tolist() == first.ids.tolist()


def test_progress_is_reported(tmp_path):
    seen: list[int] = []
    synthesize(tmp_path, watch=seen.append, **SMALL)
    assert seen == list(range(1, 9))


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "README.md").write_text("my thesis")
    with pytest.raises(InputError, match="found other things in"):
        synthesize(tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    with pytest.raises(InputError, match="found other things in"):
        synthesize(tmp_path / "README.md", **SMALL)


def test_another_seed_wants_another_folder(tmp_path):
    synthesize(tmp_path, seed=0, **SMALL)
    with pytest.raises(InputError, match="choose another"):
        synthesize(tmp_path, seed=1, **SMALL)


def test_too_few_speakers_or_utterances_are_refused(tmp_path):
    for counts in ({"num_speakers": 7}, {"utterances_per_speaker": 1}):
        with pytest.raises(InputError, match="at least 8 speakers with 2 utterances each"):
            synthesize(tmp_path / "voices", **SMALL | counts)
    assert not (tmp_path / "voices").exists()


def test_a_full_disk_is_one_clear_line_and_leaves_no_table(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(InputError, match="No space left on device; free some space"):
        synthesize(tmp_path / "voices", **SMALL)
    assert not (tmp_path / "voices" / "utterances.csv").exists()
