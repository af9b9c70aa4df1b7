"""Payments: how many attempts are approved, which fail more than others and since when, and what is saved afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.intervals import beside, of_rate
from dashboard.judged import judged
from dashboard.page import Metric, Page, Period

FEWEST = 30
MOST_BARS = 15
GRAINS = {"day": "Day", "week": "Week"}
BREAKDOWNS = {
    "gateway": "Gateway",
    "payment_method": "Method",
    "device_type": "Device",
    "app_version": "App version",
    "country": "Country",
    "amount_band": "Amount",
    "hour_of_day": "Hour of the day, UTC",
}
NO_SLICE = "none"


@dataclass(frozen=True)
class Slice:
    """A slice of the attempts that fails more than the rest."""

    slice_id: str
    breakdown: str = ""
    value: str = ""
    failing_from: date | None = None
    failing_to: date | None = None

    @property
    def name(self) -> str:
        """Its value and what that is a value of."""
        return f"{self.value} ({_dimensions(self.breakdown)})"


def show(page: Page) -> None:
    """Approval over time, results and reasons, slices, drivers of failure, and recovery."""
    page.title("Payments", "How many attempts to pay are approved, what fails more than the rest, and what is saved.")
    ever = page.row("payments/all_time")
    if not ever["attempt_count"]:
        page.empty(
            f"The source {page.publication.source_system} tells no attempts to pay. Events of kind payment_attempted, or a "
            "file of payments, bring this page to life."
        )
        return
    if not ever["failed_count"]:
        _approved_only(page, ever["attempt_count"])
        return
    drivers = page.rows("payments/drivers")
    with page.filters():
        period = page.period()
        grain = page.choose("grain", "Per", GRAINS, "week")
        slice_ = _choose_slice(page, drivers)
    _metrics(page, period)
    _over_time(page, period, grain, slice_)
    _results(page, period)
    _drivers(page, drivers, slice_)
    _slices(page, ever["failure_rate"])
    _recoveries(page, period)


def _approved_only(page: Page, attempts: int) -> None:
    page.empty(
        f"All {attempts:,} payments of this source are approved: it tells what was paid, and not what was tried. A rate of "
        "approval would say nothing. Attempts that were declined, timed out or given up bring the rest of this page."
    )
    with page.filters():
        breakdown = _choose_breakdown(page)
    rows = page.rows("payments/slices", breakdown=breakdown)
    paid = rows.sort("approved_amount", descending=True, nulls_last=True, maintain_order=True).head(MOST_BARS)
    page.chart(
        figures.bars(paid, "breakdown_value", "approved_amount", horizontal=True),
        rows.select("breakdown_value", "attempt_count", "approved_amount"),
        f"Amount paid, by {BREAKDOWNS.get(breakdown, breakdown).lower()}",
        key="payments_paid",
        help=page.define("payment_outcomes", "approved_amount"),
        labels={"breakdown_value": BREAKDOWNS.get(breakdown, breakdown), "attempt_count": "Payments"},
        note="All the data.",
    )


def _choose_slice(page: Page, drivers: pl.DataFrame) -> Slice:
    slices = {
        row["slice_id"]: Slice(
            row["slice_id"], row["breakdown"], row["breakdown_value"], row["failing_from"], row["failing_to"]
        )
        for row in drivers.rows(named=True)
    }
    if not slices:
        return Slice(NO_SLICE)
    options = {key: one.name for key, one in slices.items()} | {NO_SLICE: "None"}
    chosen = page.choose(
        "slice",
        "Failing slice",
        options,
        help="What fails more than the rest: its line and its days are marked. A click on a bar below chooses it too.",
    )
    return slices.get(chosen, Slice(NO_SLICE))


def _choose_breakdown(page: Page) -> str:
    found = page.rows("payments/breakdowns")
    known = found.filter(pl.col("known_value_count") > 0)["breakdown"].to_list()
    options = {key: text for key, text in BREAKDOWNS.items() if key in known}
    options |= {key: key.replace("_", " ") for key in known if key not in options}
    return page.choose("by", "By", options or {"gateway": "Gateway"})


def _metrics(page: Page, period: Period) -> None:
    totals = page.row("payments/totals", **period.parameters)

    def earlier(value: object) -> object:
        return value if period.is_comparable and (totals["before_attempt_count"] or 0) >= FEWEST else None

    def rate(prefix: str = "") -> float | None:
        attempts = totals[f"{prefix}attempt_count"] or 0
        return totals[f"{prefix}approved_count"] / attempts if attempts >= FEWEST else None

    page.metrics(
        [
            Metric(
                "Attempts to pay", totals["attempt_count"], "count", earlier(totals["before_attempt_count"]), good=""
            ),
            Metric(
                "Approval rate",
                rate(),
                "rate",
                earlier(rate("before_")),
                help=page.define("payment_outcomes", "approval_rate"),
                detail=of_rate(totals["approved_count"], totals["attempt_count"]),
            ),
            Metric(
                "Failed attempts",
                totals["failed_count"],
                "count",
                earlier(totals["before_failed_count"]),
                good="down",
                help=page.define("payment_outcomes", "failed_count"),
            ),
            Metric(
                "Amount approved",
                totals["approved_amount"],
                "money",
                earlier(totals["before_approved_amount"]),
                help=page.define("payment_outcomes", "approved_amount"),
            ),
            Metric(
                "Amount that failed",
                totals["failed_amount"],
                "money",
                earlier(totals["before_failed_amount"]),
                good="down",
                detail="before any recovery",
            ),
        ],
        note=f"{period.label.capitalize()}, against as many days before."
        if period.is_comparable
        else f"{period.label.capitalize()}; the data does not reach back far enough to compare.",
    )


def _over_time(page: Page, period: Period, grain: str, slice_: Slice) -> None:
    rows = page.rows(
        "payments/over_time",
        grain=grain,
        slice_breakdown=slice_.breakdown,
        slice_value=slice_.value,
        **period.parameters,
    )
    enough = beside(rows.filter(pl.col("attempt_count") >= FEWEST), "approved_count", "attempt_count", "approval_rate")
    title = f"Approval rate, by {grain}"
    if not enough.height:
        page.empty(f"{title}: no {grain} of the {period.label} has {FEWEST} attempts, too few for a rate.")
        return
    has_slice = bool(slice_.breakdown) and bool(enough["slice_approval_rate"].is_not_null().any())
    lines = {"approval_rate": "All attempts", "slice_approval_rate": slice_.name}
    figure = figures.line(
        enough,
        "attempted_on",
        list(lines) if has_slice else ["approval_rate"],
        names=lines,
        colours={"approval_rate": theme.MAIN, "slice_approval_rate": theme.BAD},
        low="approval_rate_low",
        high="approval_rate_high",
        zero=False,
    )
    figures.shade_incomplete(figure, enough, "attempted_on")
    drawn_from = min(period.first, rows["attempted_on"].min())
    failing = _failing_days(slice_, drawn_from, period.last)
    if failing:
        # The last day is one of them: it is shaded to its end.
        figures.shade(figure, failing[0], failing[1] + timedelta(days=1), "days of failure")
    kept = rows if slice_.breakdown else rows.drop(pl.selectors.starts_with("slice_"))
    page.chart(
        figure,
        kept,
        title,
        key="payments_over_time",
        help=page.define("daily_kpis", "approval_rate"),
        note=_line_note(slice_, rows, grain, has_slice, bool(failing)),
    )


def _failing_days(slice_: Slice, first: date, last: date) -> tuple[date, date] | None:
    """The first and the last day of failure, as far as they lie between two days."""
    if slice_.failing_from is None or slice_.failing_to is None:
        return None
    days = max(slice_.failing_from, first), min(slice_.failing_to, last)
    return days if days[0] <= days[1] else None


def _line_note(slice_: Slice, rows: pl.DataFrame, grain: str, has_slice: bool, is_shaded: bool) -> str:
    few = rows.filter(pl.col("attempt_count") < FEWEST).height
    parts = ["Band: 95 % interval of all attempts."]
    if grain == "week":
        parts.append("Whole weeks, also where the period begins within one.")
    if not rows["is_complete"].all():
        parts.append(f"Shaded: a {grain} that the data does not cover to its ends.")
    if slice_.failing_from is not None:
        days = f"{shown(slice_.failing_from, 'date')} to {shown(slice_.failing_to, 'date')}"
        where = "shaded" if is_shaded else "outside the period"
        parts.append(f"{slice_.name} failed most from {days} ({where}).")
        if not has_slice:
            parts.append("It has no line: too few attempts at a time, or a slice of amounts or hours.")
    if few:
        parts.append(f"{few:,} {grain}s with fewer than {FEWEST} attempts are in the numbers only.")
    return " ".join(parts)


def _results(page: Page, period: Period) -> None:
    results = page.rows("payments/results", **period.parameters)
    reasons = page.rows("payments/reasons", **period.parameters)
    if not results.height:
        return
    failed = results.filter(pl.col("payment_result") != "approved")
    with page.columns(1, 1) as (left, right):
        with left:
            if failed.height:
                page.chart(
                    figures.bars(failed, "payment_result", "attempt_count", horizontal=True),
                    results,
                    "What became of the attempts that failed",
                    key="payments_results",
                    help=page.define("fct_payments", "result"),
                    note=f"{period.label.capitalize()}. Approved ones are in the numbers.",
                )
            else:
                page.empty(f"No attempt failed in the {period.label}.")
        with right:
            if reasons.height:
                drawn = beside(reasons.head(MOST_BARS), "failed_count", "all_failed_count", "failure_share")
                page.chart(
                    figures.bars(
                        drawn,
                        "failure_reason",
                        "failure_share",
                        horizontal=True,
                        low="failure_share_low",
                        high="failure_share_high",
                    ),
                    reasons.drop("all_failed_count"),
                    "Why they failed",
                    key="payments_reasons",
                    help=page.define("fct_payments", "failure_reason"),
                    note=f"Share of the {drawn['all_failed_count'][0]:,} failed attempts; whiskers: 95 % interval.",
                )


def _drivers(page: Page, drivers: pl.DataFrame, slice_: Slice) -> None:
    page.section(
        "What fails more than the rest", "Slices of the attempts with more failures than chance would have it."
    )
    if not drivers.height:
        tested = page.row("payments/tested")["tested_count"]
        page.empty(
            f"None of the {tested:,} slices that have enough attempts fails more than the rest by more than chance."
            if tested
            else "No slice has enough attempts to be tested. More attempts per gateway, method, device or version bring the first."
        )
        return
    total = drivers["driver_count"][0]
    drawn = drivers.head(MOST_BARS).with_columns(
        pl.struct("breakdown", "breakdown_value")
        .map_elements(lambda row: f"{row['breakdown_value']} ({_dimensions(row['breakdown'])})", return_dtype=pl.String)
        .alias("slice")
    )
    page.chart(
        figures.bars(
            drawn,
            "slice",
            "excess_failed_count",
            horizontal=True,
            low="excess_failed_count_low",
            high="excess_failed_count_high",
            colours=[theme.BAD if one == slice_.slice_id else theme.BEFORE for one in drawn["slice_id"]],
            keys="slice_id",
        ),
        drivers.drop("driver_count"),
        "Failures above what the rest's rate would give",
        key="payments_drivers",
        help=page.define("payment_failure_drivers", "excess_failed_count"),
        note="Whiskers: 95 % interval; ranked by its lower end. Slices overlap: the first explains most, and the wider ones "
        "below it often hold the same failures. A click on a bar marks its days above. All the data.",
        picks="slice",
    )
    page.table(
        drivers.select(
            "driver_rank",
            "breakdown",
            "breakdown_value",
            "attempt_count",
            "failure_rate",
            "rest_failure_rate",
            pl.col("excess_failed_count").round(1),
            "lost_amount",
            "failing_from",
            "failing_to",
            "q_value",
        ),
        "The slices in numbers",
        key="payments_driver_table",
        mart="payment_failure_drivers",
        labels={
            "driver_rank": "Rank",
            "breakdown": "By",
            "breakdown_value": "Value",
            "rest_failure_rate": "Rate of the rest",
        },
        note=f"The first {drivers.height:,} of {total:,}." if total > drivers.height else "",
        height=320,
    )


def _slices(page: Page, overall: float | None) -> None:
    page.section("By slice", "How often attempts fail, by one thing at a time, over all the data.")
    with page.filters():
        breakdown = _choose_breakdown(page)
    rows = page.rows("payments/slices", breakdown=breakdown)
    name = BREAKDOWNS.get(breakdown, breakdown.replace("_", " "))
    enough = rows.filter(pl.col("attempt_count") >= FEWEST)
    most = 24 if breakdown == "hour_of_day" else MOST_BARS
    drawn = enough.head(most)
    if not drawn.height:
        page.empty(f"No value of {name.lower()} has {FEWEST} attempts, too few for a rate.")
        return
    figure = figures.bars(
        drawn,
        "breakdown_value",
        "failure_rate",
        horizontal=True,
        low="failure_rate_low",
        high="failure_rate_high",
        colours=[theme.BAD if significant else theme.MAIN for significant in drawn["is_significant"]],
    )
    if overall is not None:
        figure.add_vline(x=overall, line={"color": theme.MUTED, "dash": "dot", "width": 1.5})
    rest = rows.height - drawn.height
    page.chart(
        figure,
        rows,
        f"Share of attempts that failed, by {name.lower()}",
        key="payments_slices",
        help=page.define("payment_failure_drivers", "failure_rate"),
        labels={"breakdown_value": name},
        note="Whiskers: 95 % interval. Dotted: all attempts. Red: more than chance."
        + (f" {rest:,} more are in the numbers only." if rest else ""),
    )


def _recoveries(page: Page, period: Period) -> None:
    page.section("After a failure", "What happened to the orders whose first attempt to pay failed.")
    found = page.row("payments/recoveries", **judged(page, period).parameters)
    failures = found["failure_count"] or 0
    if not failures:
        page.empty(
            f"No first attempt that failed in the {period.label} is old enough to judge"
            + (f"; {found['young_count']:,} are younger." if found["young_count"] else ".")
        )
        return
    _recovery_metrics(page, period, found)
    if failures < FEWEST:
        page.note(f"Fewer than {FEWEST} failures: shares by way and by reason would say nothing.")
        return
    with page.columns(1, 1) as (left, right):
        with left:
            _shares_saved(
                page,
                page.rows("payments/recovery_ways", **judged(page, period).parameters),
                "recovery_way",
                "Saved, by what was tried",
                "payments_recovery_ways",
                "payment_recoveries",
            )
        with right:
            _shares_saved(
                page,
                page.rows("payments/recovery_reasons", **judged(page, period).parameters),
                "failure_reason",
                "Saved, by reason of the first failure",
                "payments_recovery_reasons",
                "payment_recoveries",
            )


def _recovery_metrics(page: Page, period: Period, found: dict) -> None:
    def earlier(value: object) -> object:
        return value if period.is_comparable and (found["before_failure_count"] or 0) >= FEWEST else None

    def rate(count: str, prefix: str = "") -> float | None:
        of = found[f"{prefix}failure_count"] or 0
        return found[f"{prefix}{count}"] / of if of >= FEWEST else None

    page.metrics(
        [
            Metric(
                "Orders with a failure",
                found["failure_count"],
                "count",
                earlier(found["before_failure_count"]),
                good="down",
            ),
            Metric(
                "Tried again",
                rate("retried_count"),
                "rate",
                earlier(rate("retried_count", "before_")),
                help=page.define("payment_recoveries", "later_attempt_count"),
                detail=of_rate(found["retried_count"], found["failure_count"]),
            ),
            Metric(
                "Recovered",
                rate("recovered_count"),
                "rate",
                earlier(rate("recovered_count", "before_")),
                help=page.define("payment_recoveries", "is_recovered"),
                detail=of_rate(found["recovered_count"], found["failure_count"]),
            ),
            Metric(
                "Lost for good",
                found["lost_amount"],
                "money",
                earlier(found["before_lost_amount"]),
                good="down",
                help=page.define("payment_recoveries", "lost_amount"),
            ),
            Metric(
                "Time to recover",
                found["median_seconds"],
                "seconds",
                help=page.define("payment_recoveries", "seconds_to_recover"),
                detail=f"median; nine of ten within {shown(found['slow_seconds'], 'seconds')}"
                if found["slow_seconds"] is not None
                else "",
            ),
        ],
        note=_recovery_note(page, period, found),
    )


def _recovery_note(page: Page, period: Period, found: dict) -> str:
    is_compared = (found["before_failure_count"] or 0) >= FEWEST
    told = judged(page, period).told("failures", "be saved", found["young_count"] or 0, is_compared)
    return f"{period.label.capitalize()}; {told}"


def _shares_saved(page: Page, rows: pl.DataFrame, by: str, title: str, key: str, mart: str) -> None:
    enough = rows.filter((pl.col("failure_count") >= FEWEST) & (pl.col(by) != "not tried again"))
    drawn = beside(enough.head(MOST_BARS), "recovered_count", "failure_count", "recovered_rate")
    if not drawn.height:
        page.empty(f"{title}: nothing has {FEWEST} failures behind it.")
        return
    page.chart(
        figures.bars(
            drawn, by, "recovered_rate", horizontal=True, low="recovered_rate_low", high="recovered_rate_high"
        ),
        rows,
        title,
        key=key,
        help=page.define(mart, "is_recovered"),
        note=_ways_note(rows) if by == "recovery_way" else "The most money lost first. Whiskers: 95 % interval.",
    )


def _ways_note(rows: pl.DataFrame) -> str:
    gave_up = rows.filter(pl.col("recovery_way") == "not tried again")
    told = (
        "Whiskers: 95 % interval; the most frequent first. Who switches chose to: it need not be the switch that helps."
    )
    if gave_up.height:
        told += f" {gave_up['failure_count'][0]:,} did not try again: {shown(gave_up['lost_amount'][0], 'money')} lost."
    return told


def _dimensions(breakdown: str) -> str:
    return " × ".join(
        BREAKDOWNS.get(one, one.replace("_", " ")).split(",")[0].lower() for one in breakdown.split(" × ")
    )
