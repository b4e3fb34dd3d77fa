"""Time of the clusterings beside the textbook implementations, and which criterion counts speakers best.

    python benchmarks/clustering.py --windows 1000 4000 10000 30000
    python benchmarks/clustering.py --count --trials 40

The embeddings are simulated. The textbook's are those of scikit-learn and SciPy, given the number of speakers; as
memory or time of most grows with the square of the windows, they are left out beyond `--textbook-up-to`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score

from simulated_speakers import conversation
from voxmetric import clustering
from voxmetric.diarization.clustering.number import NAMES

SPEAKERS = 5


def textbook(windows: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    """Clusterings by other libraries with the number of speakers given."""
    return {
        "scikit-learn KMeans": lambda: KMeans(SPEAKERS, n_init=3, random_state=0).fit_predict(windows),
        "SciPy linkage": lambda: fcluster(linkage(windows, "average", "cosine"), SPEAKERS, "maxclust"),
        "scikit-learn Agglomerative": lambda: AgglomerativeClustering(
            SPEAKERS, metric="cosine", linkage="average"
        ).fit_predict(windows),
        "scikit-learn Spectral": lambda: SpectralClustering(
            SPEAKERS, affinity="nearest_neighbors", n_neighbors=20, random_state=0
        ).fit_predict(windows),
    }


def timed(name: str, call: Callable[[], np.ndarray], truth: np.ndarray) -> None:
    """Print the seconds of the better of two calls, the clusters and their agreement with the truth."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter(), time.process_time()
        labels = call()
        seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, processor = min(seconds)
    print(
        f"{len(truth):7d} {name:28}{wall:9.2f}{processor:9.2f}{len(np.unique(labels)):6d}"
        f"{adjusted_rand_score(truth, labels):8.3f}",
        flush=True,
    )


def compare_times(sizes: list[int], textbook_up_to: int) -> None:
    """Every method with the number unknown and given, and the textbook's."""
    print(f"{'windows':>7} {'':28}{'wall s':>9}{'cpu s':>9}{'found':>6}{'ARI':>8}   ({SPEAKERS} speakers)")
    for size in sizes:
        windows, truth = conversation(np.random.default_rng(0), SPEAKERS, size)
        for method in clustering.available():
            timed(method, partial(clustering.cluster, windows, method), truth)
            timed(f"{method}, given", partial(clustering.cluster, windows, method, SPEAKERS), truth)
        if size <= textbook_up_to:
            for name, call in textbook(windows).items():
                timed(name, call, truth)


def compare_counts(trials: int, windows: int, within: float) -> None:
    """The share of conversations whose speakers are counted right, and the mean of found less true, by criterion."""
    numbers = range(1, 8)
    print(f"right / mean error, {trials} conversations of {windows} windows, cosine {within} within")
    print(f"{'':16}" + "".join(f"{number:>13d}" for number in numbers))
    for name in [*NAMES, *(method for method in clustering.available() if method != "k_means")]:
        cells = []
        for number in numbers:
            rng = np.random.default_rng(number)
            errors = []
            for _ in range(trials):
                embeddings = conversation(rng, number, windows, within)[0]
                if name in NAMES:
                    found = clustering.choose_number(embeddings, "k_means", name, restarts=1).number
                else:
                    found = int(clustering.cluster(embeddings, name, max_clusters=10).max()) + 1
                errors.append(found - number)
            cells.append(f"{np.mean(np.equal(errors, 0)):7.2f}{np.mean(errors):+6.1f}")
        print(f"{name:16}" + "".join(cells), flush=True)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", nargs="+", type=int, default=[1000, 4000, 10_000, 30_000])
    parser.add_argument("--textbook-up-to", type=int, default=10_000)
    parser.add_argument("--count", action="store_true", help="compare criteria for the number instead of times")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--within", type=float, default=0.6, help="mean cosine of two windows of a speaker")
    given = parser.parse_args()
    if given.count:
        compare_counts(given.trials, 200, given.within)
    else:
        compare_times(given.windows, given.textbook_up_to)


if __name__ == "__main__":
    main()
