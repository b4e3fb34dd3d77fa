from __future__ import annotations

import subprocess
import sys

import pytest

from voxmetric.errors import InputError
from voxmetric.scoring import backends


def test_names_are_listed_without_heavy_imports():
    code = (
        "import sys; from voxmetric.scoring import backends; print(*backends.available());"
        "assert not {'torch', 'scipy', 'pyarrow'} & set(sys.modules)"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"cosine", "centred_cosine", "lda", "plda", "crops_distance", "crops_cosine"} <= set(listed)


def test_which_back_ends_are_trained():
    trained = {name for name in backends.available() if backends.is_trained(name)}
    assert trained == {"centred_cosine", "whitening", "lda", "plda"}


def test_unknown_names_and_options_and_missing_training_are_named():
    with pytest.raises(InputError, match="unknown back-end 'plds': did you mean 'plda'"):
        backends.create("plds")
    with pytest.raises(InputError, match="back-end 'lda' is trained"):
        backends.create("lda")
    with pytest.raises(InputError, match="unknown option of back-end 'cosine' 'dimensions'"):
        backends.create("cosine", {"dimensions": 3})
