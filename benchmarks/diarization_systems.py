"""Diarize conversations with every clustering, the number of speakers unknown and given: errors with intervals.

    voxmetric simulate utterances.csv --where split=dev --speakers 2-7 --room simulated -n 42 -o talks
    python benchmarks/diarization_systems.py talks/reference.rttm --output talks/found

Each recording (FLAC beside the RTTM file) is embedded twice, on the reference's regions and on detected ones, and
labelled by every clustering. An RTTM file of each is written to the output folder; `voxmetric evaluate --reference
--hypothesis` compares any of them. Printed are diarization errors (no collar, overlap scored) with 95 % intervals over
recordings, those by the number of speakers for the default clustering, and which differences are ties.
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
from voxmetric.metrics.diarization.evaluation import DiarizationFigures, evaluate_diarizations

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


def line(name: str, figures: DiarizationFigures) -> str:
    """A row of the table."""
    parts = (share(figures.metrics[part]) for part in ("der", "missed", "false_alarm", "confusion"))
    return f"{name:34}" + "".join(f"{part:21}" for part in parts) + f"{figures.metrics['count_exact'].value:5.2f}"


def report(title: str, references: dict[str, Annotation], found: Systems) -> None:
    """Print every system, and which cannot be told from the best of its kind."""
    print(f"\n{title}, {len(references)} recordings\n{'':34}{'DER, %':21}{'missed':21}{'false':21}{'confused':21}count")
    evaluation = evaluate_diarizations(references, found)
    for figures in evaluation.systems:
        print(line(figures.name, figures))
    for given in (False, True):
        kind = {name for name in found if name.endswith(" given") == given}
        rates = {each.name: each.metrics["der"].value for each in evaluation.systems if each.name in kind}
        best = min(rates, key=lambda name: rates[name])
        pairs = [pair for pair in evaluation.pairs if pair.metric == "der" and best in (pair.a, pair.b)]
        ties = [{pair.a, pair.b} - {best} for pair in pairs if pair.verdict == "tie"]
        print(f"lowest: {best}; ties with it: {', '.join(name for tie in ties for name in tie & kind) or 'none'}")
    for note in evaluation.notes:
        print(note)


def by_number(references: dict[str, Annotation], found: dict[str, dict[str, Annotation]]) -> None:
    """Print the errors for each true number of speakers."""
    numbers = {name: len(truth.labels()) for name, truth in references.items()}
    for number in sorted(set(numbers.values())):
        some = {name: truth for name, truth in references.items() if numbers[name] == number}
        if len(some) < 2:
            continue
        part = {system: {name: talks[name] for name in some} for system, talks in found.items()}
        for figures in evaluate_diarizations(some, part).systems:
            print(line(f"{number} speakers ({len(some)}), {figures.name}", figures), flush=True)


def main() -> None:
    """Diarize, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--clusterings", nargs="+", default=list(vm.clustering.available()))
    options = parser.parse_args()
    model = vm.load_model(options.model)
    references = read_rttm(options.reference)
    for regions in ("reference", "silero"):
        embedded = {
            name: prepare(
                AudioSource(options.reference.parent / f"{name}.flac"),
                model,
                DiarizationSettings(),
                truth if regions == "reference" else None,
            )
            for name, truth in references.items()
        }
        found = systems(references, embedded, options.clusterings)
        for name, talks in found.items():
            write_rttm(options.output / f"{regions}-{name.replace(' ', '-')}.rttm", talks)
        report(f"regions of the {regions}" if regions == "reference" else f"regions of {regions}", references, found)
        default = DiarizationSettings().clustering
        by_number(references, {name: found[name] for name in (default, f"{default} given") if name in found})


if __name__ == "__main__":
    main()
