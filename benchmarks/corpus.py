"""The recordings that the loader benchmarks read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from voxmetric.data.utterances import UtteranceTable

RATE = 16_000


def write_corpus(folder: Path, num_utterances: int, seconds: float) -> tuple[UtteranceTable, Path, Path]:
    """Flac files of coloured noise, which cost as much to decode as speech, and folders of noises and rooms."""
    rng = np.random.default_rng(0)

    def write(path: Path, length: float, decay: float = np.inf) -> None:
        samples = np.convolve(rng.standard_normal(round(length * RATE)), np.ones(6) / 6, "same")
        soundfile.write(path, 0.1 * samples * np.exp(-np.arange(len(samples)) / RATE / decay), RATE)

    for name in ("speech", "noise", "rooms"):
        (folder / name).mkdir()
    paths = [f"speech/{number}.flac" for number in range(num_utterances)]
    for path in paths:
        write(folder / path, seconds)
    for number in range(10):
        write(folder / "noise" / f"{number}.flac", 10.0)
        write(folder / "rooms" / f"{number}.flac", 0.5, decay=0.07)
    columns = {"path": paths, "speaker": ["unknown"] * len(paths), "duration": [seconds] * len(paths)}
    return UtteranceTable.from_columns(columns, folder, "benchmark"), folder / "noise", folder / "rooms"
