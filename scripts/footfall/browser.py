"""A real browser on the dashboard: Chromium, driven by Playwright (extra `browser`)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from footfall.contract import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Nothing that asks anybody outside: the pages are on this machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000
SCRIPT_HAS_ENDED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        && [...document.querySelectorAll('[data-testid="stPlotlyChart"]')].every(one => one.querySelector('.main-svg'));
}"""


class NoBrowserError(Exception):
    """There is no Chromium, or nothing to drive it; one line with the fix."""


def chromium() -> str:
    """Where Chromium is. Raises NoBrowserError."""
    try:
        import playwright  # noqa: F401
    except ImportError as error:
        raise NoBrowserError("Playwright is missing. Fix: make test-browser sets it up.") from error
    found = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    if not found:
        raise NoBrowserError("There is no Chromium. Fix: install it (on Debian: apt-get install chromium).")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser."""
    program = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def dashboard_on(serving: Path, **environment: str) -> Iterator[str]:
    """The app on a free port of this machine, over the versions in `serving`; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "streamlit"), "run", "dashboard/app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, "FOOTFALL_SERVING": str(serving.resolve()), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_up(address: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def settled(page: Page) -> None:
    """Waits until the page has been shown to its last figure."""
    page.wait_for_selector('[data-testid="stMain"] h1', timeout=PATIENCE_MS)
    page.wait_for_function(SCRIPT_HAS_ENDED, timeout=PATIENCE_MS)


def go(page: Page, title: str) -> None:
    """To the page of that title by the menu, and waits for it."""
    page.locator('[data-testid="stSidebarNav"]').get_by_role("link", name=title).first.click()
    page.wait_for_function(
        "title => document.querySelector('[data-testid=stMain] h1')?.innerText === title",
        arg=title,
        timeout=PATIENCE_MS,
    )
    settled(page)
