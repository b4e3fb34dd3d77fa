from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import voxmetric as vm
from voxmetric.audio.reading import read
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring import extraction
from voxmetric.scoring.extraction import embed_table
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="module")
def model() -> SpeakerModel:
    torch.manual_seed(0)
    return SpeakerModel(vm.encoders.create("x_vector", embedding_size=12, channels=(8, 8, 8, 8, 16)))


def test_rows_equal_single_embeddings_in_the_tables_order(
    model: SpeakerModel, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "BLOCK_SECONDS", 5.0)
    table = UtteranceTable.read(tiny_corpus)
    done: list[int] = []
    extracted = embed_table(model, table, on_progress=done.append)
    assert extracted.embeddings.ids.tolist() == table.ids.tolist()
    assert extracted.embeddings.model == model.fingerprint
    assert done == sorted(done)
    assert len(done) > 5
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
