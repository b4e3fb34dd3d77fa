"""A gallery of many people: enrolment, search and memory, beside the loop over people that it replaces.

    python benchmarks/gallery.py --people 10000 100000 1000000 --embedding-size 256

The voices are made, with a variance that falls over the dimensions as that of real embeddings does (75 of 256
dimensions count, by their participation ratio); the queries are other recordings of enrolled voices, at a cosine of
about 0.75. Times are those of `Gallery.identify_embeddings` for one query after another. `index` needs the extra `ann`.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voxmetric.identification.approximate_index import is_available
from voxmetric.identification.gallery import Gallery
from voxmetric.scoring.embeddings import EmbeddingSet

Vectors = NDArray[np.float32]
SINGLE_INSERTS, QUERIES, NAIVE_QUERIES = 300, 200, 2


@dataclass(frozen=True)
class Model:
    """What a gallery must know of a model to keep its embeddings."""

    embedding_size: int
    fingerprint: str = "benchmark"


def made_voices(count: int, size: int) -> Vectors:
    """(S, D) of unit length."""
    rng = np.random.default_rng(0)
    spread = (1.0 / (1.0 + np.arange(size) / 32)).astype(np.float32)
    rotation = np.linalg.qr(rng.standard_normal((size, size)))[0].astype(np.float32)
    voices = np.empty((count, size), dtype=np.float32)
    for first in range(0, count, 50_000):
        part = voices[first : first + 50_000]
        part[:] = (rng.standard_normal(part.shape, dtype=np.float32) * spread) @ rotation
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return voices


def other_recordings(voices: Vectors, count: int) -> Vectors:
    """(Q, D) queries near some of the voices."""
    rng = np.random.default_rng(1)
    chosen, others = rng.integers(0, len(voices), (2, count))
    return voices[chosen] + np.float32(0.9) * voices[others]


def loop_over_people(people: list[tuple[str, Vectors]], query: Vectors) -> list[tuple[float, str]]:
    """As a first version does it: one cosine after the other."""
    return sorted(
        ((float(query @ voice / (np.linalg.norm(query) * np.linalg.norm(voice))), name) for name, voice in people),
        reverse=True,
    )[:5]


def milliseconds(search: Callable[[Vectors], object], queries: Vectors) -> str:
    """The median and 99th percentile of the time of one search, and the median processor time, the first left out."""
    search(queries[0])
    times = []
    for query in queries:
        start, busy = time.perf_counter(), time.process_time()
        search(query)
        times.append((time.perf_counter() - start, time.process_time() - busy))
    clock, processor = 1e3 * np.array(times).T
    return f"p50 {np.median(clock):.2f} ms, p99 {np.quantile(clock, 0.99):.2f} ms, cpu {np.median(processor):.2f} ms"


def resident_megabytes() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(num_people: int, size: int, folder: Path) -> None:
    """Print the figures of one size of gallery."""
    voices = made_voices(num_people, size)
    names = [f"person {number}" for number in range(num_people)]
    queries = other_recordings(voices, QUERIES)

    def say(what: str, figure: str) -> None:
        print(f"{num_people:>9,}  {what:44}{figure}", flush=True)

    with Gallery.open(folder, model=Model(size)) as gallery:
        start, busy = time.perf_counter(), time.process_time()
        gallery.enroll_many(EmbeddingSet(names, voices, Model.fingerprint), names)
        rates = (num_people / (now - then) for now, then in ((time.perf_counter(), start), (time.process_time(), busy)))
        say("bulk enrolment", "{:,.0f} people/s, {:,.0f} a second of cpu".format(*rates))
        start = time.perf_counter()
        for number in range(SINGLE_INSERTS):
            gallery.enroll(f"single {number}", embeddings=queries[number % QUERIES][np.newaxis])
        say("durable enrolment one by one", f"{SINGLE_INSERTS / (time.perf_counter() - start):,.0f} people/s")
        for number in range(SINGLE_INSERTS):
            gallery.remove(f"single {number}")
    size_on_disk = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    say("size on disk", f"{size_on_disk:,.0f} MB")

    before = resident_megabytes()
    with Gallery.open(folder) as gallery:
        start = time.perf_counter()
        gallery.identify_embeddings(queries[:1])
        say("opening and first exact search", f"{time.perf_counter() - start:.2f} s")
        times = milliseconds(lambda query: gallery.identify_embeddings(query[np.newaxis]), queries[:50])
        say("exact search", f"{times}, {resident_megabytes() - before:,.0f} MB")
    people = list(zip(names, voices, strict=True))
    say("loop over people", milliseconds(partial(loop_over_people, people), queries[:NAIVE_QUERIES]))
    del people
    if not is_available():
        return
    with Gallery.open(folder) as gallery:
        start, busy = time.perf_counter(), time.process_time()
        recall = gallery.build_index()
        seconds = f"{time.perf_counter() - start:.1f} s, cpu {time.process_time() - busy:.1f} s"
        say("building the index", f"{seconds}, recall measured as well")
        say("recall against exact search", f"{recall.at_1:.3f} of the best, {recall.at_5:.3f} of the best five")
    del voices
    before = resident_megabytes()
    with Gallery.open(folder) as gallery:
        start = time.perf_counter()
        gallery.identify_embeddings(queries[:1])
        say("opening and first search with the index", f"{time.perf_counter() - start:.2f} s")
        times = milliseconds(lambda query: gallery.identify_embeddings(query[np.newaxis]), queries)
        say("search with the index", f"{times}, {resident_megabytes() - before:,.0f} MB")


def main() -> None:
    """Print the figures of each size of gallery."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--embedding-size", type=int, default=256)
    arguments = parser.parse_args()
    for num_people in arguments.people:
        with tempfile.TemporaryDirectory() as folder:
            measure(num_people, arguments.embedding_size, Path(folder) / "gallery")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak of the whole process, made voices included: {peak:.2f} GB")


if __name__ == "__main__":
    main()
