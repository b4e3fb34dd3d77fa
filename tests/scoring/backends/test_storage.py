from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from voxmetric.errors import InputError
from voxmetric.scoring import backends
from voxmetric.scoring.backends.storage import load_backend, save_backend
from voxmetric.scoring.backends.training import TrainingSet


@pytest.fixture
def training() -> TrainingSet:
    rng = np.random.default_rng(0)
    return TrainingSet(rng.standard_normal((60, 6), dtype=np.float32), np.arange(60) % 10, "fingerprint", "a test")


@pytest.mark.parametrize(
    ("name", "options"),
    [("centred_cosine", {}), ("lda", {"dimensions": 3}), ("plda", {"enrolment": "average", "dimensions": 4})],
)
def test_a_saved_back_end_scores_as_before(training, tmp_path, name, options):
    fitted = backends.create(name, options, training)
    save_backend(fitted, tmp_path / "file.safetensors")
    again = load_backend(tmp_path / "file.safetensors")
    assert (again.model, again.source) == ("fingerprint", "60 utterances of 10 speakers (a test)")
    owners = np.array([0, 0, 1])
    sides = [(each.enrol(training.vectors[:3], owners, 2), each.test(training.vectors)) for each in (fitted, again)]
    np.testing.assert_array_equal(again.matrix(*sides[1]), fitted.matrix(*sides[0]))


def test_what_is_no_back_end_is_one_clear_line(tmp_path):
    with pytest.raises(InputError, match="found none at"):
        load_backend(tmp_path / "missing.safetensors")
    save_file({"x": np.zeros(2)}, tmp_path / "other.safetensors", metadata={"format": "other"})
    with pytest.raises(InputError, match="expected the format voxmetric-back-end-1, found other"):
        load_backend(tmp_path / "other.safetensors")
    (tmp_path / "torn.safetensors").write_bytes(b"\x00" * 20)
    with pytest.raises(InputError, match="is not a readable back-end"):
        load_backend(tmp_path / "torn.safetensors")
