"""What the defaults of diarization rest on: every table of docs/diarization.md, on recordings of training speakers.

    talks="voxmetric simulate utterances.csv --where split=train --room simulated"
    $talks --where corpus=librispeech --speakers 1-7 -n 21 --seconds 60-120 -o read
    $talks --where corpus=commands --where session=0 --speakers 1-7 -n 21 --seconds 60-120 -o words
    $talks --where corpus=librispeech --speakers 3-7 -n 5 --seconds 600 -o long
    python benchmarks/diarization_choices.py read/reference.rttm words/reference.rttm ami/train.rttm \
        --long long/reference.rttm --enrol utterances.csv --enrol-sessions 1 2 3 4

Recordings are FLAC files beside the RTTM file; a set has the name of its folder. Printed are Markdown tables, of pooled
diarization error in % without a collar, overlap scored. With `--enrol` every second speaker of whom the table has
recordings of those sessions is enrolled with up to five of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyannote.core import Annotation, Segment, Timeline

import voxmetric as vm
from voxmetric.audio.source import AudioSource
from voxmetric.audio.voice_activity import SAMPLE_RATE, Hysteresis, Regions, SpeechCurve, speech_curve
from voxmetric.data.rttm import read_rttm
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.diarize import prepare
from voxmetric.diarization.embedding import WindowEmbeddings
from voxmetric.diarization.labelling import label
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.metrics.diarization.error import DiarizationError, diarization_error
from voxmetric.speaker_model import SpeakerModel

PLAIN = DiarizationSettings()
PIECES: dict[str, float | None] = {"never": None, "every 20 s": 20.0, "every 8 s": 8.0, "every 4 s": 4.0}
RULES = (
    Hysteresis(0.5, 0.35, 0.1, 0.25, 0.03),
    Hysteresis(0.5, 0.35, 0.3, 0.2, 0.1),
    Hysteresis(0.3, 0.15, 0.3, 0.2, 0.1),
    Hysteresis(0.2, 0.1, 0.3, 0.2, 0.1),
    Hysteresis(0.2, 0.1, 0.5, 0.2, 0.1),
    Hysteresis(0.2, 0.1, 0.3, 0.2, 0.2),
)
WINDOWS = ((1.0, 0.5), (1.5, 0.5), (1.5, 0.75), (2.0, 1.0))
OTHERS = (1.0, 3.0)
ENROLLED_WITH = 5


@dataclass(frozen=True)
class RecordingSet:
    """Recordings of one kind with the truth, and, once embedded, their windows on the truth's regions."""

    name: str
    folder: Path
    references: dict[str, Annotation]

    @classmethod
    def read(cls, path: Path) -> RecordingSet:
        """Those of an RTTM file."""
        return cls(path.resolve().parent.name, path.parent, read_rttm(path))

    def source(self, recording: str) -> AudioSource:
        """One of them."""
        return AudioSource(self.folder / f"{recording}.flac")

    def embedded(self, model: SpeakerModel, settings: DiarizationSettings = PLAIN) -> dict[str, WindowEmbeddings]:
        """The windows of all."""
        return {name: prepare(self.source(name), model, settings, truth) for name, truth in self.references.items()}

    def error(
        self, embedded: dict[str, WindowEmbeddings], settings: DiarizationSettings, *, given: bool = False
    ) -> DiarizationError:
        """Of the windows under some settings, the number of speakers given or not."""
        found = {
            name: label(
                windows,
                dataclasses.replace(settings, num_speakers=len(self.references[name].labels()) if given else None),
            )
            for name, windows in embedded.items()
        }
        return diarization_error(self.references, found)


Embedded = list[tuple[RecordingSet, dict[str, WindowEmbeddings]]]


def table(title: str, names: Iterable[str], sets: Iterable[str]) -> None:
    """Print the head of a table, whose first columns have names of their own."""
    heads = [*names, *sets]
    print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)


def row(*cells: str) -> None:
    """Print a row."""
    print(f"| {' | '.join(cells)} |", flush=True)


def both(one: RecordingSet, embedded: dict[str, WindowEmbeddings], settings: DiarizationSettings) -> str:
    """The errors with the number of speakers unknown and given."""
    return ", ".join(f"{100 * one.error(embedded, settings, given=given).pooled_rate:.1f}" for given in (False, True))


