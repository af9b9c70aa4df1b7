"""The demo in one command: data if there is none, every table with every data test, and what was found."""

from __future__ import annotations

import sys

from footfall.demo import main

if __name__ == "__main__":
    sys.exit(main())
