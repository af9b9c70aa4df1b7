"""Risk monitor: visits and shoppers who are too fast or too regular for a person."""

from __future__ import annotations

import polars as pl

from dashboard import figures, theme
from dashboard.intervals import of_rate
from dashboard.page import Metric, Page, Period, period_of

FEWEST = 30
PERIODS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
REFRESHES = {"0": "Off", "10": "Every 10 seconds", "30": "Every 30 seconds", "60": "Every 60 seconds"}
CONVERSIONS = {
    "session_conversion_without_bots_rate": "Without bots",
    "session_conversion_rate": "With bots",
}


def show(page: Page) -> None:
    """Totals against the period before, bots by day, distributions, and the newest flagged sessions and shoppers."""
    page.title("Risk monitor", "Visits too fast or too regular for a person. They are flagged, and never deleted.")
    with page.filters():
        period = period_of(page.choose("period", "Period", PERIODS, "30"), page.publication)
        seconds = int(page.choose("refresh", "Show anew", REFRESHES, "30"))
    if not page.row("risk_monitor/shop")["session_count"]:
        page.empty(
            "This source has no visits: bots and hurry show in the times between clicks. They come with files of events."
        )
        return
    page.refreshing(seconds)
    page.note(f"Version {page.publication.version}, published {page.publication.published_at}.")
    _metrics(page, period)
    _days(page, period)
    _distributions(page, period)
    _levels(page, period)
    _sessions(page, period)
    _shoppers(page)


def _metrics(page: Page, period: Period) -> None:
    totals = page.row("risk_monitor/totals", **period.parameters)

    def rate(name: str, k: str, n: str, title: str, mart: str, column: str) -> Metric:
        count, of = totals[k], totals[n]
        before_count, before_of = totals[f"before_{k}"], totals[f"before_{n}"]
        return Metric(
            title,
            count / of if of >= FEWEST else None,
            "rate",
            before_count / before_of if period.is_comparable and before_of >= FEWEST else None,
            good="down",
            help=page.define(mart, column),
            detail=of_rate(count, of) if of >= FEWEST else f"{count:,} of {of:,} {name}: too few for a share",
        )

    page.metrics(
        [
            Metric(
                "Sessions",
                totals["session_count"],
                before=totals["before_session_count"] if period.is_comparable else None,
                good="",
                help=page.define("daily_kpis", "session_count"),
            ),
            rate(
                "sessions",
                "bot_session_count",
                "session_count",
                "Likely bots",
                "session_risk",
                "is_likely_bot",
            ),
            rate(
                "sessions",
                "impulsive_session_count",
                "session_count",
                "Impulsive",
                "session_risk",
                "is_impulsive",
            ),
            rate(
                "events",
                "bot_event_count",
                "event_count",
                "Bot events",
                "daily_kpis",
                "bot_event_count",
            ),
            rate(
                "gaps",
                "rapid_event_count",
                "gap_count",
                "Rapid events",
                "session_risk",
                "rapid_event_count",
            ),
        ],
        note=f"{_compared(period)} Bots and impulsive ones are shares of the sessions, bot events of the events, "
        "rapid events of the gaps between events.",
    )


def _compared(period: Period) -> str:
    days = (period.last - period.first).days + 1
    if period.is_comparable:
        return f"Sessions that began in the {period.label}, against the {days} days before."
    return f"Sessions that began in the {period.label}; the data does not reach back far enough to compare."


def _days(page: Page, period: Period) -> None:
    rows = page.rows("risk_monitor/days", fewest=FEWEST, **period.parameters)
    if not rows["session_count"].sum():
        page.empty(f"No visit began in the {period.label}: choose a longer period.")
        return
    page.section("Day by day")
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.bars(rows, "kpi_date", "bot_session_count", colours=[theme.BAD] * rows.height),
                rows,
                "Bot sessions by day",
                key="risk_bots",
                help=page.define("daily_kpis", "bot_session_count"),
            )
        with right:
            _conversion(page, rows)


def _conversion(page: Page, rows: pl.DataFrame) -> None:
    known = rows.drop_nulls("session_conversion_rate")
    if not known.height:
        page.empty(f"No day with {FEWEST} visits: a share of fewer would mislead.")
        return
    page.chart(
        figures.line(
            known,
            "kpi_date",
            list(CONVERSIONS),
            names=CONVERSIONS,
            colours={"session_conversion_without_bots_rate": theme.MAIN, "session_conversion_rate": theme.BEFORE},
        ),
        known.select("kpi_date", "session_count", "bot_session_count", *CONVERSIONS),
        "What bots do to the conversion",
        key="risk_conversion",
        help=page.define("daily_kpis", "session_conversion_without_bots_rate"),
        note=f"Share of the sessions with an order; days with {FEWEST} sessions or more.",
        labels=CONVERSIONS,
    )