def regions(sets: Sequence[RecordingSet]) -> None:
    """Missed and false speech by the detector, the length of its pieces and the rule."""
    table(
        "Regions: missed + false speech, % of the speech",
        ("detector, state begins anew", "onset, offset, pause, speech, padding"),
        (one.name for one in sets),
    )
    options = [("silero", {"piece_seconds": seconds}, f"`silero`, {told}") for told, seconds in PIECES.items()]
    for method, chosen, told in (*options, ("energy", {}, "`energy`")):
        curves = [
            {name: speech_curve(one.source(name).blocks(SAMPLE_RATE), method, chosen) for name in one.references}
            for one in sets
        ]
        for rule in RULES if chosen.get("piece_seconds") == 8.0 else RULES[1:4]:
            shares = (speech_error(one, heard, rule) for one, heard in zip(sets, curves, strict=True))
            cells = (f"{100 * missed:.1f} + {100 * false:.1f}" for missed, false in shares)
            row(told, ", ".join(f"{value:g}" for value in dataclasses.astuple(rule)), *cells)


def speech_error(one: RecordingSet, curves: dict[str, SpeechCurve], rule: Hysteresis) -> tuple[float, float]:
    """Shares of the true speech: what is missed, and what is taken for speech and is none."""
    total = found = common = 0.0
    for name, curve in curves.items():
        truth, heard = one.references[name].get_timeline().support(), timeline(curve.regions(rule))
        total, found = total + truth.duration(), found + heard.duration()
        common += truth.crop(heard).duration()
    return 1.0 - common / total, (found - common) / total


def timeline(found: Regions) -> Timeline:
    """The same, as pyannote has it."""
    return Timeline(Segment(start, end) for start, end in zip(found.starts, found.ends, strict=True))


def windows(sets: Sequence[RecordingSet], model: SpeakerModel) -> None:
    """Errors by the length and the hop of the windows, and with several lengths."""
    table("Windows: DER, number unknown, given", ("length, hop", "others"), (one.name for one in sets))
    for length, hop in WINDOWS:
        settings = dataclasses.replace(PLAIN, window_seconds=length, hop_seconds=hop)
        row(f"{length}, {hop}", "", *(both(one, one.embedded(model, settings), settings) for one in sets))
    settings = dataclasses.replace(PLAIN, other_windows=OTHERS)
    embedded = [(one, one.embedded(model, settings)) for one in sets]
    for kept in ([0], [1], [0, 1]):
        chosen = [
            (one, {name: dataclasses.replace(each, others=each.others[kept]) for name, each in windows.items()})
            for one, windows in embedded
        ]
        told = f"{PLAIN.window_seconds}, {PLAIN.hop_seconds}"
        row(told, ", ".join(f"{OTHERS[place]}" for place in kept), *(both(*one, settings) for one in chosen))


def distances(embedded: Embedded, model: SpeakerModel) -> None:
    """Errors by the distance up to which two voices are one."""
    if model.calibration is None:
        return
    title = "The distance, by the log-likelihood ratio there: DER of `agglomerative`, `vbx`, number unknown"
    table(title, ("ratio", "distance"), (one.name for one, _ in embedded))
    cosines = np.linspace(-1.0, 1.0, 2001)
    ratios = model.calibration.apply(cosines)
    for ratio in np.arange(-1.0, 3.01, 0.5):
        threshold = float(1.0 - cosines[(ratios >= ratio).argmax()])
        settings = [
            dataclasses.replace(PLAIN, clustering=method, clustering_options={"threshold": threshold})
            for method in ("agglomerative", "vbx")
        ]
        cells = (
            ", ".join(f"{100 * one.error(windows, each).pooled_rate:.1f}" for each in settings)
            for one, windows in embedded
        )
        row(f"{ratio:+.1f}", f"{threshold:.3f}", *cells)


def clusterings(embedded: Embedded) -> None:
    """Errors of every clustering, and how it counts."""
    title = "Clusterings: DER, number unknown, given; speakers counted right and found less true, number unknown"
    table(title, ("clustering",), (one.name for one, _ in embedded))
    for method in vm.clustering.available():
        settings = dataclasses.replace(PLAIN, clustering=method)
        row(
            f"`{method}`",
            *(f"{both(one, windows, settings)}; {counted(one, windows, settings)}" for one, windows in embedded),
        )


def counted(one: RecordingSet, windows: dict[str, WindowEmbeddings], settings: DiarizationSettings) -> str:
    """The share of recordings whose speakers are counted right, and how many are found too many."""
    counting = one.error(windows, settings).counting
    return f"{100 * counting.exact:.0f} %, {counting.mean_error:+.1f}"


