"""Work side by side keeps to its thread, and leaves the limits as they were."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import sklearn.ensemble
import sklearn.utils.parallel
from footfall.predictions.workers import HARMLESS, side_by_side
from threadpoolctl import threadpool_info, threadpool_limits


def threads() -> dict[str, int]:
    """How many threads each library that computes would take here."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return {one["filepath"]: one["num_threads"] for one in threadpool_info()}


def test_each_worker_has_one_thread_and_nobody_else_notices() -> None:
    def within() -> list[dict[str, int]]:
        with side_by_side() as pool:
            return [threads(), pool.submit(threads).result()]

    with threadpool_limits(2):
        before = threads()
        assert set(before.values()) == {2}
        with side_by_side() as pool:
            seen = [threads(), pool.submit(threads).result(), *pool.submit(within).result()]
        assert [set(one.values()) for one in seen] == [{1}] * 4
        assert threads() == before


def test_only_what_threads_do_to_each_others_filters_is_not_told() -> None:
    assert HARMLESS in inspect.getsource(sklearn.utils.parallel)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with side_by_side() as pool:
            for text in (f"{HARMLESS} something", "this matters"):
                pool.submit(warnings.warn, text).result()
            pool.submit(warnings.resetwarnings).result()
        assert list(warnings.filters) == before
        warnings.warn("and this", stacklevel=1)
    assert [str(one.message) for one in told] == ["this matters", "and this"]
