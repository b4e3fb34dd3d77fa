"""Diarization error by the choices that have a default: what two voices differ by, the clustering, overlap, detector.

    voxmetric simulate utterances.csv --where split=train --speakers 1-7 --room simulated -n 28 -o talks
    python benchmarks/diarization_choices.py talks/reference.rttm

Each recording (FLAC beside the RTTM file) is embedded once, on the reference's regions, and labelled many times.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pyannote.core import Annotation

import voxmetric as vm
from voxmetric.audio.source import AudioSource
from voxmetric.data.rttm import read_rttm
from voxmetric.diarization.diarize import prepare
from voxmetric.diarization.embedding import WindowEmbeddings
from voxmetric.diarization.labelling import label
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.metrics.diarization.error import diarization_error

Embedded = Mapping[str, WindowEmbeddings]


def report(
    name: str,
    references: Mapping[str, Annotation],
    embedded: Embedded,
    settings: DiarizationSettings,
    *,
    number_given: bool = False,
) -> None:
    """Print the errors of one choice over all recordings."""
    found = {}
    for recording, windows in embedded.items():
        speakers = len(references[recording].labels()) if number_given else None
        found[recording] = label(windows, dataclasses.replace(settings, num_speakers=speakers))
    error = diarization_error(references, found)
    print(
        f"{name:42s} DER {100 * error.pooled_rate:5.1f} %  missed {100 * error.missed_rate:5.1f}  "
        f"false {100 * error.false_alarm_rate:4.1f}  confused {100 * error.confusion_rate:5.1f}  "
        f"speakers counted right {error.counting.exact:.2f}, {error.counting.mean_error:+.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    model = vm.load_model(options.model)
    references = read_rttm(options.reference)
    plain = DiarizationSettings()

    def embed(settings: DiarizationSettings, *, oracle: bool = True) -> Embedded:
        return {
            name: prepare(
                AudioSource(options.reference.parent / f"{name}.flac"), model, settings, truth if oracle else None
            )
            for name, truth in references.items()
        }

    embedded = embed(plain)
    report("defaults", references, embedded, plain)
    report("defaults, number given", references, embedded, plain, number_given=True)
    if model.calibration is not None:
        cosines = np.linspace(-1.0, 1.0, 2001)
        ratios = model.calibration.apply(cosines)
        for ratio in np.arange(-1.0, 3.01, 0.5):
            threshold = float(1.0 - cosines[(ratios >= ratio).argmax()])
            chosen = dataclasses.replace(plain, clustering_options={"threshold": threshold})
            report(f"log-likelihood ratio {ratio:+.1f}: {threshold:.3f}", references, embedded, chosen)
    for method in vm.clustering.available():
        chosen = dataclasses.replace(plain, clustering=method)
        report(method, references, embedded, chosen)
        report(f"{method}, number given", references, embedded, chosen, number_given=True)
    for threshold in (0.1, 0.2, 0.3, 0.4):
        chosen = dataclasses.replace(plain, overlap="posterior", overlap_threshold=threshold)
        report(f"overlap by posterior, {threshold}", references, embedded, chosen, number_given=True)
    for detector in ("silero", "energy"):
        chosen = dataclasses.replace(plain, voice_activity=detector)
        report(f"regions of {detector}", references, embed(chosen, oracle=False), chosen)


if __name__ == "__main__":
    main()
