"""Work side by side, each piece of it on one thread."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

HARMLESS = "`sklearn.utils.parallel.delayed` should be used with"
"""Threads share Python's warning filters, which scikit-learn empties for a moment: another thread that finds none complains."""


@contextmanager
def side_by_side() -> Iterator[ThreadPoolExecutor]:
    """A worker per processor. What scikit-learn and BLAS begin in one stays in it, so that sums have one order on any machine and
    workers do not wait for each other's threads."""
    # OpenMP keeps its limit by thread, BLAS one for all: each worker is told, and all is as it was afterwards.
    with (
        _calm(),
        threadpool_limits(1),
        ThreadPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool,
    ):
        yield pool


@contextmanager
def _calm() -> Iterator[None]:
    """Warnings but for HARMLESS; the filters are as they were afterwards, whatever threads did to them."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def shown(message: Warning | str, *where: object, **more: object) -> None:
            if not str(message).startswith(HARMLESS):
                show(message, *where, **more)  # type: ignore[arg-type]

        warnings.showwarning = shown  # type: ignore[assignment]
        yield
