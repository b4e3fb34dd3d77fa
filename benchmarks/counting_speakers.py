"""Which criterion counts speakers best, on real speech: choosing constants on some readers, reported on others.

    VOXMETRIC_DATA=... python benchmarks/counting_speakers.py runs/counting.json

Conversations are made of embedded windows (1.5 s, hop 0.75 s) of LibriSpeech readers: 1 to 8 of them, each with 6 to 17
consecutive windows of one recording, in runs of four that alternate at random; no window holds two voices. Constants
(`one_cluster` of the criteria, the threshold of linkage) are chosen for the share of conversations counted right, over
numbers 1 to 8 alike, on half of the readers that the model was trained on; reported on the other half, and on readers
that it never heard. Intervals: jackknife over readers (ten groups), on conversations without the readers left out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from voxmetric import clustering, load_model
from voxmetric.audio.source import AudioSource
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.clustering.agglomerative import DEFAULT_THRESHOLD, average_linkage, clusters_below
from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.criteria import CRITERIA, bic
from voxmetric.diarization.clustering.number import LARGEST
from voxmetric.diarization.clustering.points import unit_rows
from voxmetric.diarization.clustering.spectral import eigengaps
from voxmetric.training.recipe_file import read_recipe
from voxmetric.training.subsets import select

NUMBERS = range(1, 9)
WINDOW, HOP = 1.5, 0.75
FEWEST, MOST, RUN = 6, 17, 4
THRESHOLDS = np.round(np.arange(0.10, 1.001, 0.02), 2)
METHODS: dict[str, dict[str, object]] = {"x_means": {}, "spectral": {}, "vbx": {}}
GROUPS = 10

Embedded = dict[str, list[NDArray[np.float32]]]
"""Windows of each recording of each reader."""


@dataclass(frozen=True)
class Counted:
    """What was found in one conversation.

    Attributes:
        readers: who speak.
        figures: of each criterion, for each number of clusters.
        clusters: of average linkage at each of `THRESHOLDS`.
        found: by each method that counts by itself.
    """

    readers: list[str]
    figures: dict[str, dict[int, float]]
    clusters: list[int]
    found: dict[str, int]


def embed(table: UtteranceTable, folder: Path, model_name: str) -> Embedded:
    """Windows of every reader's recordings."""
    model = load_model(model_name)
    rate = model.sample_rate
    window, hop = round(WINDOW * rate), round(HOP * rate)
    embedded: Embedded = {}
    for path, reader in zip(table.paths, table.speakers, strict=True):
        source = AudioSource(folder / path)
        samples = source.read(0.0, source.duration, rate)
        starts = range(0, len(samples) - window + 1, hop)
        if len(starts) >= FEWEST:
            vectors = model.embed_waveforms([samples[start : start + window] for start in starts])
            embedded.setdefault(str(reader), []).append(vectors)
    return embedded


def conversation(rng: np.random.Generator, embedded: Embedded, readers: list[str]) -> NDArray[np.float32]:
    """Windows (N, D) of the readers, in runs that alternate."""
    runs = []
    for reader in readers:
        recording = embedded[reader][rng.integers(len(embedded[reader]))]
        count = min(len(recording), int(rng.integers(FEWEST, MOST + 1)))
        first = int(rng.integers(0, len(recording) - count + 1))
        chosen = recording[first : first + count]
        runs += [chosen[start : start + RUN] for start in range(0, count, RUN)]
    return np.concatenate([runs[place] for place in rng.permutation(len(runs))])


def count_speakers(windows: NDArray[np.float32], readers: list[str]) -> Counted:
    """Every criterion's figures and every method's number."""
    most = min(LARGEST, len(windows) - 1)
    labels = {number: clustering.cluster(windows, "k_means", number) for number in range(1, most + 1)}
    units = unit_rows(windows)
    distances = np.clip(1.0 - units @ units.T, 0.0, 2.0).astype(np.float64)
    distances = np.minimum(distances, distances.T)
    np.fill_diagonal(distances, 0.0)
    figures = {
        name: {number: judge.figure(distances, labels[number]) for number in range(2, most + 1)}
        for name, judge in CRITERIA.items()
    }
    figures["bic"] = {number: bic(units, labels[number]) for number in labels}
    figures["eigengap"] = eigengaps(windows, SpeakerCount(1, most))
    tree = average_linkage(units)
    found = {
        name: int(clustering.cluster(windows, name, max_clusters=most, **options).max()) + 1
        for name, options in METHODS.items()
    }
    return Counted(readers, figures, [clusters_below(tree, threshold) for threshold in THRESHOLDS], found)


