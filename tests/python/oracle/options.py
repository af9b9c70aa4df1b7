"""The business configuration that the oracle obeys: the project's variables and seeds."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


@dataclass(frozen=True)
class Step:
    """One step of a funnel: the events that count for it."""

    number: int
    name: str
    event_type: str
    outcome: str | None


@dataclass(frozen=True)
class Funnel:
    """A funnel's steps in order; `by_category` when it is walked within one category."""

    name: str
    steps: tuple[Step, ...]
    by_category: bool = False


def read_seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed."""
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seeded_event_names() -> dict[str, str]:
    """Raw event name to canonical type."""
    return {row["raw_name"]: row["event_type"] for row in read_seed("event_names")}


def seeded_funnels() -> tuple[Funnel, ...]:
    """The funnels that the seed describes."""
    steps: dict[str, list[Step]] = {}
    scopes: dict[str, str] = {}
    for row in read_seed("funnel_steps"):
        step = Step(int(row["step_number"]), row["step_name"], row["event_type"], row["outcome"] or None)
        steps.setdefault(row["funnel"], []).append(step)
        scopes[row["funnel"]] = row["scope"]
    return tuple(
        Funnel(name, tuple(sorted(rows, key=lambda step: step.number)), scopes[name] == "category")
        for name, rows in steps.items()
    )


def seeded_rfm_segments() -> dict[str, str]:
    """RFM code to segment."""
    return {row["rfm_code"]: row["segment"] for row in read_seed("rfm_segments")}


def seeded_engagement_weights() -> dict[str, float]:
    """Part of the engagement score to its weight."""
    return {row["part"]: float(row["weight"]) for row in read_seed("engagement_weights")}


@dataclass(frozen=True)
class Options:
    """The project's variables, under their own names."""

    as_of_date: date | None = None
    latest_plausible_at: datetime = datetime(2100, 1, 1)
    session_timeout_minutes: int = 30
    max_session_hours: int = 24
    conversion_window_hours: int = 24
    funnel_mode: str = "default"
    counted_order_statuses: tuple[str, ...] = (
        "placed", "paid", "shipped", "delivered", "approved", "invoiced", "processing", "created",
    )  # fmt: skip
    amount_band_bounds: tuple[int, ...] = (10, 25, 50, 100, 200, 500)
    min_slice_attempts: int = 200
    significance_level: float = 0.05
    cross_sell_anchor_event: str = "add_to_cart"
    cross_sell_min_customers: int = 20
    affinity_min_pair_count: int = 5
    affinity_shrinkage: int = 10
    repeat_horizon_days: int = 90
    rfm_method: str = "rank"
    engagement_cap_percentile: float = 0.95
    engagement_scaling: str = "min_max"
    engagement_high_from: float = 0.6
    engagement_medium_from: float = 0.3
    engagement_high_cut: float = 0.5
    active_days: int = 30
    high_value_percentile: float = 0.75
    at_risk_max_sessions: int = 1
    at_risk_min_gaps: int = 4
    at_risk_gap_percentile: float = 0.9
    declining_drop: float = 0.2
    revenue_at_risk_days: int = 365
    timeline_max_rows: int = 200
    rapid_event_seconds: float = 2
    double_click_seconds: float = 1
    risk_min_gaps: int = 10
    bot_rapid_rate: float = 0.8
    bot_gap_variation: float = 0.5
    impulsive_rapid_rate: float = 0.2
    burst_events_per_minute: int = 60
    drift_min_rows: int = 500
    drift_alarm_psi: float = 0.2
    volume_reference_weeks: int = 8
    volume_min_weeks: int = 4
    volume_min_rows: int = 20
    volume_alarm_z: float = 5
    volume_alarm_change: float = 0.5
    late_after_days: int = 1
    event_names: dict[str, str] = field(default_factory=seeded_event_names)
    funnels: tuple[Funnel, ...] = field(default_factory=seeded_funnels)
    rfm_segments: dict[str, str] = field(default_factory=seeded_rfm_segments)
    engagement_weights: dict[str, float] = field(default_factory=seeded_engagement_weights)

    @property
    def window(self) -> int:
        """The conversion window in microseconds."""
        return self.conversion_window_hours * HOUR

    @classmethod
    def of_project(cls, **overrides: Any) -> Options:
        """The values that dbt_project.yml declares, with overrides."""
        import yaml

        declared = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
        known = {item.name for item in fields(cls)}
        values = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in declared.items()
            if name in known
        }
        for name, kind in (("as_of_date", date), ("latest_plausible_at", datetime)):
            if isinstance(values.get(name), str):
                values[name] = kind.fromisoformat(values[name])
        return replace(cls(**values), **overrides)
