"""What a run is asked for: arguments, scenarios, and the random streams that follow from them."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

DAY = 86_400_000_000
"""Microseconds in a day."""
SECOND = 1_000_000
MINUTE = 60 * SECOND
SESSION_TIMEOUT = 30 * MINUTE
DAY_BEGINS = 4 * 3600 * SECOND
"""People's days run from 04:00 to 04:00, so a visit may cross midnight but never this hour."""
LATEST_DAYS = 30
"""No file lands later than this many days after its event."""
EVENTS_PER_CUSTOMER_DAY = 60 / 180
TRUTH_EVENT_LIMIT = 20_000_000
CLICKSTREAM_FORMATS = ("mixed", "parquet", "jsonl")


@dataclass(frozen=True)
class Scenario:
    """How the payments of a run behave.

    `gateway_shares` and `approval_rates` are per gateway, `approval_rates` before the incident.
    Rates are probabilities of 0 to 1.
    """

    name: str
    gateway_shares: tuple[float, ...]
    approval_rates: tuple[float, ...]
    add_rate: float
    checkout_rate: float
    retry_rate: float
    gateway_switch_rate: float
    failing_gateway: int | None = None
    failing_rate: float | None = None
    has_window: bool = False


GATEWAYS = ("northpay", "cardlane", "paywave", "brightbank")
HEALTHY_SHARES = (0.31, 0.26, 0.23, 0.20)
HEALTHY_RATES = (0.905, 0.905, 0.905, 0.905)

SCENARIOS: dict[str, Scenario] = {
    "healthy": Scenario("healthy", HEALTHY_SHARES, HEALTHY_RATES, 0.16, 0.55, 0.62, 0.4),
    "gateway_incident": Scenario(
        "gateway_incident",
        HEALTHY_SHARES,
        HEALTHY_RATES,
        0.16,
        0.55,
        0.62,
        0.4,
        failing_gateway=1,
        failing_rate=0.85,
        has_window=True,
    ),
    "broken_gateway": Scenario(
        "broken_gateway",
        (0.85, 0.06, 0.05, 0.04),
        (0.0930, 0.90, 0.90, 0.90),
        0.43,
        0.93,
        0.88,
        0.2,
        failing_gateway=0,
        failing_rate=0.907,
    ),
}


@dataclass(frozen=True)
class Settings:
    """The arguments of one run. `late_share`, `twice_share` and `anonymous_share` are 0 to 1."""

    out: Path
    customers: int = 20_000
    days: int = 180
    start: date = date(2025, 1, 1)
    events: int = 1_200_000
    seed: int = 42
    scenario: Scenario = field(default_factory=lambda: SCENARIOS["gateway_incident"])
    faults: dict[str, float] = field(default_factory=dict)
    clickstream_format: str = "mixed"
    anonymous_share: float = 0.3
    late_share: float = 0.02
    twice_share: float = 0.01
    truth: bool = True
    overwrite: bool = False

    @property
    def period_end(self) -> int:
        """Microseconds from the start to the end of the last day (exclusive)."""
        return self.days * DAY

    @property
    def days_per_chunk(self) -> int:
        """Whole days generated at once: about 500,000 events, one day at least."""
        return int(min(max(1, 500_000 * self.days // self.events), 45, self.days))

    @property
    def incident_days(self) -> tuple[int, int]:
        """First and last day (inclusive, counted from the start) of the failing window."""
        if not self.scenario.has_window:
            return 0, self.days - 1
        first = int(self.days * 0.52)
        return first, min(first + max(1, min(21, self.days // 4)) - 1, self.days - 1)

    def date_of(self, day: int) -> date:
        """The calendar date of a day counted from the start."""
        return self.start + timedelta(days=int(day))

    def rng(self, purpose: str, day: int = 0) -> np.random.Generator:
        """A random stream of its own for one purpose and day: no stream depends on another."""
        words = [self.seed, day + 1_000_000, zlib.crc32(purpose.encode())]
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))

    def as_arguments(self) -> dict[str, Any]:
        """The arguments as plain values for the manifest, without the output folder."""
        values = asdict(self)
        values.pop("out")
        values.pop("overwrite")
        values["scenario"] = self.scenario.name
        values["start"] = self.start.isoformat()
        return values
