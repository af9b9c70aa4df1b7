"""Score customers with a saved model, without training one: `python scripts/predict.py --help`."""

from __future__ import annotations

import sys

from footfall.predictions.scoring import main

if __name__ == "__main__":
    sys.exit(main())