def _distributions(page: Page, period: Period) -> None:
    page.section("How fast visits are", "The axis is logarithmic, so that the few fast ones show beside the many.")
    with page.columns(1, 1) as (left, right):
        with left:
            _rapid_rates(page, period)
        with right:
            _minutes(page, period)


def _rapid_rates(page: Page, period: Period) -> None:
    fewest_gaps = int(page.publication.settings.get("risk_min_gaps", 10))
    rows = page.rows("risk_monitor/rapid_rates", fewest_gaps=fewest_gaps, **period.parameters)
    if not rows["session_count"].sum():
        page.empty(f"No visit with {fewest_gaps} gaps between events: shorter ones are not judged.")
        return
    figure = figures.histogram(rows, "rate_from", "rate_to", "session_count", "rate")
    figure.update_yaxes(type="log", dtick=1, title="sessions")
    figure.update_xaxes(title="share of gaps that are rapid", dtick=0.2)
    for setting, text in (("impulsive_rapid_rate", "impulsive"), ("bot_rapid_rate", "bot, if regular")):
        if setting in page.publication.settings:
            figure.add_vline(
                x=float(page.publication.settings[setting]),
                line={"color": theme.BAD, "width": 1, "dash": "dot"},
                annotation={"text": text, "font": {"size": 11, "color": theme.BAD}},
                annotation_position="top right",
            )
    page.chart(
        figure,
        rows,
        "Rapid events within a visit",
        key="risk_rapid_rates",
        help=page.define("session_risk", "rapid_event_rate"),
        note=f"Visits with {fewest_gaps} gaps or more; shorter ones are not judged.",
    )


def _minutes(page: Page, period: Period) -> None:
    rows = page.rows("risk_monitor/minutes", **period.parameters)
    if not rows["session_count"].sum():
        page.empty("No visit in this period.")
        return
    figure = figures.bars(rows, "events_per_minute", "session_count", colours=[theme.MAIN] * rows.height)
    figure.update_yaxes(type="log", dtick=1, title="sessions")
    figure.update_xaxes(title="most events within a minute")
    burst = page.publication.settings.get("burst_events_per_minute")
    page.chart(
        figure,
        rows,
        "Busiest minute of a visit",
        key="risk_minutes",
        help=page.define("session_risk", "max_events_per_minute"),
        note=f"From {burst} events on it is a burst." if burst else "",
    )


def _levels(page: Page, period: Period) -> None:
    rows = page.rows("risk_monitor/levels", **period.parameters)
    if not rows.height:
        page.good(f"No visit of the {period.label} is flagged.")
        return
    page.table(
        rows,
        "Flagged visits by reason",
        key="risk_levels",
        mart="session_risk",
        help=page.define("session_risk", "risk_reasons"),
        note=f"Sessions that began in the {period.label}.",
    )


def _sessions(page: Page, period: Period) -> None:
    rows = page.rows("risk_monitor/sessions", **period.parameters)
    if not rows.height:
        return
    page.section("Who it was")
    page.table(
        rows,
        "Newest flagged visits",
        key="risk_sessions",
        mart="session_risk",
        note=f"{'The newest 200' if rows.height == 200 else f'{rows.height:,}'} of the {period.label}. "
        "No customer: nobody ever logged in on that device.",
        height=360,
    )


def _shoppers(page: Page) -> None:
    customers, devices = page.rows("risk_monitor/customers"), page.rows("risk_monitor/devices")
    if customers.height:
        page.table(
            customers.drop("flagged_count"),
            "Flagged customers",
            key="risk_customers",
            mart="customer_risk",
            note=f"Over all their visits, bots first. {_of_all(customers)}",
            height=360,
        )
    else:
        page.good("No customer is flagged over all visits together.")
    if devices.height:
        page.table(
            devices.drop("flagged_count"),
            "Flagged devices without a customer",
            key="risk_devices",
            mart="customer_risk",
            note=f"Over all their visits, bots first. {_of_all(devices)}",
            height=300,
        )


def _of_all(rows: pl.DataFrame) -> str:
    every = rows["flagged_count"][0]
    return f"The first {rows.height:,} of {every:,}." if every > rows.height else f"{every:,} in all."
