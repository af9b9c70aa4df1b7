"""Publish the built marts for everybody who looks: `python scripts/publish.py --help`."""

from __future__ import annotations

import sys

from footfall.publish import main

if __name__ == "__main__":
    sys.exit(main())
