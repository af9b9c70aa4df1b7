"""Write a shop's raw files: `python scripts/generate.py --help`."""

from __future__ import annotations

import sys

from footfall.generator.cli import main

if __name__ == "__main__":
    sys.exit(main())
