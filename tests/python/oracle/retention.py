"""Who comes back: cohorts by first order, customers won and lost per period, and days of activity."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from oracle.customers import Today
from oracle.snapshots import CUSTOMER, count, rows
from oracle.statistics import ratio

COHORT_FIGURES = [
    "customer_count", "customer_count_on_or_after", "retention_rate", "retention_on_or_after_rate", "order_count",
    "first_order_count", "repeat_order_count", "revenue_amount", "first_order_amount", "repeat_order_amount",
    "returned_amount", "net_revenue_amount",
]  # fmt: skip


def month_number(day: pl.Expr) -> pl.Expr:
    """Months since year 0."""
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64) - 1


def _first_of_month(number: pl.Expr) -> pl.Expr:
    return pl.date(number // 12, number % 12 + 1, 1)


def retention_cohorts(now: Today) -> pl.DataFrame:
    """Customers by the month of their first order, and what they did in every month after it."""
    sales = now.known.counted.sort("ordered_at", "order_id").with_columns(
        month=month_number(pl.col("ordered_on")),
        is_first=pl.col(CUSTOMER).is_first_distinct(),
        amount=pl.col("order_amount").fill_null(0),
    )
    cohorts = sales.filter("is_first").select(CUSTOMER, cohort="month")
    sizes = cohorts.group_by("cohort").agg(cohort_customer_count=rows())
    sales = sales.join(cohorts, on=CUSTOMER)
    last_month = now.day.year * 12 + now.day.month - 1
    span = last_month - int(sizes["cohort"].min() or last_month) if sizes.height else -1
    grid = sizes.join(pl.DataFrame({"months_since": pl.int_range(0, span + 1, eager=True)}), how="cross")
    grid = grid.with_columns(month=pl.col("cohort") + pl.col("months_since"))
    by = ["cohort", "month"]
    first = pl.col("is_first")
    in_month = sales.group_by(by).agg(
        customer_count=pl.col(CUSTOMER).n_unique().cast(pl.Int64),
        order_count=rows(),
        first_order_count=count(first),
        repeat_order_count=count(~first),
        revenue_amount=pl.col("amount").sum(),
        first_order_amount=pl.col("amount").filter(first).sum(),
        repeat_order_amount=pl.col("amount").filter(~first).sum(),
    )
    # Whoever orders last in a month was there in it or later for every month up to it.
    lasts = sales.group_by(CUSTOMER).agg(pl.col("cohort").first(), last=pl.col("month").max())
    later = (
        grid.select(by)
        .join(lasts, on="cohort")
        .filter(pl.col("last") >= pl.col("month"))
        .group_by(by)
        .agg(customer_count_on_or_after=rows())
    )
    back = now.known.orders.filter("is_returned").join(cohorts, on=CUSTOMER)
    returned_on = pl.coalesce("returned_at", "ordered_at").dt.date()
    came_back = back.group_by("cohort", month=month_number(returned_on)).agg(
        returned_amount=pl.col("order_amount").abs().sum()
    )
    notes = back.filter((pl.col("order_amount") < 0) & (pl.col("ordered_at") < now.core.as_of))
    credited = notes.group_by("cohort", month=month_number(pl.col("ordered_on"))).agg(
        credited=pl.col("order_amount").sum()
    )
    for part in (in_month, later, came_back, credited):
        grid = grid.join(part, on=by, how="left")
    counts = [name for part in (in_month, later, came_back, credited) for name in part.columns if name not in by]
    grid = grid.with_columns(pl.col(counts).fill_null(0))
    following = _first_of_month(pl.col("month") + 1)
    table = grid.with_columns(
        cohort_month=_first_of_month(pl.col("cohort")),
        is_mature=following - pl.duration(days=1) <= pl.lit(now.day),
        retention_rate=ratio("customer_count", "cohort_customer_count"),
        retention_on_or_after_rate=ratio("customer_count_on_or_after", "cohort_customer_count"),
        net_revenue_amount=pl.col("revenue_amount") + pl.col("credited"),
    )
    return table.select(
        "cohort_month",
        "months_since",
        "cohort_customer_count",
        "is_mature",
        *(pl.when("is_mature").then(pl.col(name)).alias(name) for name in COHORT_FIGURES),
    )


def customer_days(now: Today) -> pl.DataFrame:
    """int_customer_days_active: days on which a customer ordered or was seen on an own device."""
    ordered = now.known.counted.select(CUSTOMER, active_on="ordered_on", is_order=True)
    seen = now.core.events.filter(pl.col(CUSTOMER).is_not_null() & (pl.col("event_at") < now.core.as_of))
    days = pl.concat([ordered, seen.select(CUSTOMER, active_on="event_date", is_order=pl.lit(False))])
    return days.group_by(CUSTOMER, "active_on").agg(
        has_event=(~pl.col("is_order")).any(), has_order=pl.col("is_order").any()
    )


def _periods(start: date, last: date, period: str) -> list[date]:
    """Every period from the one that begins at `start` to that of the last day."""
    found = []
    while start <= last:
        found.append(start)
        start = start + timedelta(days=7) if period == "week" else (start + timedelta(days=32)).replace(day=1)
    return found


def lifecycle_of(days: pl.DataFrame, period: str, first: date, last: date) -> pl.DataFrame:
    """New, returning, resurrecting and dormant customers per period; `days` are of customers."""
    day = pl.col("active_on")
    start = day.dt.truncate("1w") if period == "week" else day.dt.month_start()
    active = days.select(CUSTOMER, start=start).unique()
    earliest = active["start"].min()
    starts = _periods(earliest, last, period) if earliest else []
    numbers = pl.DataFrame({"start": pl.Series(starts, dtype=pl.Date)}).with_row_index("number")
    numbers = numbers.with_columns(pl.col("number").cast(pl.Int64))
    active = active.join(numbers, on="start").sort(CUSTOMER, "number")
    gap = pl.col("number") - pl.col("number").shift().over(CUSTOMER)
    figures = (
        active.with_columns(gap=gap)
        .group_by("number")
        .agg(
            active_customer_count=rows(),
            new_customer_count=count(pl.col("gap").is_null()),
            returning_count=count((pl.col("gap") == 1).fill_null(False)),
            resurrecting_count=count((pl.col("gap") > 1).fill_null(False)),
        )
    )
    stays = pl.col("number").shift(-1).over(CUSTOMER) == pl.col("number") + 1
    gone = (
        active.with_columns(stays=stays.fill_null(False))
        .filter(~pl.col("stays"))
        .group_by(number=pl.col("number") + 1)
        .agg(dormant_count=rows())
    )
    table = numbers
    for part in (figures, gone):
        table = table.join(part, on="number", how="left")
    table = table.with_columns(pl.exclude("number", "start").fill_null(0))
    following = pl.col("start").dt.offset_by("1w" if period == "week" else "1mo")
    return table.with_columns(
        period=pl.lit(period),
        gained=pl.col("new_customer_count") + pl.col("resurrecting_count"),
        is_complete=(following <= pl.lit(last + timedelta(days=1))) & (pl.col("start") >= pl.lit(first)),
    ).select(
        "period", "active_customer_count", "new_customer_count", "returning_count", "resurrecting_count",
        "dormant_count", "is_complete", period_start="start", quick_ratio=ratio("gained", "dormant_count"),
    )  # fmt: skip


def customer_lifecycle(now: Today) -> pl.DataFrame:
    """By week and month, of those who ordered and of those who were active at all."""
    days = customer_days(now)
    first = now.core.first_date or now.day
    parts = [
        lifecycle_of(part, period, first, now.day).with_columns(activity=pl.lit(activity))
        for activity, part in (("ordered", days.filter("has_order")), ("active", days))
        for period in ("week", "month")
    ]
    return pl.concat(parts)


def _reach(days: pl.DataFrame, width: int, length: int) -> np.ndarray:
    """How many were active on at least one of the `width` days up to each day."""
    nearest = pl.col("day").shift(-1).over("who")
    spans = days.sort("who", "day").select(
        start=pl.col("day"), end=pl.min_horizontal(pl.col("day") + width, nearest.fill_null(length), length)
    )
    change = np.zeros(length + 1, dtype=np.int64)
    np.add.at(change, spans["start"].to_numpy(), 1)
    np.add.at(change, spans["end"].to_numpy(), -1)
    return np.cumsum(change)[:length]


def stickiness_of(days: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Daily, weekly and monthly active ones of `days` (who, active_on), which lie up to the last day."""
    start = days["active_on"].min()
    length = (last - start).days + 1 if start else 0
    offset = (pl.col("active_on") - pl.lit(start, dtype=pl.Date)).dt.total_days().cast(pl.Int64)
    numbered = days.select("who", day=offset).unique()
    daily = _reach(numbered, 1, length)
    total = np.concatenate([[0], np.cumsum(daily)])
    ends = np.arange(1, length + 1)
    table = pl.DataFrame(
        {
            "activity_date": pl.date_range(start, last, eager=True) if start else pl.Series([], dtype=pl.Date),
            "daily_active_count": daily,
            "weekly_active_count": _reach(numbered, 7, length),
            "monthly_active_count": _reach(numbered, 30, length),
            "active_days": total[ends] - total[np.maximum(ends - 30, 0)],
        }
    )
    return table.select(
        "activity_date", "daily_active_count", "weekly_active_count", "monthly_active_count",
        stickiness_rate=ratio("daily_active_count", "monthly_active_count"),
        weekly_stickiness_rate=ratio("daily_active_count", "weekly_active_count"),
        mean_active_days=ratio("active_days", "monthly_active_count"),
        is_complete=pl.col("activity_date") - pl.duration(days=29) >= pl.lit(first),
    )  # fmt: skip


def activity_stickiness(now: Today) -> pl.DataFrame:
    """Active customers and visitors per day, week and month."""
    first = now.core.first_date or now.day
    events = now.core.events.filter(pl.col("event_at") < now.core.as_of)
    units = {
        "customer": customer_days(now).select("active_on", who=CUSTOMER),
        "visitor": events.select(active_on="event_date", who="visitor_id"),
    }
    return pl.concat(
        stickiness_of(days, first, now.day).with_columns(unit=pl.lit(unit)) for unit, days in units.items()
    )
