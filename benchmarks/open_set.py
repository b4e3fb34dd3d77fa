"""Identification with strangers on real speech: what each way of setting the threshold promises, and what it keeps.

    python benchmarks/open_set.py MODEL TABLE --where corpus=commands split=dev
    python benchmarks/open_set.py MODEL TABLE --where corpus=commands split=dev --cohort corpus=commands split=train

The speakers are parted at random into enrolled people, strangers and a cohort, a third each, again and again; with
--cohort into the first two, and other recordings are the cohort. A threshold for a wanted false-alarm rate comes from:
the strangers themselves (`oracle`: no one can have it); pairs of the cohort, accepted at that rate (`pairs`: what
`voxmetric threshold` gives, made for two recordings), or at that rate over the number enrolled (`pairs / S`); the
cohort as the gallery does it, on cosines (`cohort`) or on scores normalised by it (`as_norm`). Printed are the
false-alarm rate found and the detection and identification rate, means over the partitions, with intervals from
resampled speakers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import voxmetric as vm
from voxmetric.data.utterances import UtteranceTable
from voxmetric.identification.gallery import Gallery
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.extraction import embed_table

RATES = (0.01, 0.05, 0.1)
METHODS = ("oracle", "pairs", "pairs / S", "cohort", "as_norm")
RESAMPLES = 2000

Outcomes = dict[tuple[str, float, str], dict[str, list[float]]]
"""For a method, a wanted rate and what is counted, the share of each speaker's probes in each partition."""


def chosen(everything: EmbeddingSet, rows: NDArray[np.int64]) -> EmbeddingSet:
    """Some of the embeddings."""
    return EmbeddingSet(everything.ids[rows], everything.vectors[rows], everything.model)


def pair_scores(vectors: NDArray[np.float32], names: NDArray[np.str_]) -> NDArray[np.float32]:
    """Cosines of all pairs of different speakers, the highest first."""
    scores = (vectors @ vectors.T)[np.triu(names[:, None] != names, 1)]
    return np.sort(scores)[::-1]


def partition(
    model: vm.SpeakerModel,
    everything: EmbeddingSet,
    names: NDArray[np.str_],
    first: int,
    rng: np.random.Generator,
    outcomes: Outcomes,
    given: tuple[EmbeddingSet, NDArray[np.str_]] | None,
) -> None:
    """Part the speakers once and note what became of every probe; `given` is a cohort with its speakers."""
    order = rng.permutation(len(names))
    place = np.empty(len(names), dtype=np.int64)  # which of a speaker's recordings each is, in random order
    for name in np.unique(names):
        own = order[names[order] == name]
        place[own] = np.arange(len(own))
    heard_again = np.unique(names[place >= first])
    people = rng.permutation(heard_again)[: len(np.unique(names)) // 3]
    others = rng.permutation(np.setdiff1d(names, people))
    strangers, cohort = np.split(others, [len(others) // (2 if given is None else 1)])
    enrolled = np.flatnonzero(np.isin(names, people) & (place < first))
    known = np.flatnonzero(np.isin(names, people) & (place >= first))
    unknown, of_cohort = (np.flatnonzero(np.isin(names, each)) for each in (strangers, cohort))
    cohort_set, cohort_names = given or (chosen(everything, of_cohort), names[of_cohort])
    probes = np.concatenate([known, unknown])
    pairs = pair_scores(cohort_set.vectors, cohort_names)
    with tempfile.TemporaryDirectory() as folder, Gallery.open(folder, model=model) as gallery:
        gallery.enroll_many(chosen(everything, enrolled), names[enrolled])
        gallery.set_cohort(cohort_set, cohort_names)
        answers = gallery.identify_embeddings(everything.vectors[probes], top=1)
        best = np.array([answer.candidates[0].score for answer in answers])
        right = np.array([answer.candidates[0].name for answer in answers]) == names[probes]
        highest = np.sort(best[len(known) :])[::-1]
        for rate in RATES:
            thresholds = {
                "oracle": np.nextafter(highest[int(rate * len(highest))], np.inf),
                "pairs": pairs[int(rate * len(pairs))],
                "pairs / S": pairs[int(rate / len(people) * len(pairs))],
            }
            accepted = {name: best >= threshold for name, threshold in thresholds.items()}
            for name, normalize in (("cohort", False), ("as_norm", True)):
                if len(np.unique(cohort_names)) >= 3 / rate:
                    decided = gallery.identify_embeddings(
                        everything.vectors[probes], top=1, false_alarm=rate, normalize=normalize
                    )
                    accepted[name] = np.array([answer.decision == "identified" for answer in decided])
            for name, found in accepted.items():
                for kind, rows, counted in (
                    ("detection", slice(None, len(known)), found & right),
                    ("false alarm", slice(len(known), None), found),
                ):
                    speakers, codes = np.unique(names[probes][rows], return_inverse=True)
                    shares = np.bincount(codes, counted[rows]) / np.bincount(codes)
                    for speaker, share in zip(speakers, shares, strict=True):
                        outcomes[name, rate, kind][str(speaker)].append(float(share))


def told(shares: dict[str, list[float]], rng: np.random.Generator) -> str:
    """The mean over speakers and partitions, and its interval over resampled speakers."""
    sums = np.array([sum(each) for each in shares.values()])
    counts = np.array([len(each) for each in shares.values()])
    weights = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), RESAMPLES)
    low, high = np.quantile((weights @ sums) / (weights @ counts), [0.025, 0.975])
    return f"{100 * sums.sum() / counts.sum():5.1f} [{100 * low:4.1f}, {100 * high:4.1f}]"


def embedded(model: vm.SpeakerModel, path: Path, conditions: list[str]) -> tuple[EmbeddingSet, NDArray[np.str_]]:
    """Embeddings of the utterances that fulfil all conditions, and their speakers."""
    table = UtteranceTable.read(path).where(**dict(each.split("=", 1) for each in conditions))
    return embed_table(model, table).embeddings, table.speakers.astype(np.str_)


def main() -> None:
    """Print a line for each method and wanted rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("table", type=Path)
    parser.add_argument("--where", nargs="*", default=[], metavar="COLUMN=VALUE")
    parser.add_argument("--cohort", nargs="*", metavar="COLUMN=VALUE", help="of other speakers than --where")
    parser.add_argument("--first", type=int, default=1, help="recordings enrolled of each person")
    parser.add_argument("--partitions", type=int, default=40)
    options = parser.parse_args()
    model = vm.load_model(options.model)
    everything, names = embedded(model, options.table, options.where)
    given = None if options.cohort is None else embedded(model, options.table, options.cohort)
    outcomes: Outcomes = defaultdict(lambda: defaultdict(list))
    rng = np.random.default_rng(0)
    for _ in range(options.partitions):
        partition(model, everything, names, options.first, rng, outcomes, given)
    print(f"{len(np.unique(names))} speakers, {options.first} recordings enrolled, {options.partitions} partitions")
    print(f"{'wanted':>7} {'threshold from':15} {'false alarms, %':>18} {'detected, identified, %':>24}")
    for rate in RATES:
        for name in METHODS:
            if outcomes[name, rate, "detection"]:
                figures = [told(outcomes[name, rate, kind], rng) for kind in ("false alarm", "detection")]
                print(f"{100 * rate:5g} % {name:15} {figures[0]:>18} {figures[1]:>24}")


if __name__ == "__main__":
    main()
