"""Time and memory of diarization beside the plain way.

    python benchmarks/diarization.py --table utterances.csv --where corpus=librispeech --minutes 10 60 240

A conversation of ten minutes is simulated from the table and repeated to the length asked for; a process of
its own diarizes each. The plain way, up to `--plain-up-to` minutes: the packaged detector frame after frame, the same
windows embedded one after the other by the encoder as trained, average linkage of all by SciPy.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile
import torch
from scipy.cluster.hierarchy import fcluster, linkage

import voxmetric as vm
from voxmetric.audio.reading import read
from voxmetric.audio.source import AudioSource
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.embedding import embed_windows
from voxmetric.diarization.labelling import label
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.diarization.speech import detected_regions

RATE = 16_000
Answer = TypeVar("Answer")


def timed(times: dict[str, float], stage: str, call: Callable[[], Answer]) -> Answer:
    """The call's answer; its seconds are added to `times`."""
    begun = time.perf_counter()
    answer = call()
    times[stage] = times.get(stage, 0.0) + time.perf_counter() - begun
    return answer


def whole(path: Path, model_name: str) -> dict[str, float]:
    """Seconds of each stage for a recording."""
    model, settings, times = vm.load_model(model_name), DiarizationSettings(), {}
    source = AudioSource(path)
    regions = timed(times, "speech", lambda: detected_regions(source, settings))
    embedded = timed(times, "embedding", lambda: embed_windows(source, model, regions, settings))
    timed(times, "clustering", lambda: label(embedded, settings))
    return times | {"windows": float(len(embedded.starts))}


def plain(path: Path, model_name: str) -> dict[str, float]:
    """Likewise, written as one would at first."""
    model, settings, times = vm.load_model(model_name), DiarizationSettings(), {}
    package = find_spec("silero_vad")
    assert package is not None
    assert package.submodule_search_locations
    detector = torch.jit.load(str(Path(package.submodule_search_locations[0]) / "data" / "silero_vad.jit"))
    samples = read(path, sample_rate=RATE)
    frames = torch.from_numpy(samples[: len(samples) // 512 * 512]).split(512)
    with torch.inference_mode():
        timed(times, "speech", lambda: [float(detector(frame[None], RATE)) for frame in frames])
        source = AudioSource(path)
        regions = detected_regions(source, settings)
        spans = embed_windows(source, model, regions, settings)
        windows = [
            torch.from_numpy(samples[round(start * RATE) : round(end * RATE)])
            for start, end in zip(spans.starts, spans.ends, strict=True)
        ]
        shortest = model.encoder.minimum_samples
        windows = [window for window in windows if len(window) >= shortest]
        vectors = timed(times, "embedding", lambda: [model.encoder(window[None])[0].numpy() for window in windows])
    units = np.stack(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
    timed(times, "clustering", lambda: fcluster(linkage(units, "average", "cosine"), 0.7, "distance"))
    return times | {"windows": float(len(windows))}


def conversation(table: UtteranceTable, speakers: int, seed: int) -> vm.conversations.Conversation:
    """Ten minutes."""
    settings = vm.conversations.ConversationSettings(speakers=(speakers, speakers), seconds=(600.0, 600.0))
    return vm.conversations.simulate(table, settings, seed=seed)


def repeated(path: Path, waveform: np.ndarray, seconds: float) -> None:
    """Write the waveform again and again until the file is so long."""
    left = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, format="FLAC") as file:
        while left > 0:
            file.write(waveform[:left])
            left -= len(waveform)


def measured(way: str, path: Path, model: str) -> dict[str, Any]:
    """What a process of its own measures."""
    command = [sys.executable, __file__, "--measure", way, str(path), "--model", model]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path)
    parser.add_argument("--where", default="split=dev", help="COLUMN=VALUE, which utterances")
    parser.add_argument("--model", default="default")
    parser.add_argument("--speakers", type=int, default=4)
    parser.add_argument("--minutes", nargs="+", type=float, default=[10.0, 60.0, 240.0])
    parser.add_argument("--plain-up-to", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        found = {"whole": whole, "plain": plain}[given.measure[0]](Path(given.measure[1]), given.model)
        print(json.dumps(found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    column, _, value = given.where.partition("=")
    talk = conversation(UtteranceTable.read(given.table).where(**{column: value}), given.speakers, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{torch.get_num_threads()} threads, model {given.model}, {given.speakers} speakers")
        print(f"{'':16}{'windows':>9}{'speech s':>10}{'embed s':>9}{'cluster s':>11}{'RTF':>9}{'peak MB':>9}")
        for minutes in given.minutes:
            path = Path(folder) / f"{minutes:g}.flac"
            repeated(path, talk.waveform, 60 * minutes)
            for way in ("whole", "plain") if minutes <= given.plain_up_to else ("whole",):
                found = measured(way, path, given.model)
                total = sum(found[stage] for stage in ("speech", "embedding", "clustering"))
                print(
                    f"{minutes:5g} min {way:6}{found['windows']:9.0f}{found['speech']:10.1f}{found['embedding']:9.1f}"
                    f"{found['clustering']:11.2f}{total / (60 * minutes):9.5f}{found['peak']:9.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
