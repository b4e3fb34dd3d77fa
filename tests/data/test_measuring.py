"""Measuring utterances: against the whole file in one piece."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.measuring import measure
from voxmetric.data.utterances import UtteranceTable


def test_measurements_are_those_of_the_samples(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.5, 0.5, (40 * 8000, 2))  # more than one block
    samples[1000:1010] = 1.0
    soundfile.write(tmp_path / "a.wav", samples, 8000, subtype="PCM_16")
    stored = soundfile.read(tmp_path / "a.wav", dtype="float32")[0]
    columns = {"id": ["mix", "right", "part"], "path": ["a.wav"] * 3, "speaker": ["s"] * 3}
    columns |= {"start": [0, 0, 0.125], "duration": [None, None, 0.25], "channel": ["mix", "1", "0"]}
    table = UtteranceTable.from_columns(columns, tmp_path, "made")
    parts = [stored.mean(axis=1), stored[:, 1], stored[1000:3000, 0]]
    for found, part in zip(measure(table, num_threads=2), parts, strict=True):
        assert found.seconds == len(part) / 8000
        assert found.loudness == pytest.approx(10 * np.log10(np.mean(part.astype(np.float64) ** 2)), abs=1e-3)
        assert found.clipped == pytest.approx(10 / len(part))
        assert (found.finite, found.sample_rate, found.num_channels, found.error) == (True, 8000, 2, "")


def test_content_is_of_the_samples_and_their_rate(tmp_path: Path, write_noise: Callable[..., Path]) -> None:
    write_noise(tmp_path / "a.wav", 1)
    samples = soundfile.read(tmp_path / "a.wav")[0]
    soundfile.write(tmp_path / "same.flac", samples, 16000)
    soundfile.write(tmp_path / "slower.wav", samples, 8000)
    write_noise(tmp_path / "b.wav", 2)
    names = ["a.wav", "same.flac", "slower.wav", "b.wav"]
    table = UtteranceTable.from_columns({"path": names, "speaker": ["s"] * 4}, tmp_path, "made")
    contents = [found.content for found in measure(table)]
    assert contents[0] == contents[1]
    assert len(set(contents)) == 3


def test_progress_counts_to_the_end_and_the_order_stays(tmp_path: Path, write_noise: Callable[..., Path]) -> None:
    write_noise(tmp_path / "a.wav", seconds=2.0)
    lengths = np.random.default_rng(0).uniform(0.1, 2.0, 300).round(2)
    columns = {"id": [f"{place}" for place in range(300)], "path": ["a.wav"] * 300, "speaker": ["s"] * 300}
    table = UtteranceTable.from_columns(columns | {"duration": lengths}, tmp_path, "made")
    done: list[int] = []
    measured = measure(table, 3, done.append)
    assert done[-1] == 300
    assert done == sorted(set(done))
    np.testing.assert_allclose([found.seconds for found in measured], lengths, atol=1e-4)


def test_an_error_is_measured_not_raised(tmp_path: Path) -> None:
    table = UtteranceTable.from_columns({"path": ["none.wav"], "speaker": ["s"]}, tmp_path, "made")
    assert "No such file" in measure(table)[0].error