def draw(embedded: Embedded, readers: list[str], trials: int, seed: int) -> list[Counted]:
    """`trials` conversations of each number of readers."""
    counted = []
    for number in NUMBERS:
        rng = np.random.default_rng([seed, number])
        for _ in range(trials):
            chosen = rng.choice(readers, number, replace=False).tolist()
            counted.append(count_speakers(conversation(rng, embedded, chosen), chosen))
        print(f"{number} readers of {len(readers)}: {trials} conversations", flush=True)
    return counted


def by_criterion(name: str, limit: float) -> Callable[[Counted], int]:
    """The number that `choose_number` would choose with `one_cluster=limit`."""
    judge = CRITERIA[name]

    def number(counted: Counted) -> int:
        figures = counted.figures[name]
        best = max(figures, key=lambda tried: judge.merit(figures[tried]))
        return best if judge.merit(figures[best]) >= judge.merit(limit) else 1

    return number


def by_threshold(threshold: float) -> Callable[[Counted], int]:
    """The number of average linkage."""
    place = int(np.argmin(np.abs(threshold - THRESHOLDS)))
    return lambda counted: counted.clusters[place]


def largest(name: str) -> Callable[[Counted], int]:
    """The number with the largest figure, one cluster among them."""
    return lambda counted: max(counted.figures[name], key=lambda tried: counted.figures[name][tried])


def itself(name: str) -> Callable[[Counted], int]:
    """The number that a method finds."""
    return lambda counted: counted.found[name]


def share_right(counted: list[Counted], counter: Callable[[Counted], int]) -> float:
    """Over numbers alike."""
    by_number: dict[int, list[bool]] = {}
    for one in counted:
        by_number.setdefault(len(one.readers), []).append(counter(one) == len(one.readers))
    return float(np.mean([np.mean(right) for right in by_number.values()]))


