from __future__ import annotations

import pytest

from voxmetric.errors import InputError
from voxmetric.registry import Entry, Registry

PARTS = Registry("part", {"fraction": Entry("fractions:Fraction", "a number"), "path": Entry("pathlib:Path", "a path")})


def test_names_are_listed_without_imports() -> None:
    assert Registry("part", {"x": Entry("no.such:thing", "never loaded")}).available() == {"x": "never loaded"}


def test_shared_options_go_only_where_they_fit() -> None:
    made = PARTS.create("fraction", {"numerator": 3}, {"denominator": 4, "embedding_size": 2})
    assert str(made) == "3/4"


def test_unknown_names_and_options_suggest_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown part 'fractoin': did you mean 'fraction'"):
        PARTS.create("fractoin", {})
    with pytest.raises(InputError, match="unknown option of part 'fraction' 'numertor': did you mean 'numerator'"):
        PARTS.create("fraction", {"numertor": 3})
