"""Time and memory of the metrics, the speaker bootstrap and trial scoring, against plain ways to compute the same.

    python benchmarks/metrics.py --trials 10000 37611 1000000 10000000

Every ratio is between two measurements of one run; a plain way that would take minutes is measured on fewer trials or
resamples and scaled up, which the table marks with a tilde.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_curve

from voxmetric import metrics
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.scoring.cosine import cosine_of_rows

RESAMPLES = 1000
MOST_PLAIN = 200_000  # trials that a plain way is measured on
SPEAKERS, UTTERANCES, DIMENSIONS = 1000, 5000, 256


@dataclass(frozen=True)
class Workload:
    """T random trials between utterances of many speakers."""

    scores: NDArray[np.float32]
    labels: NDArray[np.int8]
    enrol: NDArray[np.int64]
    test: NDArray[np.int64]

    def first(self, num_trials: int) -> Workload:
        """The first trials alone."""
        part = slice(num_trials)
        return Workload(self.scores[part], self.labels[part], self.enrol[part], self.test[part])


def draw(num_trials: int) -> Workload:
    """Balanced trials whose EER is about 16 %; utterance u is of speaker u modulo `SPEAKERS`."""
    rng = np.random.default_rng(0)
    labels = (np.arange(num_trials) % 2).astype(np.int8)
    scores = rng.standard_normal(num_trials, dtype=np.float32) + np.float32(2.0) * labels
    enrol = rng.integers(0, UTTERANCES, num_trials)
    test = (enrol + SPEAKERS * rng.integers(1, UTTERANCES // SPEAKERS, num_trials)) % UTTERANCES
    test = np.where(labels == 1, test, (test + rng.integers(1, SPEAKERS, num_trials)) % UTTERANCES)
    return Workload(scores, labels, enrol, test)


def plain_eer(work: Workload) -> float:
    """As toolkits do: scikit-learn's ROC curve, then the nearest point."""
    false_alarm, hit, _ = roc_curve(work.labels, work.scores)
    return float(false_alarm[np.argmin(np.abs(1 - hit - false_alarm))])


def plain_min_dcf(work: Workload) -> float:
    """As toolkits do: a loop over every score as threshold, with running counts."""
    order = np.argsort(work.scores)
    labels = work.labels[order].tolist()
    num_target = sum(labels)
    missed, accepted, least = 0, len(labels) - num_target, 1.0
    for label in labels:
        missed, accepted = missed + label, accepted - (1 - label)
        least = min(least, (0.01 * missed / num_target + 0.99 * accepted / (len(labels) - num_target)) / 0.01)
    return least


def plain_cllr(work: Workload) -> float:
    """In double precision, all trials at once."""
    target, nontarget = work.scores[work.labels == 1].astype(float), work.scores[work.labels == 0].astype(float)
    return float((np.log2(1 + np.exp(-target)).mean() + np.log2(1 + np.exp(nontarget)).mean()) / 2)


def plain_min_cllr(work: Workload) -> float:
    """Isotonic regression of all labels on all scores."""
    fitted = IsotonicRegression().fit_transform(work.scores.astype(float), work.labels).clip(1e-12, 1 - 1e-12)
    return plain_cllr(Workload(np.log(fitted / (1 - fitted)), work.labels, work.enrol, work.test))


def bootstrap(work: Workload) -> Any:
    """EER with its interval."""
    speakers = work.enrol % SPEAKERS, work.test % SPEAKERS
    return SpeakerBootstrap(work.labels, *speakers, num_resamples=RESAMPLES).interval(work.scores, "eer")


def plain_bootstrap(work: Workload) -> float:
    """One resample: repeat each trial as often as its weight says, then EER."""
    drawn = np.random.default_rng(0).multinomial(SPEAKERS, np.full(SPEAKERS, 1 / SPEAKERS))
    enrol, test = work.enrol % SPEAKERS, work.test % SPEAKERS
    times = np.where(work.labels == 1, drawn[enrol], drawn[enrol] * drawn[test])
    return metrics.eer(np.repeat(work.scores, times), np.repeat(work.labels, times))


def embeddings() -> NDArray[np.float32]:
    """Unit vectors (UTTERANCES, DIMENSIONS)."""
    rows = np.random.default_rng(0).standard_normal((UTTERANCES, DIMENSIONS), dtype=np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def measure(function: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Best time in seconds, and peak of memory allocated on top of the input in MB."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times), peak / 1e6


def main() -> None:
    """Print one line for each figure and number of trials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[10_000, 37_611, 100_000, 1_000_000, 10_000_000])
    units = embeddings()
    cases: dict[str, tuple[Callable[[Workload], Any], Callable[[Workload], Any], int]] = {
        "eer": (lambda work: metrics.eer(work.scores, work.labels), plain_eer, 1),
        "min_dcf": (lambda work: metrics.min_dcf(work.scores, work.labels), plain_min_dcf, 1),
        "cllr": (lambda work: metrics.cllr(work.scores, work.labels), plain_cllr, 1),
        "min_cllr": (lambda work: metrics.min_cllr(work.scores, work.labels), plain_min_cllr, 1),
        f"eer, {RESAMPLES} resamples": (bootstrap, plain_bootstrap, RESAMPLES),
        "cosine scores": (
            lambda work: cosine_of_rows(units, work.enrol, work.test),
            lambda work: [float(units[a] @ units[b]) for a, b in zip(work.enrol, work.test, strict=True)],
            1,
        ),
    }
    print(f"{'figure':24}{'trials':>12}{'seconds':>12}{'peak MB':>10}{'plain, s':>12}{'ratio':>8}")
    for num_trials in parser.parse_args().trials:
        work = draw(num_trials)
        few = work.first(MOST_PLAIN)
        for name, (function, plain, times) in cases.items():
            seconds, peak = measure(partial(function, work), 5 if num_trials < 10**6 else 2)
            scale = times * len(work.scores) / len(few.scores)
            plain_seconds = scale * measure(partial(plain, few), 1)[0]
            about = "~" if scale > 1 else ""
            print(
                f"{name:24}{num_trials:12,}{seconds:12.4g}{peak:10.1f}"
                f"{about + format(plain_seconds, '.3g'):>12}{plain_seconds / seconds:8.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
