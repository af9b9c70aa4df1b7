"""How fast the dashboard is: each page in a real browser, and many viewers at once while a build and publishing go on."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from footfall.browser import NoBrowserError, dashboard_on, go, launched, settled
from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE, PROJECT
from footfall.publish import PublishError, publish, serving_folder

sys.path.insert(0, str(PROJECT))
from dashboard.contents import VIEWS

PERIODS = ("30", "90", "365", "all")
THINKING_SECONDS = (1.0, 4.0)
EXAMPLES = """examples:
  python scripts/benchmark.py dashboard                                  each page of what is published, in Chromium
  python scripts/benchmark.py dashboard --serving data/large_serving
  python scripts/benchmark.py dashboard --viewers 20 --seconds 120       20 viewers, while dbt builds and versions are published
"""


@dataclass
class Seen:
    """What viewers met: seconds of each page, errors, and the versions that were published meanwhile."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    published: int = 0


def main(arguments: Sequence[str]) -> int:
    """Measures and prints Markdown; 0, or 1 when something went wrong."""
    parser = argparse.ArgumentParser(
        prog="benchmark.py dashboard",
        description="Time every page to its last figure, or what viewers wait for when many look at once.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--serving", type=Path, default=serving_folder(), help="the published versions (data/serving)")
    parser.add_argument("--viewers", type=int, default=0, help="so many viewers at once, instead of a browser")
    parser.add_argument("--seconds", type=float, default=120, help="how long they look (120)")
    options = parser.parse_args(arguments)
    try:
        return _viewers(options) if options.viewers else _pages(options.serving)
    except (NoBrowserError, PublishError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1


# --- one browser ------------------------------------------------------------------------------------------------------


def _pages(serving: Path) -> int:
    """Seconds from the click on the menu to the last figure: the first visit of a version, and the second."""
    with dashboard_on(serving) as address, launched() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(address)
        settled(page)
        first = {view.title: _visited(page, view.title) for view in (*VIEWS[1:], VIEWS[0])}
        again = {view.title: _visited(page, view.title) for view in (*VIEWS[1:], VIEWS[0])}
    print("| page | first visit, s | again, s |\n|---|---|---|")
    for title, seconds in first.items():
        print(f"| {title} | {seconds:.2f} | {again[title]:.2f} |")
    print(f"| **slowest** | {max(first.values()):.2f} | {max(again.values()):.2f} |")
    return 0


def _visited(page: object, title: str) -> float:
    started = time.monotonic()
    go(page, title)
    return time.monotonic() - started


# --- many viewers -----------------------------------------------------------------------------------------------------


def _viewers(options: argparse.Namespace) -> int:
    """Viewers that speak the app's own protocol, and a build with a publication after it, again and again."""
    database = Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    with dashboard_on(options.serving) as address:
        seen = asyncio.run(_look(address, options, database))
    cuts = quantiles(seen.seconds, n=20) if len(seen.seconds) > 1 else [0.0] * 19
    print("| viewers | seconds | pages shown | p50, s | p95, s | longest, s | errors | builds published meanwhile |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {options.viewers} | {options.seconds:.0f} | {len(seen.seconds)} | {cuts[9]:.2f} | {cuts[18]:.2f} | "
        f"{max(seen.seconds, default=0):.2f} | {len(seen.errors)} | {seen.published} |"
    )
    for error in seen.errors[:10]:
        print(error, file=sys.stderr)
    return 1 if seen.errors or not seen.seconds else 0


async def _look(address: str, options: argparse.Namespace, database: Path) -> Seen:
    seen = Seen()
    until = time.monotonic() + options.seconds
    build = asyncio.create_task(_build(until, database, options.serving, seen))
    viewers = [_viewer(address, number, until, seen) for number in range(options.viewers)]
    for found in await asyncio.gather(*viewers, return_exceptions=True):
        if isinstance(found, BaseException):
            seen.errors.append(f"{type(found).__name__}: {found}")
    await build
    return seen


async def _viewer(address: str, number: int, until: float, seen: Seen) -> None:
    """Goes from page to page, in an order of its own."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from websockets.asyncio.client import connect

    chance = random.Random(number)
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(stream, subprotocols=["streamlit"], origin=address, max_size=None, ping_interval=None) as socket:
        await asyncio.sleep(chance.uniform(0, THINKING_SECONDS[1]))
        while time.monotonic() < until:
            view, period = chance.choice(VIEWS), chance.choice(PERIODS)
            message = BackMsg()
            message.rerun_script.page_name = "" if view is VIEWS[0] else view.name
            message.rerun_script.query_string = f"period={period}"
            started = time.monotonic()
            await socket.send(message.SerializeToString())
            error = await _until_shown(socket)
            seen.seconds.append(time.monotonic() - started)
            if error:
                seen.errors.append(f"{view.name}: {error}")
            await asyncio.sleep(chance.uniform(*THINKING_SECONDS))


async def _until_shown(socket: object) -> str:
    """Reads what the app sends until the page is whole; an error that it shows, '' for none."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    error = ""
    while True:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(socket.recv(), 60))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            error = message.delta.new_element.exception.message or "exception"
        if kind == "page_not_found":
            error = "page not found"
        if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return error


async def _build(until: float, database: Path, serving: Path, seen: Seen) -> None:
    """dbt run and a publication, one after the other until the time is over."""
    dbt = str(Path(sys.executable).parent / "dbt")
    for _ in itertools.takewhile(lambda _: time.monotonic() < until, itertools.count()):
        command = [dbt, "--no-use-colors", "run", "--full-refresh"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        words, _ = await process.communicate()
        if process.returncode != 0:
            seen.errors.append(f"dbt run: {words.decode()[-500:]}")
            return
        await asyncio.to_thread(publish, database, serving)
        seen.published += 1
