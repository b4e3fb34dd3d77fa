from __future__ import annotations

import sklearn.cluster  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

from voxmetric.diarization.clustering.one_thread import one_thread


def openmp_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "openmp"}


def test_there_is_one_within_and_as_many_as_before_behind() -> None:
    with threadpool_limits(2):
        assert openmp_threads() == {2}
        with one_thread():
            assert openmp_threads() == {1}
        assert openmp_threads() == {2}
