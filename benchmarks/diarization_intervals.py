"""How often intervals of diarization error rates hold the true rate, on simulated recordings.

    python benchmarks/diarization_intervals.py

Recordings are of very unlike lengths (log-normal speech, standard deviation 0.7 of the logarithm) and error shares
(beta with parameters 0.8 and 4, so the true rate is 1/6). Counted, too, is how often the paired test tells two systems
apart at 0.05 whose errors differ by chance alone: a factor on each recording, log-normal with standard deviation 0.3.
"""

from __future__ import annotations

import argparse

import numpy as np

from voxmetric.metrics.diarization.confidence import RatioOfSums, RecordingBootstrap

TRUE_RATE = 0.8 / (0.8 + 4.0)


def simulated(rng: np.random.Generator, count: int) -> RatioOfSums:
    """Errors and speech of recordings."""
    speech = np.exp(rng.normal(5.5, 0.7, count))
    return RatioOfSums(rng.beta(0.8, 4.0, count) * speech, speech)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--recordings", nargs="+", type=int, default=[5, 10, 20, 40, 80])
    parser.add_argument("--sets", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=1000)
    given = parser.parse_args()
    print("| recordings | 95 % intervals that hold the true rate, % | equal systems told apart at 0.05, % |")
    print("|---|---|---|")
    for count in given.recordings:
        held = apart = 0
        for number in range(given.sets):
            rng = np.random.default_rng([count, number])
            figure = simulated(rng, count)
            bootstrap = RecordingBootstrap(count, num_resamples=given.resamples, seed=number)
            interval = bootstrap.interval(figure)
            held += interval.low <= TRUE_RATE <= interval.high
            one, other = (
                bootstrap.replicates(RatioOfSums(figure.above * rng.lognormal(0.0, 0.3, count), figure.below))
                for _ in range(2)
            )
            apart += bootstrap.two_sided_p_value(one - other) < 0.05
        print(f"| {count} | {100 * held / given.sets:.1f} | {100 * apart / given.sets:.1f} |", flush=True)


if __name__ == "__main__":
    main()
