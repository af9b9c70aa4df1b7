"""Measures the generator, the whole build and the customer snapshots: wall, CPU and peak memory of each, as rows for docs/performance.md."""

from __future__ import annotations

import sys

from footfall.benchmark import main

if __name__ == "__main__":
    sys.exit(main())
