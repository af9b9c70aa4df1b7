"""Commerce: revenue and orders, what sells and what converts, sellers, deliveries, and where the customers are."""

from __future__ import annotations

import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.intervals import beside, of_rate
from dashboard.names import distinct_names
from dashboard.page import Metric, Page, Period
from dashboard.predicted import model_named, models, verdict, why_missing

FEWEST = 30
MOST_BARS = 15
GRAINS = {"day": "Day", "week": "Week", "month": "Month"}
KINDS = {"product": "Products", "category": "Categories"}
FORECAST = {
    "revenue_on": "Day",
    "revenue_amount": "Revenue",
    "forecast_amount": "Expected",
    "forecast_low_amount": "Lowest expected",
    "forecast_high_amount": "Highest expected",
}
RATES = {"cart": "Viewed to cart", "order": "Cart to order"}
DIMENSIONS = {"country": "Country", "region": "Region", "age_band": "Age", "gender": "Gender"}
DELAYS = {
    "early_8_or_more": "8 days early or more",
    "early_1_to_7": "1 to 7 days early",
    "on_the_day": "On the day",
    "late_1_to_3": "1 to 3 days late",
    "late_4_to_7": "4 to 7 days late",
    "late_8_or_more": "8 days late or more",
    "no_estimate": "No day was promised",
    "not_delivered": "Not delivered",
}
LATE = ("late_1_to_3", "late_4_to_7", "late_8_or_more")


def show(page: Page) -> None:
    """Totals, revenue over time, products and categories, sellers, deliveries, and the customers' places and ages."""
    page.title("Commerce", "What is sold, what converts, how it arrives, and where the money comes from.")
    with page.filters():
        period = page.period()
        grain = page.choose("grain", "Per", GRAINS, "week")
    _metrics(page, period)
    _over_time(page, period, grain)
    _coming(page)
    _items(page)
    _sellers(page)
    _deliveries(page)
    _customers(page)


def _metrics(page: Page, period: Period) -> None:
    totals = page.row("commerce/totals", **period.parameters)

    def earlier(value: object) -> object:
        return value if period.is_comparable else None

    def per(count: str, of: str, prefix: str = "", fewest: int = 1) -> float | None:
        trials = totals[f"{prefix}{of}"] or 0
        found = totals[f"{prefix}{count}"]
        return float(found) / float(trials) if found is not None and trials >= fewest else None

    has_sessions = bool(totals["session_count"])
    metrics = [
        Metric(
            "Revenue",
            totals["revenue_amount"],
            "money",
            earlier(totals["before_revenue_amount"]),
            help=page.define("daily_kpis", "revenue_amount"),
        ),
        Metric(
            "Orders",
            totals["order_count"],
            "count",
            earlier(totals["before_order_count"]),
            help=page.define("daily_kpis", "order_count"),
        ),
        Metric(
            "Order value",
            per("revenue_amount", "order_count"),
            "money",
            earlier(per("revenue_amount", "order_count", "before_")),
            help=page.define("daily_kpis", "average_order_amount"),
        ),
        Metric(
            "First orders",
            per("first_order_count", "order_count", fewest=FEWEST),
            "rate",
            earlier(per("first_order_count", "order_count", "before_", FEWEST)),
            good="",
            help=f"Share of the orders. {page.define('daily_kpis', 'first_order_count')}",
            detail=of_rate(totals["first_order_count"], totals["order_count"]),
        ),
        Metric(
            "Conversion",
            per("converted_session_count", "session_count", fewest=FEWEST),
            "rate",
            earlier(per("converted_session_count", "session_count", "before_", FEWEST)),
            help=page.define("daily_kpis", "session_conversion_rate"),
            detail=of_rate(totals["converted_session_count"], totals["session_count"])
            if has_sessions
            else "no visits in this source",
        ),
    ]
    page.metrics(
        metrics,
        note=f"{period.label.capitalize()}, against as many days before."
        if period.is_comparable
        else f"{period.label.capitalize()}; the data does not reach back far enough to compare.",
    )


def _over_time(page: Page, period: Period, grain: str) -> None:
    rows = page.rows("commerce/over_time", grain=grain, **period.parameters)
    if not rows.height:
        page.empty(f"No day with an order or an event in the {period.label}.")
        return
    partial = rows.filter(~pl.col("is_complete"))
    note = "" if grain == "day" else f"Whole {grain}s, also where the period begins within one."
    if partial.height:
        note += f" Shaded: a {grain} that the data does not cover to its ends."
    with page.columns(1, 1) as (left, right):
        for place, column, title in (
            (left, "revenue_amount", f"Revenue by {grain}"),
            (right, "order_count", f"Orders by {grain}"),
        ):
            with place:
                figure = figures.line(rows, "period_start_on", column)
                figures.shade_incomplete(figure, rows, "period_start_on")
                page.chart(
                    figure,
                    rows,
                    title,
                    key=f"commerce_{column}",
                    help=page.define("daily_kpis", column),
                    note=note.strip(),
                    labels={"period_start_on": GRAINS[grain]},
                )


