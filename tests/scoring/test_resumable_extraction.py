from __future__ import annotations

import numpy as np
import pytest

from voxmetric import precision
from voxmetric.audio.reading import info
from voxmetric.errors import InputError
from voxmetric.scoring import resumable_extraction
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.extraction import embed_table
from voxmetric.scoring.resumable_extraction import embed_to_file
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(resumable_extraction, "PART_UTTERANCES", 5)


@pytest.fixture
def interrupted_after(monkeypatch):
    """Make the work stop with an interrupt after some parts; returns the sizes of the parts that were begun."""
    begun: list[int] = []

    def install(num_parts: int) -> list[int]:
        def embed(model, table, **options):
            begun.append(len(table))
            if len(begun) > num_parts:
                raise KeyboardInterrupt
            return embed_table(model, table, **options)

        monkeypatch.setattr(resumable_extraction, "embed_table", embed)
        return begun

    return install


def with_broken(table, tmp_path, broken: int):
    """The table with the recordings of its first rows replaced by files that hold no audio."""
    paths = table.paths.copy()
    for row in range(broken):
        paths[row] = str(tmp_path / f"broken-{row}.wav")
        (tmp_path / f"broken-{row}.wav").write_bytes(b"no audio")
    return table.with_column("path", paths)


@pytest.mark.usefixtures("small_parts")
def test_parts_make_up_what_one_call_gives(model, table, tmp_path):
    progress: list[int] = []
    extraction = embed_to_file(model, table, tmp_path / "e.safetensors", on_progress=progress.append)
    expected = embed_table(model, table).embeddings
    written = EmbeddingSet.load(tmp_path / "e.safetensors")
    for found in (extraction.embeddings, written):
        assert list(found.ids) == list(table.ids)
        np.testing.assert_allclose(found.vectors, expected.vectors, atol=1e-5)
        assert found.model == model.fingerprint
    assert progress == sorted(progress)
    assert progress[-1] == len(table)
    assert [path.name for path in tmp_path.iterdir()] == ["e.safetensors"]


@pytest.mark.usefixtures("small_parts")
def test_an_interrupted_run_goes_on_where_it_stopped(model, table, tmp_path, interrupted_after):
    begun = interrupted_after(2)
    with pytest.raises(KeyboardInterrupt):
        embed_to_file(model, table, tmp_path / "e.safetensors")
    assert not (tmp_path / "e.safetensors").exists()
    assert begun == [4, 4, 4]
    begun = interrupted_after(10)
    begun.clear()
    embed_to_file(model, table, tmp_path / "e.safetensors")
    assert begun == [4]
    written = EmbeddingSet.load(tmp_path / "e.safetensors")
    assert list(written.ids) == list(table.ids)
    np.testing.assert_allclose(written.vectors, embed_table(model, table).embeddings.vectors, atol=1e-5)


