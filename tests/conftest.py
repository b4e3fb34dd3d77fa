"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: machines differ and are shared.
settings.register_profile("voxmetric", deadline=None)
settings.load_profile("voxmetric")


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """The folder of real recordings, where there is one."""
    folder = os.environ.get("VOXMETRIC_DATA")
    if not folder:
        pytest.skip("VOXMETRIC_DATA is not set: no real speech on this machine")
    return Path(folder)


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of a made corpus: 16 voices (hums of their own pitch and colour), 4 recordings of 0.8 s each."""
    import numpy as np
    import soundfile

    folder = tmp_path_factory.mktemp("tiny-corpus")
    rng = np.random.default_rng(0)
    time = np.arange(int(0.8 * 16_000)) / 16_000
    rows = ["id,path,speaker,duration,split"]
    for speaker in range(16):
        pitch, tilt = rng.uniform(90, 260), rng.uniform(0.5, 2.0)
        split = "train" if speaker < 10 else "test"
        for take in range(4):
            f0 = pitch * rng.uniform(0.97, 1.03)
            voice = sum(np.sin(2 * np.pi * f0 * k * time + rng.uniform(0, 6)) / k**tilt for k in range(1, 12))
            samples = 0.1 * voice + 0.01 * rng.standard_normal(len(time))
            name = f"s{speaker:02d}-{take}"
            soundfile.write(folder / f"{name}.wav", samples.astype(np.float32), 16_000)
            rows.append(f"{name},{name}.wav,s{speaker:02d},0.8,{split}")
    table = folder / "utterances.csv"
    table.write_text("\n".join(rows) + "\n")
    return table