def _coming(page: Page) -> None:
    page.section("What the coming days bring")
    known = models(page)
    if missing := why_missing(known, "revenue_forecast"):
        page.empty(missing)
        return
    rows = page.rows("commerce/forecast")
    coming = rows.drop_nulls("forecast_amount")
    figure = figures.line(
        rows,
        "revenue_on",
        ["revenue_amount", "forecast_amount"],
        names=FORECAST,
        colours={"revenue_amount": theme.MAIN, "forecast_amount": theme.SECOND},
        low="forecast_low_amount",
        high="forecast_high_amount",
    )
    figure.update_traces(connectgaps=False, selector={"mode": "lines"})
    page.chart(
        figure,
        rows.drop("candidate"),
        f"Revenue by day, and the next {coming.height:,} days",
        key="commerce_forecast",
        help=page.define("revenue_forecast"),
        note=f"{shown(coming['forecast_amount'].sum(), 'money')} are expected, by {model_named(coming['candidate'][0])}. Shaded: where "
        f"95 % of such days lie. {verdict(known['revenue_forecast'])}.",
        labels=FORECAST,
    )
    page.link("How well that is predicted", "predictions", prediction="revenue_forecast")


def _items(page: Page) -> None:
    page.section("What sells", "Products and categories over all the data.")
    with page.filters():
        kind = page.choose("kind", "Of", KINDS)
        rate = page.choose("rate", "Conversion", RATES)
    rows = page.rows("commerce/items_by_revenue", kind=kind)
    sold = rows.filter(pl.col("revenue_amount") > 0)
    if not sold.height:
        page.empty("Nothing was sold yet: orders with lines bring the first.")
        return
    mart = f"{kind}_performance"
    left_out = _without_services(page)
    with page.columns(1, 1) as (left, right):
        with left:
            drawn = sold.head(MOST_BARS)
            page.chart(
                figures.bars(_labelled(drawn), "label", "revenue_amount", horizontal=True),
                drawn.select("item", "item_name", "revenue_amount", "revenue_share_rate"),
                f"{KINDS[kind]} by revenue",
                key="commerce_items",
                help=page.define(mart, "revenue_amount"),
                note=f"The first {drawn.height}: {float(sum(drawn['revenue_share_rate'].fill_null(0))):.0%} of the revenue."
                + left_out,
            )
        with right:
            _conversions(page, kind, rate, mart, bool(left_out))
    total = rows["item_count"][0]
    what = f"The {rows.height} with the most revenue, of {total:,}." if total > rows.height else f"{total:,} in all."
    counted = " The shoppers and orders of a category still count them." if left_out and kind == "category" else ""
    shown_rows = rows.drop("item_count") if kind == "product" else rows.drop("item_count", "item_name", "category")
    page.table(
        shown_rows,
        f"{KINDS[kind]} in numbers",
        key="commerce_item_table",
        mart=mart,
        labels={
            "item": "Product ID" if kind == "product" else "Category",
            "item_name": "Name",
            "viewer_count": "Viewers",
            "adder_count": "Added by",
            "buyer_count": "Bought by",
            "revenue_share_rate": "Share of revenue",
        },
        note=f"{what}{left_out}{counted}",
        height=320,
    )


def _without_services(page: Page) -> str:
    """What the rankings leave out; '' for nothing."""
    services = page.row("commerce/service_lines")
    count = services["service_line_count"]
    if not count:
        return ""
    lines = "service line" if count == 1 else "service lines"
    return (
        f" Without {count:,} {lines} (postage, fees), {shown(services['revenue_share_rate'], 'rate')} of the revenue."
    )


