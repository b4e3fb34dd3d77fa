"""Forks processes that enrol people, two recordings each, and write down who is confirmed, until they are killed.

    python enrolling_processes.py

Each line of standard input, a JSON list of what to do (`enroll`, or `replace_cohort`), gallery, prefix of the names and
file to append confirmed names to, is answered with the id of a new process. Forking saves the time that a fresh
interpreter takes.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys

import numpy as np

import voxmetric.identification.stores.sqlite  # noqa: F401 - else every process would import it anew
from voxmetric.identification.gallery import Gallery
from voxmetric.scoring.embeddings import EmbeddingSet


class Model:
    """What the galleries are of."""

    fingerprint = "none"
    embedding_size = 32

    def embed(self, _sources):
        raise AssertionError("only embeddings are enrolled here")


def enroll(place: str, prefix: str, confirmed: str) -> None:
    """Until killed."""
    told = os.open(confirmed, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    gallery = Gallery.open(place, model=Model())
    for number in itertools.count():
        name = f"{prefix}-{number}"
        gallery.enroll(name, embeddings=np.random.default_rng(number).standard_normal((2, 32)), ids=["one", "two"])
        os.write(told, f"{name}\n".encode())  # a whole line at once, so that a kill cannot tear it


def replace_cohort(place: str, prefix: str, confirmed: str) -> None:
    """Keep one cohort after the other, each of 300 recordings that name it, until killed."""
    told = os.open(confirmed, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    gallery = Gallery.open(place, model=Model())
    vectors = np.random.default_rng(0).standard_normal((300, 32))
    for number in itertools.count():
        name = f"{prefix}-{number}"
        gallery.set_cohort(EmbeddingSet([str(row) for row in range(300)], vectors, Model.fingerprint), [name] * 300)
        os.write(told, f"{name}\n".encode())


WORK = {"enroll": enroll, "replace_cohort": replace_cohort}


def main() -> None:
    """Fork one process for each line of standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no zombies
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work, *arguments = json.loads(line)
            WORK[work](*arguments)
        print(child, flush=True)


main()
