from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import voxmetric as vm
from voxmetric.audio.reading import read
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.extraction import embed_table
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="module")
def model() -> SpeakerModel:
    torch.manual_seed(0)
    return SpeakerModel(vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16)))


def test_rows_equal_single_embeddings_in_the_tables_order(model: SpeakerModel, tiny_corpus: Path) -> None:
    table = UtteranceTable.read(tiny_corpus)
    done: list[int] = []
    extracted = embed_table(model, table, on_progress=done.append)
    assert extracted.embeddings.ids.tolist() == table.ids.tolist()
    assert extracted.embeddings.model == model.fingerprint
    assert done == sorted(done)
    assert len(done) > 2
    assert done[-1] == len(table)
    for row in (0, 17, 63):
        np.testing.assert_allclose(extracted.embeddings.vectors[row], model.embed(table.paths[row]), atol=1e-5)


def test_start_and_duration_are_honoured(model: SpeakerModel, tiny_corpus: Path) -> None:
    whole = UtteranceTable.read(tiny_corpus).take([0])
    part = whole.with_column("start", [0.2]).with_column("duration", [0.4])
    expected = model.embed(read(whole.paths[0], start=0.2, duration=0.4))
    np.testing.assert_allclose(embed_table(model, part).embeddings.vectors[0], expected, atol=1e-6)


def test_unreadable_recordings_stop_or_are_listed(model: SpeakerModel, tiny_corpus: Path) -> None:
    broken = tiny_corpus.parent / "not-a-sound.wav"
    broken.write_bytes(b"not a sound")
    table = UtteranceTable.read(tiny_corpus).take(range(4))
    paths = [str(broken), *table.paths[1:]]
    table = table.with_column("path", paths)
    with pytest.raises(InputError, match=r"not-a-sound\.wav"):
        embed_table(model, table)
    extracted = embed_table(model, table, skip_unreadable=True)
    assert list(extracted.unreadable) == ["s00-0"]
    assert extracted.embeddings.ids.tolist() == ["s00-1", "s00-2", "s00-3"]


def test_recordings_without_sound_count_as_unreadable(model: SpeakerModel, tiny_corpus: Path) -> None:
    silent, not_finite = tiny_corpus.parent / "silent.wav", tiny_corpus.parent / "not-finite.wav"
    soundfile.write(silent, np.zeros(16_000), 16_000)
    soundfile.write(not_finite, np.full(16_000, np.nan), 16_000, subtype="FLOAT")
    table = UtteranceTable.read(tiny_corpus).take(range(4))
    table = table.with_column("path", [str(silent), str(not_finite), *table.paths[2:]])
    with pytest.raises(InputError, match=r"silent\.wav: there is no sound|not-finite\.wav"):
        embed_table(model, table)
    extracted = embed_table(model, table, skip_unreadable=True)
    assert list(extracted.unreadable) == ["s00-0", "s00-1"]
    assert "no sound in it" in extracted.unreadable["s00-0"]
    assert "NaN" in extracted.unreadable["s00-1"]
    assert np.isfinite(extracted.embeddings.vectors).all()


def test_unknown_and_overstated_durations_are_read_to_the_end(
    model: SpeakerModel, tiny_corpus: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(100 * 16_000), 16_000)
    table = UtteranceTable.read(tiny_corpus).take([0, 1, 2]).with_column("path", [str(path)] * 3)
    table = table.with_column("start", [20.0] * 3).with_column("duration", [np.nan, 300.0, 80.0])
    expected = model.embed(read(path, start=20.0))
    np.testing.assert_allclose(embed_table(model, table).embeddings.vectors, [expected] * 3, atol=1e-5)
