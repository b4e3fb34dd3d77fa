"""Kill -9 at any moment, and several writers at once."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes to kill are forked")


class Enrolling:
    """Processes that enrol people until they are killed; see `enrolling_processes.py`."""

    def __init__(self, server: subprocess.Popen[str], folder: Path) -> None:
        self._server, self._folder = server, folder
        self._count = 0

    def start(self, place: Path, work: str = "enroll") -> tuple[int, Path]:
        """The id of a new process, and the file in which it writes down the confirmed."""
        self._count += 1
        confirmed = self._folder / f"confirmed-{self._count}"
        self._server.stdin.write(json.dumps([work, str(place), f"process {self._count}", str(confirmed)]) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline()), confirmed


@pytest.fixture
def enrolling(tmp_path):
    script = Path(__file__).with_name("enrolling_processes.py")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as server:
        yield Enrolling(server, tmp_path)


def kill(process: int) -> None:
    """Kill and wait until it is gone."""
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: gone(process))


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until(condition) -> None:
    given_up = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < given_up, "a process that enrols has ended by itself"
        time.sleep(0.001)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.slow
def test_200_kills_lose_nothing_confirmed_and_leave_nothing_half_there(tmp_path, enrolling):
    place = tmp_path / "gallery"
    chance = random.Random(0)
    confirmed: set[str] = set()
    for round_number in range(100):
        # Two at a time, so that a writer is also killed while another one waits for it.
        processes = [enrolling.start(place) for _ in range(2)]
        if round_number % 2 == 0:  # the others may be killed before they have opened it
            wait_until(lambda: any(len(lines(file)) for _, file in processes))  # noqa: B023
        time.sleep(chance.uniform(0.0, 0.05))
        for process, _ in processes:
            kill(process)
        confirmed.update(name for _, file in processes for name in lines(file))
        with Gallery.open(place) as gallery:
            people = gallery.people()
        assert confirmed <= people.keys()
        assert set(people.values()) == {2}
        assert len(people) <= len(confirmed) + 2 * (round_number + 1)  # each had at most one on the way
    assert len(confirmed) >= 50
    connection = sqlite3.connect(place / "gallery.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.slow
def test_a_kill_while_the_gallery_is_made_leaves_one_or_none(tmp_path, enrolling, model):
    model.fingerprint, model.embedding_size = "none", 32
    chance = random.Random(0)
    made = 0
    for number in range(60):
        place = tmp_path / f"gallery {number}"
        process, file = enrolling.start(place)
        time.sleep(chance.uniform(0.0, 0.1))
        kill(process)
        try:
            with Gallery.open(place) as gallery:
                assert set(lines(file)) <= gallery.people().keys()
                made += 1
        except InputError:
            assert not lines(file)
        with Gallery.open(place, model=model) as gallery:
            gallery.enroll("anna", embeddings=np.ones((1, 32)))
    assert 0 < made < 60


def test_a_kill_while_a_cohort_takes_anothers_place_leaves_one_of_them_whole(tmp_path, enrolling):
    place = tmp_path / "gallery"
    chance = random.Random(0)
    for _ in range(12):
        process, file = enrolling.start(place, "replace_cohort")
        wait_until(lambda: lines(file))  # noqa: B023
        time.sleep(chance.uniform(0.0, 0.02))
        kill(process)
        with Gallery.open(place) as gallery:
            kept = gallery.cohort
        last = int(lines(file)[-1].rpartition("-")[2])
        (name,) = set(kept.speakers)
        assert len(kept) == 300
        assert int(name.rpartition("-")[2]) in (last, last + 1)  # the last one confirmed, or the one on the way


def test_several_processes_enrol_at_once_into_a_gallery_that_none_has_made(tmp_path, enrolling):
    for number in range(12):
        place = tmp_path / f"gallery {number}"
        processes = [enrolling.start(place) for _ in range(4)]
        wait_until(lambda: all(len(lines(file)) >= 3 for _, file in processes))  # noqa: B023
        for process, _ in processes:
            kill(process)
        with Gallery.open(place) as gallery:
            assert {name for _, file in processes for name in lines(file)} <= gallery.people().keys()


def test_a_gallery_sees_what_another_one_confirms(tmp_path, model):
    with Gallery.open(tmp_path, model=model) as ours, Gallery.open(tmp_path) as theirs:
        assert ours.identify_embeddings(np.ones((1, 8)))[0].candidates == ()
        theirs.enroll("anna", embeddings=np.ones((1, 8)))
        theirs.enroll("ben", embeddings=-np.ones((1, 8)))
        assert [each.name for each in ours.identify_embeddings(np.ones((1, 8)))[0].candidates] == ["anna", "ben"]
        theirs.update("ben", embeddings=[[1.0] * 7 + [0.0]])
        theirs.remove("anna")
        (only,) = ours.identify_embeddings(np.ones((1, 8)))[0].candidates
        assert only.name == "ben"
        assert only.score == pytest.approx(np.sqrt(7 / 8))
