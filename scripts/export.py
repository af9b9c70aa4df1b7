"""Write the marts as CSV and Parquet files: `python scripts/export.py --help`."""

from __future__ import annotations

import sys

from footfall.export import main

if __name__ == "__main__":
    sys.exit(main())
