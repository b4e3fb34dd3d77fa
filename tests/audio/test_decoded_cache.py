from __future__ import annotations

import os

import numpy as np
import pytest

from voxmetric.audio.decoded_cache import DecodedCache


def test_keeps_what_fits_in_order():
    cache = DecodedCache(np.array([10, 0, 20, 5, 1]), cache_bytes=4 * 30)
    assert [cache.has_place(index) for index in range(5)] == [True, False, True, False, False]


def test_gives_back_what_was_put():
    cache = DecodedCache(np.array([3, 4]), cache_bytes=1000)
    assert cache.get(0) is None
    first, second = np.arange(3, dtype=np.float32), np.arange(4, 8, dtype=np.float32)
    cache.put(1, second)
    assert cache.get(0) is None
    cache.put(0, first)
    np.testing.assert_array_equal(cache.get(0), first)
    np.testing.assert_array_equal(cache.get(1), second)


@pytest.mark.parametrize(("length", "kept"), [(2, 2), (9, 4)])
def test_a_length_other_than_stated_is_kept_as_far_as_there_is_room(length, kept):
    cache = DecodedCache(np.array([4, 4]), cache_bytes=1000)
    samples = np.arange(1, length + 1, dtype=np.float32)
    np.testing.assert_array_equal(cache.put(0, samples), samples[:kept])
    np.testing.assert_array_equal(cache.get(0), samples[:kept])
    assert cache.get(1) is None
    np.testing.assert_array_equal(cache.put(1, samples), samples[:kept])


def test_a_forked_process_shares_it_both_ways():
    cache = DecodedCache(np.array([3, 3]), cache_bytes=1000)
    cache.put(0, np.full(3, 7.0, dtype=np.float32))
    child = os.fork()
    if child == 0:
        seen = cache.get(0)
        if seen is not None and (seen == 7.0).all():
            cache.put(1, np.full(3, 9.0, dtype=np.float32))
        os._exit(0)
    os.waitpid(child, 0)
    np.testing.assert_array_equal(cache.get(1), np.full(3, 9.0, dtype=np.float32))


def test_no_memory_keeps_nothing():
    cache = DecodedCache(np.array([3]), cache_bytes=0)
    assert not cache.has_place(0)
