"""The pictures of the README, taken from the dashboard on what is published: `make pictures`."""

from __future__ import annotations

import sys
from pathlib import Path

from footfall.browser import NoBrowserError, dashboard_on, launched, settled
from footfall.contract import PROJECT
from footfall.publish import serving_folder

PICTURES = {"dashboard_overview.png": "", "dashboard_payments.png": "payments?period=all"}
WINDOW = {"width": 1440, "height": 1050}


def main() -> int:
    """Takes them; 0, or 1 when there is no browser."""
    folder: Path = PROJECT / "docs" / "images"
    try:
        with dashboard_on(serving_folder()) as address, launched() as browser:
            page = browser.new_page(viewport=WINDOW)
            for name, path in PICTURES.items():
                page.goto(f"{address}/{path}")
                settled(page)
                page.wait_for_timeout(1500)
                page.screenshot(path=folder / name)
                print(f"{folder / name}: {(folder / name).stat().st_size / 1000:.0f} kB")
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