def after_clustering(embedded: Embedded) -> None:
    """Errors by what happens to the clusters."""
    title = "After clustering: DER, number unknown, given; speakers found less true, number unknown"
    table(title, ("changed",), (one.name for one, _ in embedded))
    for told, change in (
        ("nothing", {}),
        ("windows stay in their clusters", {"reassignments": 0}),
        ("no cluster dissolved", {"smallest_speaker": 0.0, "smallest_share": 0.0}),
        ("dissolved below 1.5 s, whatever the share", {"smallest_share": 0.0}),
        ("dissolved below 3 s, whatever the share", {"smallest_speaker": 3.0, "smallest_share": 0.0}),
        ("dissolved below 2 % of the speech", {"smallest_share": 0.02}),
    ):
        settings = dataclasses.replace(PLAIN, **change)
        cells = (
            f"{both(one, windows, settings)}; {one.error(windows, settings).counting.mean_error:+.1f}"
            for one, windows in embedded
        )
        row(told, *cells)


def overlap(embedded: Embedded) -> None:
    """Errors with a second speaker by posterior."""
    title = "A second speaker by posterior: DER (missed, false, confused), number given"
    table(title, ("threshold",), (one.name for one, _ in embedded))
    for threshold in (None, 0.4, 0.3, 0.2, 0.1):
        settings = (
            PLAIN if threshold is None else dataclasses.replace(PLAIN, overlap="posterior", overlap_threshold=threshold)
        )
        errors = [one.error(windows, settings, given=True) for one, windows in embedded]
        cells = (
            f"{100 * error.pooled_rate:.1f} ({100 * error.missed_rate:.1f}, {100 * error.false_alarm_rate:.1f}, "
            f"{100 * error.confusion_rate:.1f})"
            for error in errors
        )
        row("none sought" if threshold is None else f"{threshold}", *cells)


def names(embedded: Embedded, model: SpeakerModel, others: UtteranceTable) -> None:
    """How much speech has the right and a wrong name, half of those enrolled who have other recordings."""
    table(
        "Names, number of speakers given: speech of the enrolled under their own name, all speech under a wrong one, %",
        ("set", "enrolled", "of speakers", "ratio demanded", "own name", "wrong name"),
        (),
    )
    for one, windows in embedded:
        everyone = {str(name) for truth in one.references.values() for name in truth.labels()}
        enrolled = sorted(everyone & set(others.speakers))[::2]
        if not enrolled:
            continue
        with tempfile.TemporaryDirectory() as folder, vm.Gallery.open(folder, model=model) as gallery:
            for name in enrolled:
                own = others.where(speaker=name)
                gallery.enroll(name, [own.location(place).path for place in range(min(len(own), ENROLLED_WITH))])
            for demanded in (None, 0.0, 1.0, 2.0, 3.0):
                found = {
                    name: label(
                        each,
                        dataclasses.replace(
                            PLAIN, num_speakers=len(one.references[name].labels()), gallery_threshold=demanded
                        ),
                        gallery,
                    )
                    for name, each in windows.items()
                }
                right, wrong = named(one.references, found, set(enrolled))
                row(
                    one.name,
                    f"{len(enrolled)}",
                    f"{len(everyone)}",
                    "the calibration's" if demanded is None else f"{demanded:g}",
                    f"{100 * right:.0f}",
                    f"{100 * wrong:.1f}",
                )


def named(references: dict[str, Annotation], found: dict[str, Annotation], enrolled: set[str]) -> tuple[float, float]:
    """The share of the speech of the enrolled under their own name, and of all speech under an enrolled other's."""
    known = total = right = wrong = 0.0
    for recording, truth in references.items():
        for who in truth.labels():
            spoken = truth.label_timeline(who).support()
            total += spoken.duration()
            known += spoken.duration() if who in enrolled else 0.0
            for name in enrolled & set(found[recording].labels()):
                common = found[recording].label_timeline(name).support().crop(spoken).duration()
                right += common if name == who else 0.0
                wrong += common if name != who else 0.0
    return right / known, wrong / total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("references", nargs="+", type=Path)
    parser.add_argument("--long", type=Path, help="longer recordings, for the clusterings and what comes after them")
    parser.add_argument("--enrol", type=Path, help="an utterance table")
    parser.add_argument("--enrol-sessions", nargs="+", default=["1"])
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    model = vm.load_model(options.model)
    sets = [RecordingSet.read(path) for path in options.references]
    regions(sets)
    windows(sets, model)
    embedded = [(one, one.embedded(model)) for one in sets]
    distances(embedded, model)
    with_long = [*embedded]
    if options.long:
        long = RecordingSet.read(options.long)
        with_long.append((long, long.embedded(model)))
    clusterings(with_long)
    after_clustering(with_long)
    overlap(embedded)
    if options.enrol:
        names(embedded, model, UtteranceTable.read(options.enrol).where(session=options.enrol_sessions))


if __name__ == "__main__":
    main()
