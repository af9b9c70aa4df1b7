"""Behaviour: what visitors do, where they stop, when they come and what they leave in their carts."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dashboard import figures, theme
from dashboard.intervals import beside, of_rate
from dashboard.judged import judged, window
from dashboard.page import Metric, Page, Period

FEWEST = 30
MOST_BARS = 15
WEEKDAYS = {1: "Monday", 2: "Tuesday", 3: "Wednesday", 4: "Thursday", 5: "Friday", 6: "Saturday", 7: "Sunday"}
SESSION_BANDS = ("0", "1", "2–3", "4–7", "8–15", "16–31", "32+")
UNITS = {"visitor": "Visitors", "session": "Sessions"}
BREAKDOWNS = {
    "all": "Nothing",
    "device_type": "Device",
    "traffic_channel": "Channel",
    "country": "Country",
    "category": "First category",
    "customer_type": "New or returning",
    "payment_method": "Payment method",
    "gateway": "Gateway",
}
STAGES = {
    "cart": "Left with the cart filled",
    "checkout": "Left at the checkout",
    "payment": "Left after an attempt to pay",
}
GRAINS = {"day": "Day", "week": "Week"}
HOURLY = {"sessions": "Visits per hour", "conversion": "Share with an order"}
LEFT = "left"


@dataclass(frozen=True)
class Chosen:
    """What the funnel's controls say. `value`: one of the breakdown's, or 'all'."""

    funnel: str
    unit: str
    breakdown: str
    value: str
    step: str

    @property
    def parameters(self) -> dict[str, str]:
        """The same, as the statements name it."""
        return {
            "funnel": self.funnel,
            "unit": self.unit,
            "breakdown": self.breakdown,
            "breakdown_value": self.value,
            "step_number": self.step,
        }

    @property
    def of_value(self) -> dict[str, str]:
        """The rows of funnel_drop_offs for the value: those of the whole have a breakdown of their own."""
        return {**self.parameters, "breakdown": "all" if self.value == "all" else self.breakdown}


def show(page: Page) -> None:
    """Funnel with drop-offs, time to convert, hours, scores against visits, carts and first steps."""
    page.title("Behaviour", "What visitors do in the shop, where they stop, and what they leave behind.")
    if not page.row("behaviour/extent")["session_count"]:
        page.empty(
            f"The source {page.publication.source_system} has orders and no clicks, so there are no visits to follow. "
            "Files of events (page views, adds to the cart, checkouts) bring this page to life."
        )
        return
    _funnel(page)
    period = _visits(page)
    _carts(page, period)
    _paths(page)


def _funnel(page: Page) -> None:
    page.section("Funnel", "How many get how far, step by step in order, over all the data.")
    funnels = page.rows("behaviour/funnels")
    if not funnels.height:
        page.empty(
            f"No visit is older than the window of {window(page)} that a funnel allows, so none can be judged yet. "
            "More days of data bring the first."
        )
        return
    chosen = _controls(page, funnels)
    steps = page.rows("behaviour/steps", **chosen.of_value)
    young = page.row("behaviour/maturity", **chosen.parameters)
    entered = steps["entered_count"][0] if steps.height else 0
    page.note(
        f"A step counts when it follows the one before, within {window(page)} of the entry. "
        f"{young['young_count'] or 0:,} of {young['entry_count'] or 0:,} entries are younger than that and not counted."
        + (" Whoever looks at several categories enters once for each." if chosen.funnel == "category" else "")
    )
    if entered < FEWEST:
        page.empty(
            f"Only {entered:,} of these entries are old enough to judge: too few for rates (fewer than {FEWEST}). "
            "More days of data bring more, or another choice above."
        )
        return
    _funnel_metrics(page, chosen, steps)
    _funnel_charts(page, chosen, steps)
    if chosen.breakdown != "all":
        _breakdown(page, chosen, steps)
    _stopped(page, chosen, steps)


def _controls(page: Page, funnels: pl.DataFrame) -> Chosen:
    with page.filters():
        names = list(dict.fromkeys(funnels["funnel"].to_list()))
        funnel = page.choose("funnel", "Funnel", {name: _words(name) for name in names})
        of_funnel = funnels.filter(pl.col("funnel") == funnel)
        unit = page.choose(
            "unit", "Follow", _named(of_funnel["unit"].to_list(), UNITS), help=page.define("funnel_drop_offs", "unit")
        )
        broken_down = of_funnel.filter(pl.col("unit") == unit)["breakdown"].to_list()
        breakdowns = _named(broken_down, BREAKDOWNS)
        breakdown = page.choose("breakdown", "Broken down by", breakdowns, "device_type")
        steps = page.rows("behaviour/steps", funnel=funnel, unit=unit, breakdown="all", breakdown_value="all")
        later = steps.filter(pl.col("step_number") > 1)
        numbered = {
            str(row["step_number"]): f"{row['step_number']}. {row['step_name']}" for row in later.rows(named=True)
        }
        step = page.choose(
            "step",
            "Lost before",
            numbered or {"2": "2"},
            _costliest(later),
            help="The step that the breakdown and the list of customers are about. A click on a bar chooses it too.",
        )
        if breakdown == "all":
            return Chosen(funnel, unit, breakdown, "all", step)
        values = page.rows("behaviour/values", funnel=funnel, unit=unit, breakdown=breakdown, step_number=step)
        options = {"all": "All", **{one: one for one in values["breakdown_value"]}}
        value = page.choose("value", f"{breakdowns[breakdown]}: only", options)
    return Chosen(funnel, unit, breakdown, value, step)


def _costliest(later: pl.DataFrame) -> str | None:
    worst = later.sort("dropped_count", "step_number", descending=[True, False])
    return str(worst["step_number"][0]) if worst.height else None


def _funnel_metrics(page: Page, chosen: Chosen, steps: pl.DataFrame) -> None:
    last = steps.row(-1, named=True)
    costliest = _costliest(steps.filter(pl.col("step_number") > 1))
    worst = steps.filter(pl.col("step_number").cast(pl.String) == costliest)
    units = _unit(chosen)
    page.metrics(
        [
            Metric(
                f"{units} that entered",
                last["entered_count"],
                help=page.define("funnel_drop_offs", "entered_count"),
            ),
            Metric(
                f"Reached “{last['step_name']}”",
                last["overall_rate"],
                "rate",
                help=page.define("funnel_drop_offs", "overall_rate"),
                detail=of_rate(last["reached_count"], last["entered_count"]),
            ),
            Metric(
                "Largest loss",
                worst["dropped_count"][0] if worst.height else None,
                help=page.define("funnel_drop_offs", "dropped_count"),
                detail=f"before “{worst['step_name'][0]}”" if worst.height else "",
            ),
        ]
    )


def _funnel_charts(page: Page, chosen: Chosen, steps: pl.DataFrame) -> None:
    whole = "" if chosen.value == "all" else f", {chosen.value}"
    with page.columns(1, 1) as (left, right):
        with left:
            keyed = steps.with_columns(pl.col("step_number").cast(pl.String).alias("step"))
            page.chart(
                figures.funnel(keyed, "step_name", "reached_count", "overall_rate", keys="step"),
                steps,
                f"{_unit(chosen)} that reached each step{whole}",
                key="behaviour_funnel",
                help=page.define("funnel_drop_offs"),
                note="Share of those that entered. A click on a bar shows who was lost before it.",
                picks="step",
            )
        with right:
            _durations(page, chosen)


def _durations(page: Page, chosen: Chosen) -> None:
    times = page.rows("behaviour/durations", **chosen.parameters).filter(pl.col("unit_count") >= FEWEST)
    if not times.height:
        page.empty(
            f"Time to convert: fewer than {FEWEST} {_unit(chosen).lower()} took a step, too few for percentiles."
        )
        return
    names = {"p50": "Half within", "p75": "75 %", "p90": "90 %", "p95": "95 %"}
    long = pl.concat(
        times.select(
            pl.col("step_name"),
            pl.lit(name).alias("percentile"),
            pl.col(f"{percentile}_seconds_from_entry").alias("from_entry_seconds"),
        )
        for percentile, name in names.items()
    )
    page.chart(
        figures.heat(
            long,
            "percentile",
            "step_name",
            "from_entry_seconds",
            x_order=list(names.values()),
            y_order=times["step_name"].to_list(),
            height=max(200, 52 * times.height + 102),
        ),
        times,
        "Time from the entry to each step",
        key="behaviour_durations",
        help=page.define("time_to_convert"),
        note="Of those that took the step, over all breakdowns: the time within which so many of them had taken it.",
    )


def _breakdown(page: Page, chosen: Chosen, steps: pl.DataFrame) -> None:
    values = page.rows("behaviour/values", **chosen.parameters)
    by = BREAKDOWNS.get(chosen.breakdown, _words(chosen.breakdown)).lower()
    if set(values["breakdown_value"].to_list()) <= {"unknown"}:
        page.empty(f"This source does not tell the {by} of its visits: all are unknown.")
        return
    if chosen.breakdown in ("payment_method", "gateway"):
        page.note(
            f"The {by} is known only of those that came to an attempt to pay: the rates of steps before that say nothing."
        )
    name = _step_name(steps, chosen.step)
    with page.columns(1, 1) as (left, right):
        with left:
            _rates(page, values, "overall_rate", "entered_count", f"Converted, by {by}", "behaviour_converted")
        with right:
            _rates(page, values, "step_rate", "previous_count", f"Went on to “{name}”, by {by}", "behaviour_step")


def _rates(page: Page, values: pl.DataFrame, rate: str, trials: str, title: str, key: str) -> None:
    enough = values.filter(pl.col(trials) >= FEWEST)
    drawn = enough.head(MOST_BARS)
    if not drawn.height:
        page.empty(f"{title}: no value has {FEWEST} or more behind it.")
        return
    left_out, every = values.height - drawn.height, values["value_count"][0]
    page.chart(
        figures.bars(
            drawn,
            "breakdown_value",
            rate,
            horizontal=True,
            low=f"{rate}_low",
            high=f"{rate}_high",
            keys="breakdown_value",
        ),
        values.drop("value_count"),
        title,
        key=key,
        help=page.define("funnel_drop_offs", rate),
        note="Whiskers: 95 % interval; the most frequent first. "
        + (f"{left_out:,} more with fewer behind them are in the numbers only." if left_out else "")
        + (f" The first {values.height:,} of {every:,} values." if every > values.height else ""),
        picks="value",
    )


def _stopped(page: Page, chosen: Chosen, steps: pl.DataFrame) -> None:
    name = _step_name(steps, chosen.step)
    counts = page.row("behaviour/stopped", **chosen.parameters)
    units = _unit(chosen).lower()
    title = f"Customers who stopped before “{name}”"
    if not counts["customer_count"]:
        page.empty(
            f"{title}: none is known. {counts['unit_count'] or 0:,} {units} stopped there; "
            "they can be listed once they log in, sign up or order."
        )
        return
    rows = page.rows("behaviour/stopped_customers", **chosen.parameters)
    of_value = "" if chosen.value == "all" else f" ({chosen.value})"
    listed = (
        f"the latest {rows.height:,} of {counts['customer_count']:,}"
        if rows.height < counts["customer_count"]
        else f"{rows.height:,}"
    )
    page.table(
        rows,
        title,
        key="behaviour_stopped",
        mart="funnel_conversions",
        labels={
            "last_entered_at": "Last entry",
            "stop_count": "Times stopped here",
            "last_ordered_on": "Last order",
            "order_count": "Orders in all",
        },
        note=f"Customers: {listed}{of_value}, the latest entry first. A last order after the entry: they came back by another "
        f"way or later. {counts['unknown_unit_count']:,} of the {counts['unit_count']:,} {units} that stopped here cannot be "
        "listed, as nobody is known behind them.",
        height=360,
    )


def _visits(page: Page) -> Period:
    page.section("Visits", "When visits begin, and how the engagement score goes with their number.")
    with page.filters():
        period = page.period()
        hourly = page.choose("hourly", "In the week", HOURLY)
    with page.columns(1, 1) as (left, right):
        with left:
            _hours(page, period, hourly)
        with right:
            _scores(page)
    return period


def _hours(page: Page, period: Period, hourly: str) -> None:
    rows = page.rows("behaviour/hours", **period.parameters)
    if not rows.height:
        page.empty(f"No visit began in the {period.label}.")
        return
    mean = pl.col("mean_sessions")
    named = rows.with_columns(
        pl.col("weekday").replace_strict(WEEKDAYS, default=None, return_dtype=pl.String),
        # From 100 on a fraction tells nothing.
        pl.when(mean >= 100).then(mean.round(0)).otherwise(mean).alias("mean_sessions"),
    )
    is_share = hourly == "conversion"
    figure = figures.heat(
        named,
        "hour_of_day",
        "weekday",
        "conversion_rate" if is_share else "mean_sessions",
        x_order=range(24),
        y_order=list(WEEKDAYS.values()),
        x_title="hour of the day, UTC",
        height=360,
    )
    page.chart(
        figure,
        rows,
        "Share of visits with an order, by hour" if is_share else "Visits per hour, mean of the days",
        key="behaviour_hours",
        help=page.define("fct_sessions", "started_at"),
        note=f"{period.label.capitalize()}. "
        + (
            f"Hours with fewer than {FEWEST} visits stay empty."
            if is_share
            else "Visits that began in the hour, over the number of such weekdays in the period since the first visit."
        ),
    )


def _scores(page: Page) -> None:
    rows = page.rows("behaviour/scores")
    if not rows.height:
        page.empty("Nobody has an engagement score yet: it needs customers who are known.")
        return
    lines = {number: f"{number / 10:.1f} to {(number + 1) / 10:.1f}" for number in range(9, -1, -1)}
    named = rows.with_columns(
        pl.col("score_band_number").replace_strict(lines, default=None, return_dtype=pl.String).alias("score_band")
    )
    page.chart(
        figures.heat(
            named,
            "session_band",
            "score_band",
            "customer_count",
            x_order=SESSION_BANDS,
            y_order=list(lines.values()),
            x_title="visits so far",
            y_title="engagement score",
            height=360,
        ),
        rows.drop("score_band_number", "session_band_number"),
        "Customers by engagement score and visits",
        key="behaviour_scores",
        help=page.define("customer_360", "engagement_score"),
        note="All customers, as of today.",
    )


def _carts(page: Page, period: Period) -> None:
    page.section(
        "Carts left behind",
        f"Visits of the {period.label} in which something was put into the cart, and nothing was ordered."
        if period.label.startswith("last")
        else "Visits in which something was put into the cart, and nothing was ordered.",
    )
    carts = page.row("behaviour/carts", **judged(page, period).parameters)
    if not carts["cart_count"] and not carts["young_count"]:
        page.empty(f"Nobody put anything into a cart ({period.label}). A longer period above may have some.")
        return
    with page.filters():
        grain = page.choose("grain", "Per", GRAINS, "week")
    _cart_metrics(page, period, carts)
    with page.columns(3, 2) as (left, right):
        with left:
            _carts_over_time(page, period, grain)
        with right:
            _cart_stages(page, period)


def _cart_metrics(page: Page, period: Period, carts: dict) -> None:
    def earlier(value: object) -> object:
        return value if period.is_comparable and (carts["before_cart_count"] or 0) >= FEWEST else None

    def rate(count: str, of: str) -> float | None:
        return carts[count] / carts[of] if (carts[of] or 0) >= FEWEST else None

    page.metrics(
        [
            Metric("Visits with a cart", carts["cart_count"], "count", earlier(carts["before_cart_count"])),
            Metric(
                "Abandoned",
                rate("abandoned_count", "cart_count"),
                "rate",
                earlier(rate("before_abandoned_count", "before_cart_count")),
                good="down",
                help=page.define("cart_abandonment", "is_abandoned"),
                detail=of_rate(carts["abandoned_count"], carts["cart_count"]),
            ),
            Metric(
                "Left behind",
                carts["abandoned_amount"],
                "money",
                earlier(carts["before_abandoned_amount"]),
                good="down",
                help=page.define("cart_abandonment", "cart_amount"),
                detail="value of the abandoned carts",
            ),
            Metric(
                "Came back and ordered",
                rate("recovered_count", "abandoned_count"),
                "rate",
                earlier(rate("before_recovered_count", "before_abandoned_count")),
                help=page.define("cart_abandonment", "is_recovered"),
                detail=of_rate(carts["recovered_count"], carts["abandoned_count"]),
            ),
        ],
        note=_carts_note(page, period, carts),
    )


def _carts_note(page: Page, period: Period, carts: dict) -> str:
    is_compared = (carts["before_cart_count"] or 0) >= FEWEST
    told = judged(page, period).told("carts", "be ordered", carts["young_count"] or 0, is_compared)
    return told[:1].upper() + told[1:]


def _carts_over_time(page: Page, period: Period, grain: str) -> None:
    rows = page.rows("behaviour/carts_over_time", grain=grain, **judged(page, period).parameters)
    enough = beside(rows.filter(pl.col("cart_count") >= FEWEST), "abandoned_count", "cart_count", "abandoned_rate")
    title = f"Share of carts abandoned, by {grain}"
    if not enough.height:
        page.empty(f"{title}: no {grain} has {FEWEST} carts, too few for a rate. Choose weeks or a longer period.")
        return
    figure = figures.line(
        enough, "carted_on", "abandoned_rate", low="abandoned_rate_low", high="abandoned_rate_high", zero=False
    )
    figures.shade_incomplete(figure, enough, "carted_on")
    few = rows.height - enough.height
    page.chart(
        figure,
        rows,
        title,
        key="behaviour_carts",
        help=page.define("cart_abandonment"),
        note=f"Band: 95 % interval. Carts older than {window(page)} only."
        + (" Whole weeks, also where the period begins within one." if grain == "week" else "")
        + ("" if rows["is_complete"].all() else f" Shaded: a {grain} whose days are not all counted.")
        + (f" {few:,} {grain}s with fewer than {FEWEST} carts are in the numbers only." if few else ""),
    )


def _cart_stages(page: Page, period: Period) -> None:
    rows = page.rows("behaviour/cart_stages", **judged(page, period).parameters)
    if not rows.height:
        page.empty(f"No abandoned cart is older than {window(page)} yet, so what was left behind cannot be told.")
        return
    named = rows.with_columns(pl.col("last_stage").replace(STAGES).alias("stage"))
    page.chart(
        figures.bars(named, "stage", "abandoned_amount", horizontal=True, height=theme.HEIGHT),
        rows,
        "Value left behind, by stage",
        key="behaviour_cart_stages",
        help=page.define("cart_abandonment", "last_stage"),
        note=", ".join(f"{row['stage']}: {row['abandoned_count']:,} carts" for row in named.rows(named=True)) + ".",
    )


def _paths(page: Page) -> None:
    page.section("First steps", "What visitors do first, and where they leave.")
    rows = page.rows("behaviour/paths")
    if not rows.height:
        page.empty("No visit has a first step yet.")
        return
    links = [
        (
            (row["step_number"], _event(row["step_name"])),
            (row["step_number"] + 1, _event(row["next_step_name"])),
            row["session_count"],
        )
        for row in rows.rows(named=True)
    ]
    nodes = sorted({node for source, target, _ in links for node in (source, target)})
    names = sorted({name for _, name in nodes} - {_event(LEFT)})
    colours = {name: theme.SERIES[number % len(theme.SERIES)] for number, name in enumerate(names)}
    figure = figures.flows(links, nodes, {**colours, _event(LEFT): theme.BEFORE})
    figure.update_traces(node={"align": "left"})
    figure.update_layout(height=520)
    page.chart(
        figure,
        rows,
        "The first five steps of a visit",
        key="behaviour_paths",
        help=page.define("session_paths"),
        note="All visits. Repeats of one kind of event in a row are one step; “left” is where the visit ended. "
        "Ways that fewer than 1 % of the visits took are not drawn.",
    )


def _named(keys: list[str], names: dict[str, str]) -> dict[str, str]:
    """Those of `names` that occur, in their order, then what else occurs."""
    return {key: text for key, text in names.items() if key in keys} | {
        key: _words(key) for key in sorted(set(keys) - set(names))
    }


def _step_name(steps: pl.DataFrame, number: str) -> str:
    found = steps.filter(pl.col("step_number").cast(pl.String) == number)
    return found["step_name"][0] if found.height else number


def _unit(chosen: Chosen) -> str:
    return UNITS.get(chosen.unit, _words(chosen.unit))


def _event(name: str | None) -> str:
    return (name or "unknown").replace("_", " ")


def _words(key: str) -> str:
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]