def _conversions(page: Page, kind: str, rate: str, mart: str, has_services: bool) -> None:
    rows = page.rows("commerce/items_by_conversion", kind=kind, rate=rate)
    who, did = ("adders", "bought") if rate == "order" else ("viewers", "added it to the cart")
    if not rows.height:
        page.empty(
            f"Conversion: no {kind} has {FEWEST} {who}. It needs events of product views and adds to the cart; "
            "a source with orders alone has none."
        )
        return
    drawn = rows.head(MOST_BARS)
    page.chart(
        figures.bars(
            _labelled(drawn),
            "label",
            "conversion_rate",
            horizontal=True,
            low="conversion_rate_low",
            high="conversion_rate_high",
        ),
        rows.drop("item_count"),
        f"{KINDS[kind]} by conversion",
        key="commerce_conversions",
        help=page.define(mart, "cart_to_order_rate" if rate == "order" else "view_to_cart_rate"),
        labels={"trial_count": who.capitalize()},
        note=f"Share of the {who} who {did}; ranked by the lower end of the 95 % interval. "
        f"The first {drawn.height} of {rows['item_count'][0]:,}; fewer than {FEWEST} {who}: left out."
        + (" So are service lines." if has_services else ""),
    )


def _sellers(page: Page) -> None:
    page.section("Sellers", "Who sells how much, and whose orders come late.")
    rows = page.rows("commerce/sellers")
    if not rows.height:
        page.empty(
            "No order line names a seller. A source of a marketplace, with sellers on its lines, fills this section."
        )
        return
    total = rows["seller_count"][0]
    drawn = rows.head(MOST_BARS)
    drawn = drawn.with_columns(pl.Series("seller", distinct_names(drawn, "seller_id", "seller_id", 20), pl.String))
    delivered = beside(
        drawn.filter(pl.col("promised_order_count") >= FEWEST),
        "late_order_count",
        "promised_order_count",
        "late_rate",
    )
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.bars(drawn, "seller", "revenue_amount", horizontal=True),
                drawn.select("seller_id", "revenue_amount", "order_count"),
                "Sellers by revenue",
                key="commerce_sellers",
                help=page.define("seller_performance", "revenue_amount"),
                note=f"The first {drawn.height} of {total:,}.",
            )
        with right:
            if not rows["promised_order_count"].sum():
                page.empty("No delivery has a promised day, so none can be late.")
            elif delivered.height:
                page.chart(
                    figures.bars(
                        delivered,
                        "seller",
                        "late_rate",
                        horizontal=True,
                        low="late_rate_low",
                        high="late_rate_high",
                        colours=[theme.THIRD] * delivered.height,
                    ),
                    delivered.select("seller_id", "late_rate", "late_order_count", "promised_order_count"),
                    "Orders that came late",
                    key="commerce_late_sellers",
                    help=page.define("seller_performance", "late_rate"),
                    note="Share of the delivered orders with a promised day. "
                    f"The same sellers, with {FEWEST} such deliveries or more. Whiskers: 95 % interval.",
                )
            else:
                page.empty(
                    f"None of these sellers has {FEWEST} deliveries with a promised day, too few for a share of late ones."
                )
    page.table(
        rows.drop("seller_count").with_columns(
            pl.col("mean_delivery_days", "mean_review_score").round(2),
            pl.when(pl.col("promised_order_count") >= FEWEST).then(pl.col("late_rate")).alias("late_rate"),
        ),
        "Sellers in numbers",
        key="commerce_seller_table",
        mart="seller_performance",
        note=(f"The {rows.height:,} with the most revenue, of {total:,}. " if total > rows.height else "")
        + f"Shares of fewer than {FEWEST} deliveries with a promised day are left out.",
        height=320,
    )


def _deliveries(page: Page) -> None:
    page.section("Deliveries", "Whether a late order gets worse reviews, and whether people come back after it.")
    rows = page.rows("commerce/deliveries")
    dated = rows.filter(~pl.col("delay_band").is_in(["not_delivered", "no_estimate"]))
    if not dated.height:
        page.empty(
            "No order has both a promised day and a day of arrival, so no delay can be told. "
            "A source whose orders have delivered_at and estimated_delivery_on fills this section."
        )
        return
    named = dated.with_columns(pl.col("delay_band").replace(DELAYS).alias("delay"))
    colours = [theme.BAD if band in LATE else theme.MAIN for band in named["delay_band"]]
    late = sum(named.filter(pl.col("delay_band").is_in(LATE))["order_count"])
    total = sum(named["order_count"])
    page.metrics(
        [
            Metric("Delivered, with a promised day", total, help=page.define("delivery_performance", "order_count")),
            Metric(
                "Came late",
                late / total if total >= FEWEST else None,
                "rate",
                help=page.define("delivery_performance", "delay_band"),
                detail=of_rate(late, total),
            ),
        ],
        note="All the data.",
    )
    with page.columns(1, 1) as (left, right):
        with left:
            _reviews(page, named, colours)
        with right:
            _repeats(page, named, colours)