@pytest.mark.usefixtures("small_parts")
def test_a_run_of_which_the_unreadable_recordings_are_left_goes_on(model, table, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    broken = with_broken(table, tmp_path, 1)
    with monkeypatch.context() as patched:
        patched.setattr(resumable_extraction, "_joined", interrupt)
        with pytest.raises(KeyboardInterrupt):
            embed_to_file(model, broken, tmp_path / "e.safetensors", most_unreadable=0.2)
    found = embed_to_file(model, broken, tmp_path / "e.safetensors", most_unreadable=0.2)
    assert list(found.embeddings.ids) == list(table.ids[1:])
    assert list(found.unreadable) == [table.ids[0]]


@pytest.mark.usefixtures("small_parts")
def test_a_table_of_which_nothing_can_be_read_is_refused_whatever_may_be_left_out(model, table, tmp_path):
    broken = with_broken(table, tmp_path, len(table))
    with pytest.raises(InputError, match=rf"none of the {len(table)} recordings could be read; the first: .*broken-0"):
        embed_to_file(model, broken, tmp_path / "e.safetensors", most_unreadable=1.0)
    assert not (tmp_path / "e.safetensors").exists()


@pytest.mark.parametrize("told", [True, False])
def test_long_recordings_make_parts_of_fewer(model, table, tmp_path, interrupted_after, monkeypatch, told):
    monkeypatch.setattr(resumable_extraction, "PART_SECONDS", 1.3)
    durations = np.array([info(table.location(row).path).duration for row in range(len(table))])
    begun = interrupted_after(100)
    given = table.with_column("duration", durations if told else np.full(len(table), np.nan))
    embed_to_file(model, with_broken(given, tmp_path, 1), tmp_path / "e.safetensors", most_unreadable=0.2)
    # A recording that cannot be read has the length that the table tells, or none.
    assert len(begun) == np.ceil((durations if told else durations[1:]).sum() / 1.3)
    assert sum(begun) == len(table)


@pytest.mark.usefixtures("small_parts")
def test_parts_of_another_table_are_not_used(model, table, tmp_path, interrupted_after):
    begun = interrupted_after(1)
    with pytest.raises(KeyboardInterrupt):
        embed_to_file(model, table, tmp_path / "e.safetensors")
    begun = interrupted_after(10)
    begun.clear()
    embed_to_file(model, table.with_column("duration", np.full(len(table), 0.3)), tmp_path / "e.safetensors")
    assert sum(begun) == len(table)


def test_works_on_one_file_in_turn_keep_each_others_parts(model, table, tmp_path, interrupted_after, monkeypatch):
    monkeypatch.setattr(resumable_extraction, "PART_UTTERANCES", 2)
    other = table.with_column("duration", np.full(len(table), 0.3))
    for each, number in ((table, 2), (other, 1), (table, 1)):
        begun = interrupted_after(number)
        begun.clear()
        with pytest.raises(KeyboardInterrupt):
            embed_to_file(model, each, tmp_path / "e.safetensors")
    begun = interrupted_after(10)
    begun.clear()
    embed_to_file(model, table, tmp_path / "e.safetensors")
    assert sum(begun) == len(table) - 6


@pytest.mark.usefixtures("small_parts")
def test_parts_in_another_precision_are_refused(model, table, tmp_path, interrupted_after, monkeypatch):
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: True)
    in_bfloat16 = SpeakerModel(model.encoder, precision="bfloat16")
    interrupted_after(1)
    with pytest.raises(KeyboardInterrupt):
        embed_to_file(in_bfloat16, table, tmp_path / "e.safetensors")
    interrupted_after(10)
    with pytest.raises(InputError, match=r"e\.safetensors\.parts holds a part.*finish it with --precision bfloat16"):
        embed_to_file(model, table, tmp_path / "e.safetensors")
    assert not (tmp_path / "e.safetensors").exists()
    assert embed_to_file(in_bfloat16, table, tmp_path / "e.safetensors").embeddings.precision == "bfloat16"
    assert EmbeddingSet.load(tmp_path / "e.safetensors").precision == "bfloat16"


def test_a_few_unreadable_recordings_are_skipped_and_listed(model, table, tmp_path):
    broken = with_broken(table, tmp_path, 2)
    extraction = embed_to_file(model, broken, tmp_path / "e.safetensors", most_unreadable=0.2)
    assert list(extraction.unreadable) == list(table.ids[:2])
    assert list(EmbeddingSet.load(tmp_path / "e.safetensors").ids) == list(table.ids[2:])


@pytest.mark.parametrize("most_unreadable", [0.0, 0.1])
def test_too_many_unreadable_recordings_are_an_error(model, table, tmp_path, most_unreadable):
    broken = with_broken(table, tmp_path, 2)
    with pytest.raises(InputError, match=r"broken-\d.wav"):
        embed_to_file(model, broken, tmp_path / "e.safetensors", most_unreadable=most_unreadable)
    assert not (tmp_path / "e.safetensors").exists()