def best_limit(counted: list[Counted], name: str) -> float:
    """The middle one of the limits that count most conversations right."""
    judge = CRITERIA[name]
    figures = [
        max(one.figures[name].values(), key=judge.merit)
        for one in counted
        if np.isfinite(list(one.figures[name].values())).all()
    ]
    tried = np.unique(np.round(figures, 3))
    shares = np.array([share_right(counted, by_criterion(name, limit)) for limit in tried])
    best = np.flatnonzero(shares == shares.max())
    return float(tried[best[len(best) // 2]])


def interval(counted: list[Counted], figure: Callable[[list[Counted]], float]) -> tuple[float, float, float]:
    """A figure and the ends of its 95 % interval, by a jackknife over groups of readers."""
    from scipy.special import stdtrit

    readers = sorted({reader for one in counted for reader in one.readers})
    groups = [set(readers[place::GROUPS]) for place in range(GROUPS)]
    without = [[one for one in counted if not group & set(one.readers)] for group in groups]
    figures = np.array([figure(left) for left in without if left])
    value = figure(counted)
    spread = np.sqrt((len(figures) - 1) / len(figures) * np.square(figures - figures.mean()).sum())
    half = float(stdtrit(len(figures) - 1, 0.975) * spread)
    return value, value - half, value + half


def report(sets: dict[str, list[Counted]], counters: dict[str, Callable[[Counted], int]]) -> None:
    """A table for each set: share right with its interval, then right and mean error for each number."""
    for title, counted in sets.items():
        print(f"\n{title}: share counted right and mean of found less true\n")
        print(
            "| counted by | 1 to 8 alike, % | one heard as one, % | several as one, % | "
            + " | ".join(map(str, NUMBERS))
            + " |"
        )
        print("|---|---|---|---|" + "---|" * len(NUMBERS))
        for name, counter in counters.items():
            value, low, high = interval(counted, lambda some: share_right(some, counter))  # noqa: B023
            errors = {
                number: np.array([counter(one) - number for one in counted if len(one.readers) == number])
                for number in NUMBERS
            }
            several = np.mean([counter(one) == 1 for one in counted if len(one.readers) > 1])
            cells = [f"{100 * np.mean(of == 0):.0f}, {of.mean():+.1f}" for of in errors.values()]
            print(
                f"| {name} | {100 * value:.0f} [{max(0.0, 100 * low):.0f}, {min(100.0, 100 * high):.0f}] | "
                f"{100 * np.mean(errors[1] == 0):.0f} | {100 * several:.0f} | " + " | ".join(cells) + " |"
            )


def compare(sets: dict[str, list[Counted]], counters: dict[str, Callable[[Counted], int]]) -> None:
    """How much less often each counts right than the one that is best on the readers chosen on, in points."""
    first = next(iter(sets.values()))
    best = max(counters, key=lambda name: share_right(first, counters[name]))
    for title, counted in sets.items():
        print(f"\n{title}: points by which {best} counts right more often")
        for name, counter in counters.items():
            if name != best:
                value, low, high = interval(
                    counted,
                    lambda some: share_right(some, counters[best]) - share_right(some, counter),  # noqa: B023
                )
                print(f"  than {name}: {100 * value:+.0f} [{100 * low:+.0f}, {100 * high:+.0f}]")


def main() -> None:
    """Embed, draw, choose, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="JSON with what was counted; read again where it exists")
    parser.add_argument("--model", default="default")
    parser.add_argument("--recipe", type=Path, default=Path("recipes/default_model.yaml"))
    parser.add_argument("--trials", type=int, default=40)
    given = parser.parse_args()
    if given.results.exists():
        sets = msgspec.json.decode(given.results.read_bytes(), type=dict[str, list[Counted]])
    else:
        folder = Path(os.environ["VOXMETRIC_DATA"])
        trained_on = set(select(read_recipe(given.recipe)).speakers.tolist())
        embedded = embed(
            UtteranceTable.read(folder / "utterances.csv").where(corpus="librispeech"), folder, given.model
        )
        readers = np.random.default_rng(0).permutation(sorted(embedded)).tolist()
        heard = [reader for reader in readers if reader in trained_on]
        strangers = [reader for reader in readers if reader not in trained_on]
        half = len(heard) // 2
        parts = {
            f"{half} readers of the training, to choose on": heard[:half],
            f"{len(heard) - half} other readers of the training": heard[half:],
            f"{len(strangers)} readers never heard": strangers,
        }
        sets = {title: draw(embedded, part, given.trials, seed) for seed, (title, part) in enumerate(parts.items())}
        given.results.write_bytes(msgspec.json.encode(sets))
    chosen_on = next(iter(sets.values()))
    limits = {name: best_limit(chosen_on, name) for name in CRITERIA}
    threshold = float(max(THRESHOLDS, key=lambda tried: share_right(chosen_on, by_threshold(tried))))
    print("chosen:", {name: round(limit, 3) for name, limit in limits.items()}, "linkage", threshold)
    counters: dict[str, Callable[[Counted], int]] = {}
    for name, limit in limits.items():
        counters[name] = by_criterion(name, limit)
    counters |= {name: largest(name) for name in ("bic", "eigengap")}
    counters[f"agglomerative at {threshold:g}"] = by_threshold(threshold)
    counters |= {name: itself(name) for name in METHODS}
    report(sets, counters)
    shipped = {name: by_criterion(name, judge.one_cluster) for name, judge in CRITERIA.items()}
    shipped["agglomerative"] = by_threshold(DEFAULT_THRESHOLD)
    chosen = {name.split()[0]: counter for name, counter in counters.items()}
    for title, counted in sets.items():
        print(f"\n{title}: points that the constants chosen here count more often right than the shipped ones")
        for name, counter in shipped.items():
            gain = share_right(counted, chosen[name]) - share_right(counted, counter)
            print(f"  {name}: {100 * gain:+.1f}")
    compare(sets, counters)


if __name__ == "__main__":
    main()
