from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import EmbeddingSet

IDS = ["b/2.wav", "a/1.wav", "ümläut 3"]


def embeddings() -> EmbeddingSet:
    return EmbeddingSet(IDS, np.arange(12.0).reshape(3, 4), model="abc")


def test_a_file_gives_back_what_was_saved(tmp_path):
    path = tmp_path / "new" / "embeddings.safetensors"
    embeddings().save(path)
    loaded = EmbeddingSet.load(path)
    assert list(loaded.ids) == IDS
    np.testing.assert_array_equal(loaded.vectors, embeddings().vectors)
    assert loaded.vectors.dtype == np.float32
    assert loaded.model == "abc"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_tells_the_precision(tmp_path):
    for precision in ("float32", "bfloat16"):
        EmbeddingSet(["a"], np.ones((1, 3)), "abc", precision).save(tmp_path / "e.safetensors")
        assert EmbeddingSet.load(tmp_path / "e.safetensors").precision == precision


def test_the_file_is_plain_safetensors(tmp_path):
    embeddings().save(tmp_path / "e.safetensors")
    tensors = load_file(tmp_path / "e.safetensors")
    assert tensors["ids"].tobytes() == "".join(IDS).encode()
    assert tensors["id_ends"].tolist() == [7, 14, 24]


def test_no_embeddings_are_a_valid_set(tmp_path):
    EmbeddingSet([], np.empty((0, 4)), model="abc").save(tmp_path / "e.safetensors")
    assert len(EmbeddingSet.load(tmp_path / "e.safetensors")) == 0


def test_rows_of_ids():
    np.testing.assert_array_equal(embeddings().rows(["ümläut 3", "b/2.wav", "b/2.wav"]), [2, 0, 0])


def test_missing_ids_are_counted_and_named():
    with pytest.raises(InputError, match=r"2 ids have no embedding, the first: c, d"):
        embeddings().rows(["d", "c", "d", "a/1.wav"])
    with pytest.raises(InputError, match="no embeddings, 1 were asked for"):
        EmbeddingSet([], np.empty((0, 4)), model="abc").rows(["a"])


def test_repeated_ids_are_refused():
    with pytest.raises(InputError, match="1 ids occur more than once, the first is 'a'"):
        EmbeddingSet(["a", "b", "a"], np.zeros((3, 2)), model="abc")


def test_shapes_must_fit():
    with pytest.raises(InputError, match="expected N ids"):
        EmbeddingSet(["a", "b"], np.zeros((3, 2)), model="abc")


def test_unreadable_files_are_one_clear_line(tmp_path):
    with pytest.raises(InputError, match="found none at"):
        EmbeddingSet.load(tmp_path / "missing.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"not a tensor in sight")
    with pytest.raises(InputError, match="not a readable file of embeddings"):
        EmbeddingSet.load(tmp_path / "broken.safetensors")
    save_file({"weight": np.zeros(3)}, tmp_path / "weights.safetensors")
    with pytest.raises(InputError, match="holds no embeddings"):
        EmbeddingSet.load(tmp_path / "weights.safetensors")
