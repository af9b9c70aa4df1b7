"""The command line of the generator."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from footfall.command import Parser
from footfall.generator.faults import DEFAULT_RATES, parse_faults
from footfall.generator.run import GenerationError, generate
from footfall.generator.settings import (
    CLICKSTREAM_FORMATS,
    EVENTS_PER_CUSTOMER_DAY,
    SCENARIOS,
    TRUTH_EVENT_LIMIT,
    Settings,
)

DESCRIPTION = """\
Write the raw files of an online shop: clickstream, cart events, payment attempts, customers,
products, orders, order items and reviews, by day of arrival, below <out>/storefront; and what was
planted in them below <out>/_truth/storefront. Same arguments, same bytes."""

EPILOG = f"""\
scenarios:
  healthy           about nine of ten attempts to pay are approved
  gateway_incident  one gateway fails for one app version in a window of three weeks
  broken_gateway    the main gateway declines nearly everything: about 24.9 % approved

faults (default rates; name=rate replaces them):
  {", ".join(DEFAULT_RATES)}

examples:
  python scripts/generate.py
  python scripts/generate.py --scenario broken_gateway --out data/broken
  python scripts/generate.py --customers 300 --days 20 --faults missing_id=0.01,exact_duplicate
  python scripts/generate.py --faults none --anonymous-share 0 --late 0 --twice 0
  python scripts/generate.py --customers 1600000 --events 100000000 --out data/large
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser, with every default in its help."""
    parser = Parser(
        prog="generate.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--out", type=Path, default=Path("data/landing"), help="landing root (data/landing)")
    add("--customers", type=_whole(2), default=20_000, help="how many customers (20000)")
    add("--days", type=_whole(5), default=180, help="days of events (180, at least 5)")
    add("--start", type=_date, default=date(2025, 1, 1), help="first day (2025-01-01)")
    add(
        "--events",
        type=_whole(1),
        help="events over the three logs, about (60 per customer for 180 days)",
    )
    add("--seed", type=_whole(0), default=42, help="whole number that everything follows from (42)")
    add(
        "--scenario",
        choices=list(SCENARIOS),
        default="gateway_incident",
        help="what happens to payments (gateway_incident)",
    )
    add("--faults", type=_faults, default="default", help="none, default or name=rate,… (default)")
    add(
        "--clickstream-format",
        choices=CLICKSTREAM_FORMATS,
        default="mixed",
        help="mixed: app as JSON lines, web as Parquet; jsonl also for cart events (mixed)",
    )
    add("--anonymous-share", type=_share, default=0.3, help="share of logged-out visits (0.3)")
    add("--late", type=_share, default=0.02, help="share of events 1 to 30 days late (0.02)")
    add("--twice", type=_share, default=0.01, help="share of events that arrive twice (0.01)")
    add(
        "--truth",
        choices=("auto", "on", "off"),
        default="auto",
        help=f"write the session of each event; auto: up to {TRUTH_EVENT_LIMIT:,} events (auto)",
    )
    add("--overwrite", action="store_true", help="replace a landing that is there")
    return parser


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Parsed arguments as settings."""
    events = arguments.events or round(arguments.customers * arguments.days * EVENTS_PER_CUSTOMER_DAY)
    truth = arguments.truth == "on" or (arguments.truth == "auto" and events <= TRUTH_EVENT_LIMIT)
    return Settings(
        out=arguments.out,
        customers=arguments.customers,
        days=arguments.days,
        start=arguments.start,
        events=events,
        seed=arguments.seed,
        scenario=SCENARIOS[arguments.scenario],
        faults=arguments.faults,
        clickstream_format=arguments.clickstream_format,
        anonymous_share=arguments.anonymous_share,
        late_share=arguments.late,
        twice_share=arguments.twice,
        truth=truth,
        overwrite=arguments.overwrite,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the files are written, 2 when the request is refused."""
    settings = settings_from(build_parser().parse_args(argv))
    began = time.monotonic()
    try:
        manifest = generate(settings)
    except GenerationError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2
    seconds = time.monotonic() - began
    rate = manifest["approval_rate"]
    approval = f"{rate:.1%} approved" if isinstance(rate, float) else "none approved"
    events = manifest["events"]
    print(
        f"{events:,} events of {settings.customers:,} customers over {settings.days} days "
        f"in {seconds:.1f} s; {manifest['payment_attempts']:,} attempts to pay, {approval}; "
        f"{settings.out / 'storefront'}"
    )
    return 0


def _whole(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text.replace("_", ""))
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number of {least} or more")
        return value

    return parse


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 0.9:
        raise argparse.ArgumentTypeError(f"'{text}' is no share between 0 and 0.9")
    return value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date, write 2025-01-01") from None


def _faults(text: str) -> dict[str, float]:
    try:
        return parse_faults(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
