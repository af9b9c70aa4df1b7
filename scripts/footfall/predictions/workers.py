"""Work side by side, each piece of it on one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def side_by_side() -> Iterator[ThreadPoolExecutor]:
    """A worker per processor. What scikit-learn and BLAS begin in one stays in it, so that sums have one order on any machine and
    workers do not wait for each other's threads."""
    # OpenMP keeps its limit by thread, BLAS one for all: each worker is told, and all is as it was afterwards.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool:
        yield pool
