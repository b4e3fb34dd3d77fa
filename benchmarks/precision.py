"""What bfloat16 changes: a model's embeddings beside those of float32, and the equal error rate in both.

    python benchmarks/precision.py $VOXMETRIC_DATA/utterances.csv \\
        corpus=commands,split=dev corpus=arabic,split=dev corpus=librispeech,split=train

Every recording of all subsets of the table (COLUMN=VALUE,...) is embedded in both precisions, and the cosine of its two
embeddings told. On the first subset all pairs are scored: equal error rates with 95 % intervals over speakers, and the
paired difference bfloat16 less float32.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from voxmetric import load_model
from voxmetric.data.utterances import UtteranceTable
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.paired import paired_difference
from voxmetric.precision import Precision
from voxmetric.scoring.cosine import cosine_of_rows
from voxmetric.scoring.extraction import embed_table

PRECISIONS: tuple[Precision, Precision] = ("bfloat16", "float32")


def describe_agreement(name: str, cosines: NDArray[np.float32]) -> None:
    """Print how near the embeddings (N,) of a subset are."""
    mean = cosines.mean(dtype=np.float64)
    print(f"{name}: {len(cosines)} recordings, cosine at least {cosines.min():.6f}, mean {mean:.6f}", flush=True)


def in_points(interval: Interval) -> str:
    """An error rate or a difference of two with its interval, in per cent."""
    return f"{100 * interval.value:.2f} [{100 * interval.low:.2f}, {100 * interval.high:.2f}]"


def compare_error(name: str, speakers: NDArray[np.str_], vectors: dict[Precision, NDArray[np.float32]]) -> None:
    """Print the equal error rates of all pairs of a subset and their difference."""
    one, other = np.triu_indices(len(speakers), 1)
    bootstrap = SpeakerBootstrap(speakers[one] == speakers[other], speakers[one], speakers[other])
    scores = {precision: cosine_of_rows(units, one, other) for precision, units in vectors.items()}
    print(f"{name}: all {len(one)} pairs of {bootstrap.num_speakers} speakers")
    for precision in PRECISIONS:
        print(f"  {precision}: EER {in_points(bootstrap.interval(scores[precision], 'eer'))} %")
    found = paired_difference(bootstrap, *(scores[precision] for precision in PRECISIONS), names=PRECISIONS)
    print(f"  bfloat16 less float32: {in_points(found.difference)} points, p {found.p_value:.2f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("subsets", nargs="+")
    parser.add_argument("--model", default="default")
    arguments = parser.parse_args()
    table = UtteranceTable.read(arguments.table)
    models = {precision: load_model(arguments.model, precision=precision) for precision in PRECISIONS}
    cosines = []
    for number, name in enumerate(arguments.subsets):
        part = table.where(**dict(condition.split("=", 1) for condition in name.split(",")))
        embedded = {precision: embed_table(model, part).embeddings for precision, model in models.items()}
        vectors = {precision: each.vectors for precision, each in embedded.items()}
        cosines.append((vectors["bfloat16"] * vectors["float32"]).sum(axis=1))
        describe_agreement(name, cosines[-1])
        if number == 0:
            compare_error(name, np.asarray(part.speakers, dtype=np.str_), vectors)
    describe_agreement("together", np.concatenate(cosines))


if __name__ == "__main__":
    main()
