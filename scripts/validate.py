"""Check landed files before a build: `python scripts/validate.py --help`."""

from __future__ import annotations

import sys

from footfall.validation import main

if __name__ == "__main__":
    sys.exit(main())
