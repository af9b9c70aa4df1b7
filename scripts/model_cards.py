"""Write a card per prediction from what a build found: `python scripts/model_cards.py --help`."""

from __future__ import annotations

import sys

from footfall.predictions.cards import main

if __name__ == "__main__":
    sys.exit(main())
