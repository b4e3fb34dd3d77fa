"""What a stream loses against the whole recording: errors with intervals over conversations, and cost.

    voxmetric simulate utterances.csv --where split=dev -n 42 --speakers 2-7 --room simulated --seconds 120 -o talks
    python benchmarks/streams.py talks/reference.rttm --delays 3 5 15

Streams are fed a tenth of a second at a time. The whole recording is diarized by the default clustering and by average
linkage, which is what a stream does. RTF is processor time for a second of sound.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pyannote.core import Annotation, Segment

import voxmetric as vm
from voxmetric.audio.reading import read
from voxmetric.data.rttm import read_rttm
from voxmetric.diarization.streaming.settings import StreamSettings
from voxmetric.diarization.streaming.streaming_diarizer import StreamingDiarizer
from voxmetric.metrics.diarization.evaluation import evaluate_diarizations
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000
Way = Callable[[np.ndarray], Annotation]


def streamed(model: SpeakerModel, delay: float) -> Way:
    """A stream with so many seconds of delay."""

    def diarize(samples: np.ndarray) -> Annotation:
        stream = StreamingDiarizer(model, RATE, StreamSettings(delay_seconds=delay))
        turns = [turn for first in range(0, len(samples), 1600) for turn in stream.add(samples[first : first + 1600])]
        found = Annotation()
        for number, turn in enumerate([*turns, *stream.finish()]):
            found[Segment(turn.start, turn.end), number] = str(turn.speaker)
        return found

    return diarize


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--delays", nargs="+", type=float, default=[3.0, 5.0, 15.0])
    options = parser.parse_args()
    model = vm.load_model(options.model)
    references = read_rttm(options.reference)
    ways: dict[str, Way] = {
        "whole": lambda samples: vm.diarize(samples, model, sample_rate=RATE),
        "whole, average linkage": lambda samples: vm.diarize(
            samples, model, sample_rate=RATE, clustering="agglomerative"
        ),
    } | {f"delay {delay:g} s": streamed(model, delay) for delay in options.delays}
    found: dict[str, dict[str, Annotation]] = {name: {} for name in ways}
    spent, seconds = dict.fromkeys(ways, 0.0), 0.0
    for recording in references:
        samples = read(options.reference.parent / f"{recording}.flac", sample_rate=RATE)
        seconds += len(samples) / RATE
        for name, way in ways.items():
            begun = time.process_time()
            found[name][recording] = way(samples)
            spent[name] += time.process_time() - begun
    evaluation = evaluate_diarizations(references, found)
    print(f"{len(references)} recordings, {seconds / 60:.0f} min; DER and confusion in %, speakers found less true")
    for figures in evaluation.systems:
        metrics = figures.metrics
        shares = (
            f"{100 * metrics[part].value:.1f} [{100 * metrics[part].low:.1f}, {100 * metrics[part].high:.1f}]"
            for part in ("der", "confusion")
        )
        count = metrics["count_error"]
        print(
            f"{figures.name:24}" + "".join(f"{share:20}" for share in shares) + f"{count.value:+5.1f} "
            f"[{count.low:+.1f}, {count.high:+.1f}]   RTF {spent[figures.name] / seconds:.4f}"
        )
    for pair in evaluation.pairs:
        if pair.metric == "der" and "whole" in (pair.a, pair.b):
            low, high = 100 * pair.difference.low, 100 * pair.difference.high
            print(
                f"{pair.a} less {pair.b}: {100 * pair.difference.value:+.1f} [{low:+.1f}, {high:+.1f}], "
                f"p {pair.p_adjusted:.3f} adjusted, {pair.verdict}"
            )


if __name__ == "__main__":
    main()
