"""Diarize conversations with every clustering, the number of speakers unknown and given: errors with intervals.

    voxmetric simulate utterances.csv --where split=dev -n 42 --speakers 2-7 --room simulated --seconds 120 -o talks
    python benchmarks/diarization_systems.py talks/reference.rttm --output talks/found

Each recording (FLAC beside its RTTM file) is embedded twice, on the reference's regions and on detected ones, and
labelled by every clustering. An RTTM file of each is written to the output folder; `voxmetric evaluate --reference
--hypothesis` compares any of them. Printed are, in Markdown, diarization errors (no collar, overlap scored) in % with
95 % intervals over recordings, which of them are ties, and those by the number of speakers for the default clustering.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from pyannote.core import Annotation

import voxmetric as vm
from voxmetric.audio.source import AudioSource
from voxmetric.data.rttm import read_rttm, write_rttm
from voxmetric.diarization.diarize import prepare
from voxmetric.diarization.embedding import WindowEmbeddings
from voxmetric.diarization.labelling import label
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.diarization.evaluation import DiarizationEvaluation, DiarizationFigures, evaluate_diarizations

DEFAULT = DiarizationSettings().clustering
REGIONS = ("reference", "silero")
PARTS = {"missed": "missed", "false_alarm": "false", "confusion": "confused"}

Systems = dict[str, dict[str, Annotation]]


def systems(
    references: dict[str, Annotation], embedded: dict[str, WindowEmbeddings], methods: Iterable[str]
) -> Systems:
    """What each clustering finds in each recording, the number unknown and given."""
    found: Systems = {}
    for method in methods:
        for given in (False, True):
            found[method + (" given" if given else "")] = {
                name: label(
                    windows,
                    DiarizationSettings(
                        clustering=method, num_speakers=len(references[name].labels()) if given else None
                    ),
                )
                for name, windows in embedded.items()
            }
    return found


def share(interval: Interval) -> str:
    """A figure in per cent with its interval."""
    return f"{100 * interval.value:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def by_name(evaluation: DiarizationEvaluation) -> dict[str, DiarizationFigures]:
    """The figures of each system."""
    return {figures.name: figures for figures in evaluation.systems}


def ties(evaluation: DiarizationEvaluation) -> Iterable[str]:
    """Which system is lowest, the number unknown and given, and which cannot be told from it."""
    rates = {figures.name: figures.metrics["der"].value for figures in evaluation.systems}
    for given in (False, True):
        kind = {name for name in rates if name.endswith(" given") == given}
        best = min(kind, key=lambda name: rates[name])
        pairs = [pair for pair in evaluation.pairs if pair.metric == "der" and best in (pair.a, pair.b)]
        found = [name for pair in pairs if pair.verdict == "tie" for name in {pair.a, pair.b} & kind - {best}]
        yield f"lowest: {best}; ties with it: {', '.join(found) or 'none'}"


def report(evaluations: dict[str, DiarizationEvaluation], methods: Iterable[str]) -> None:
    """Print every clustering, the parts of the default's error, and which cannot be told from the best of its kind."""
    heads = ("clustering", "number unknown", "counted right", "number given", "unknown, `silero`", "given, `silero`")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    own, detected = (by_name(evaluations[regions]) for regions in REGIONS)
    for method in methods:
        cells = [share(found[name].metrics["der"]) for found in (own, detected) for name in (method, f"{method} given")]
        cells.insert(1, f"{100 * own[method].metrics['count_exact'].value:.0f} %")
        print(f"| `{method}` | {' | '.join(cells)} |")
    for regions, evaluation in evaluations.items():
        if DEFAULT in by_name(evaluation):
            metrics = by_name(evaluation)[DEFAULT].metrics
            parts = (f"{told} {share(metrics[part])}" for part, told in PARTS.items())
            print(f"\n`{DEFAULT}`, number unknown, regions of `{regions}`: {', '.join(parts)}")
        for line in ties(evaluation):
            print(f"\nregions of `{regions}`, {line}")
    for note in evaluations["reference"].notes:
        print(f"\n{note}")


def by_number(references: dict[str, Annotation], found: Systems) -> None:
    """Print the errors of systems for each true number of speakers that two recordings or more have."""
    recordings: dict[int, list[str]] = {}
    for name, truth in references.items():
        recordings.setdefault(len(truth.labels()), []).append(name)
    several = {number: some for number, some in sorted(recordings.items()) if len(some) > 1}
    evaluated = [
        by_name(
            evaluate_diarizations(
                {name: references[name] for name in some},
                {system: {name: talks[name] for name in some} for system, talks in found.items()},
            )
        )
        for some in several.values()
    ]
    heads = (f"{number} ({len(some)})" for number, some in several.items())
    print(f"\n| speakers (recordings) | {' | '.join(heads)} |\n|{'---|' * (len(several) + 1)}")
    for system in found:
        print(f"| `{system}` | {' | '.join(share(figures[system].metrics['der']) for figures in evaluated)} |")


def main() -> None:
    """Diarize, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("references", nargs="+", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--clusterings", nargs="+", default=list(vm.clustering.available()))
    options = parser.parse_args()
    model = vm.load_model(options.model)
    read = {path: read_rttm(path) for path in options.references}
    references = {name: truth for some in read.values() for name, truth in some.items()}
    sources = {name: AudioSource(path.parent / f"{name}.flac") for path, some in read.items() for name in some}
    found: dict[str, Systems] = {}
    for regions in REGIONS:
        embedded = {
            name: prepare(sources[name], model, DiarizationSettings(), truth if regions == "reference" else None)
            for name, truth in references.items()
        }
        found[regions] = systems(references, embedded, options.clusterings)
        for name, talks in found[regions].items():
            write_rttm(options.output / f"{regions}-{name.replace(' ', '-')}.rttm", talks)
    report({regions: evaluate_diarizations(references, some) for regions, some in found.items()}, options.clusterings)
    by_number(references, {name: talks for name, talks in found["reference"].items() if name.split()[0] == DEFAULT})


if __name__ == "__main__":
    main()
