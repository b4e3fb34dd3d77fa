"""Time and memory of scoring trials and of normalising their scores, against plain loops.

    python benchmarks/scoring.py
    python benchmarks/scoring.py --sizes 37720:4708 --cohort 2000

A size is trials:utterances; the defaults are those of VoxCeleb 1's original and extended lists. The plain loops score
trial by trial, and compare both sides of each with the whole cohort, as small scripts do; they are measured on a few
trials and scaled up, which a tilde marks. The peak is of what is allocated on top of the embeddings given.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.trials import TrialList
from voxmetric.scoring import backends
from voxmetric.scoring.backends.plda import Plda
from voxmetric.scoring.backends.training import TrainingSet
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.trial_scorer import Normalization, TrialScorer

PLAIN_TRIALS = {"scores": 2000, "as_norm": 100}
"""How many trials a plain loop is measured on."""


@dataclass(frozen=True)
class Workload:
    """Random trials among embeddings of random directions.

    Attributes:
        embeddings: (N, D).
        first: (T,) rows.
        second: (T,) rows.
        trials: the same by name.
    """

    embeddings: EmbeddingSet
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    trials: TrialList


def main() -> None:
    """Print a line for each case and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["37720:4708", "581480:145160"], metavar="TRIALS:UTTERANCES")
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--cohort", type=int, default=20_000)
    parser.add_argument("--top", type=int, default=300)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2000), 4)
    speakers = rng.standard_normal((2000, options.dimensions), dtype=np.float32)
    noise = rng.standard_normal((len(labels), options.dimensions), dtype=np.float32)
    plda = backends.create("plda", {"iterations": 5}, TrainingSet(speakers[labels] + noise, labels, "m"))
    cohort = rng.standard_normal((options.cohort, options.dimensions), dtype=np.float32)
    units = cohort / np.linalg.norm(cohort, axis=1, keepdims=True)
    print(f"{'case':34} {'seconds':>9} {'trials/s':>12} {'peak MB':>9} {'plain s':>10} {'times':>8}")
    for size in options.sizes:
        work = draw(*map(int, size.split(":")), options.dimensions)
        cosine = backends.create("cosine")
        normalization = Normalization("as_norm", cohort, options.top)
        report("cosine", work, TrialScorer(work.embeddings, cosine), plain_cosine, "scores")
        report(
            "plda", work, TrialScorer(work.embeddings, plda), lambda work, row: plain_plda(plda, work, row), "scores"
        )
        report(
            f"as_norm, cohort {options.cohort:,}",
            work,
            TrialScorer(work.embeddings, cosine, normalization=normalization),
            lambda work, row: plain_as_norm(units, options.top, work, row),
            "as_norm",
        )


def draw(num_trials: int, num_utterances: int, dimensions: int) -> Workload:
    """Every utterance is in a trial, as in the lists of VoxCeleb 1, if there are enough trials."""
    rng = np.random.default_rng(0)
    ids = np.array([f"id{number % 1251:05d}/{number:06d}.wav" for number in range(num_utterances)], dtype=object)
    first = np.arange(num_trials) % num_utterances
    second = rng.integers(0, num_utterances, num_trials)
    vectors = rng.standard_normal((num_utterances, dimensions), dtype=np.float32)
    trials = TrialList(ids[first], ids[second], first % 2)
    return Workload(EmbeddingSet(ids.astype(str), vectors, "m"), first, second, trials)


def report(name: str, work: Workload, scorer: TrialScorer, plain: Callable[[Workload, int], float], kind: str) -> None:
    """Measure one case and its plain loop, after a look that both agree."""
    begun = time.perf_counter()
    scores = scorer(work.trials)
    seconds = time.perf_counter() - begun
    tracemalloc.start()
    scorer(work.trials)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    begun = time.perf_counter()
    expected = [plain(work, row) for row in range(PLAIN_TRIALS[kind])]
    scaled = (time.perf_counter() - begun) * len(scores) / len(expected)
    np.testing.assert_allclose(scores[: len(expected)], expected, atol=2e-3)
    print(
        f"{f'{name}, {len(scores):,} trials':34} {seconds:9.2f} {len(scores) / seconds:12,.0f} {peak / 1e6:9.0f} "
        f"{f'~{scaled:,.0f}':>10} {scaled / seconds:7,.0f}x"
    )


def plain_cosine(work: Workload, row: int) -> float:
    """One trial."""
    one, other = work.embeddings.vectors[work.first[row]], work.embeddings.vectors[work.second[row]]
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def plain_plda(plda: Plda, work: Workload, row: int) -> float:
    """One trial: the two Gaussian densities of the test recording, axis by axis."""
    one, other = (
        (plda.projection.project(work.embeddings.vectors[side[row]]) - plda.mean) @ plda.axes
        for side in (work.first, work.second)
    )
    known = plda.variances / (1.0 + plda.variances)
    same, anybody = 1.0 + known, 1.0 + plda.variances
    ratio = (other**2 / anybody - (other - known * one) ** 2 / same + np.log(anybody / same)) / 2
    return float(ratio.sum())


def plain_as_norm(units: NDArray[np.float32], top: int, work: Workload, row: int) -> float:
    """One trial: both sides with the whole cohort at unit length, sorted."""
    score = plain_cosine(work, row)
    found = []
    for side in (work.first, work.second):
        own = work.embeddings.vectors[side[row]]
        highest = np.sort(units @ own / np.linalg.norm(own))[-top:]
        found.append((score - highest.mean()) / highest.std())
    return float(np.mean(found))


if __name__ == "__main__":
    main()
