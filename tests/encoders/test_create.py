"""Looking encoders up and putting their parts together."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from voxmetric import encoders
from voxmetric.errors import InputError


def test_listing_names_does_not_import_torch() -> None:
    code = (
        "import sys; from voxmetric import encoders; from voxmetric.encoders import pooling; "
        "from voxmetric.audio import features; "
        "encoders.available(), pooling.available(), features.available(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_front_end_options_are_laid_over_the_published_ones() -> None:
    configuration = encoders.create("ecapa_tdnn", front_end={"num_mels": 24}, channels=16).configuration()
    assert configuration["front_end"]["num_mels"] == 24
    assert configuration["front_end"]["edges"] == "snip"
    assert configuration["front_end"]["normalization"] == "mean"


def test_another_front_end_starts_from_its_own_defaults() -> None:
    encoder = encoders.create("x_vector", front_end={"name": "mfcc", "deltas": 0}, channels=(8, 8, 8, 8, 8))
    assert encoder.front_end.num_features == 20
    assert encoder.configuration()["front_end"]["normalization_frames"] == 150


def test_pooling_by_name_or_with_options() -> None:
    plain = encoders.create("x_vector", channels=(8, 8, 8, 8, 8), pooling="max")
    heads = encoders.create("x_vector", channels=(8, 8, 8, 8, 8), pooling={"name": "multi_head_attentive", "heads": 4})
    assert plain.configuration()["pooling"] == {"name": "max"}
    assert heads.configuration()["pooling"] == {"name": "multi_head_attentive", "heads": 4}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("fast_resnet", {}, "did you mean 'fast_resnet34'"),
        ("x_vector", {"chanels": (1, 2, 3)}, "did you mean 'channels'"),
        ("x_vector", {"pooling": "statistic"}, "did you mean 'statistics'"),
        ("x_vector", {"front_end": {"name": "logmel"}}, "did you mean 'log_mel'"),
        ("x_vector", {"front_end": {"num_mel": 40}}, "did you mean 'num_mels'"),
        ("x_vector", {"embedding_size": 0}, "at least 1"),
    ],
)
def test_wrong_names_are_refused(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        encoders.create(name, **arguments)


def test_incomplete_configuration_is_refused() -> None:
    configuration = encoders.create("x_vector", channels=(8, 8, 8, 8, 8)).configuration()
    del configuration["pooling"]
    with pytest.raises(InputError, match="has the keys"):
        encoders.from_configuration(configuration)