def _reviews(page: Page, named: pl.DataFrame, colours: list[str]) -> None:
    reviewed = named.with_columns(pl.Series("colour", colours, pl.String)).filter(
        (pl.col("review_count") >= FEWEST) & pl.col("mean_review_score").is_not_null()
    )
    if not reviewed.height:
        page.empty(f"No band of delay has {FEWEST} reviews. Reviews of orders bring the first score.")
        return
    figure = figures.bars(
        reviewed,
        "delay",
        "mean_review_score",
        of="score",
        horizontal=True,
        colours=reviewed["colour"].to_list(),
        texts=[
            f"{score:.2f} · {count:,} reviews"
            for score, count in zip(reviewed["mean_review_score"], reviewed["review_count"], strict=True)
        ],
    )
    figure.update_xaxes(range=[0, 5], tickformat=".0f")
    page.chart(
        figure,
        named.drop("delay"),
        "Mean review score, by delay",
        key="commerce_reviews",
        help=page.define("delivery_performance", "mean_review_score"),
        note=f"1 to 5. Bands with fewer than {FEWEST} reviews are in the numbers only.",
    )


def _repeats(page: Page, named: pl.DataFrame, colours: list[str]) -> None:
    followed = named.with_columns(pl.Series("colour", colours, pl.String)).filter(
        (pl.col("followable_order_count") >= FEWEST) & pl.col("repeat_rate").is_not_null()
    )
    if not followed.height:
        page.empty(f"No band of delay has {FEWEST} orders old enough to tell whether their customers came back.")
        return
    followed = beside(followed, "repeat_order_count", "followable_order_count", "repeat_rate")
    page.chart(
        figures.bars(
            followed,
            "delay",
            "repeat_rate",
            horizontal=True,
            low="repeat_rate_low",
            high="repeat_rate_high",
            colours=followed["colour"].to_list(),
        ),
        named.drop("delay"),
        "Orders followed by another one, by delay",
        key="commerce_repeats",
        help=page.define("delivery_performance", "repeat_rate"),
        note="Whiskers: 95 % interval. Where they overlap, the delay may make no difference.",
    )


def _customers(page: Page) -> None:
    page.section("Who and where", "Customers and their revenue, by place, age and gender.")
    counts = dict(page.rows("commerce/dimensions").select("dimension", "known_value_count").iter_rows())
    options = {key: text for key, text in DIMENSIONS.items() if counts.get(key)}
    if not options:
        page.empty(
            "This source tells no country, region, age or gender of its customers. A file of customers brings them."
        )
        return
    with page.filters():
        telling = next((key for key in options if counts[key] > 1), None)
        dimension = page.choose("dimension", "By", options, telling)
    rows = page.rows("commerce/demographics", dimension=dimension)
    total = rows["value_count"][0]
    rows = rows.drop("value_count")
    drawn = rows.head(MOST_BARS)
    note = f"The first {drawn.height} of {total:,}." if total > drawn.height else ""
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.bars(drawn, "dimension_value", "revenue_amount", horizontal=True),
                drawn.select("dimension_value", "revenue_amount", "revenue_share_rate"),
                f"Revenue by {options[dimension].lower()}",
                key="commerce_revenue_by",
                help=page.define("demographics", "revenue_amount"),
                note=f"Orders of known customers, over all the data. {note}".strip(),
                labels={"dimension_value": options[dimension]},
            )
        with right:
            page.chart(
                figures.bars(
                    drawn, "dimension_value", "customer_count", horizontal=True, colours=[theme.SECOND] * drawn.height
                ),
                drawn.select("dimension_value", "customer_count", "ordering_customer_count"),
                f"Customers by {options[dimension].lower()}",
                key="commerce_customers_by",
                help=page.define("demographics", "customer_count"),
                note="In the same order.",
                labels={"dimension_value": options[dimension]},
            )
    page.table(
        rows,
        f"By {options[dimension].lower()}, in numbers",
        key="commerce_demographics",
        mart="demographics",
        labels={"dimension_value": options[dimension]},
        note=(f"The first {rows.height:,} of {total:,}. " if total > rows.height else "")
        + f"Scores and shares of fewer than {FEWEST} customers are left out."
        + ("" if len(options) == len(DIMENSIONS) else f" The source does not tell: {_missing(options)}."),
        height=320 if rows.height > 8 else None,
    )


def _missing(options: dict[str, str]) -> str:
    return ", ".join(text.lower() for key, text in DIMENSIONS.items() if key not in options)


def _labelled(rows: pl.DataFrame) -> pl.DataFrame:
    """With `label`, which no two items share."""
    return rows.with_columns(pl.Series("label", distinct_names(rows, "item_name", "item"), pl.String))
