"""Key figures by day and month, and how products, categories, sellers and delivery do."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

import polars as pl

from oracle.core import Core
from oracle.options import Options
from oracle.statistics import ranks, ratio, wilson

COUNT = pl.Int64
KPI_COLUMNS = [
    "event_count", "visitor_count", "session_count", "identified_customer_count", "signup_count",
    "product_view_count", "add_to_cart_count", "checkout_count", "payment_attempt_count",
    "approved_payment_count", "approval_rate", "order_count", "ordering_customer_count",
    "first_order_count", "revenue_amount", "quantity", "average_order_amount",
    "converted_session_count", "session_conversion_rate", "bot_visitor_count", "bot_session_count",
    "bot_event_count", "session_conversion_without_bots_rate",
]  # fmt: skip


def _distinct(name: str) -> pl.Expr:
    return pl.col(name).drop_nulls().n_unique().cast(COUNT)


def _count(test: pl.Expr) -> pl.Expr:
    return test.sum().cast(COUNT)


def _rows() -> pl.Expr:
    return pl.len().cast(COUNT)


def _kpis(core: Core, session_risk: pl.DataFrame, periods: pl.Series, monthly: bool) -> pl.DataFrame:
    """The figures of each period; NULL days belong to none."""
    bots = core.sessions.join(session_risk.filter("is_likely_bot"), on="session_id", how="semi")

    def period(name: str) -> pl.Expr:
        day = pl.col(name).cast(pl.Date)
        known = pl.when(day <= pl.lit(core.as_of_date, dtype=pl.Date)).then(day)
        return known.dt.month_start() if monthly else known

    kind = pl.col("event_type")
    parts = [
        core.events.group_by(period=period("event_date")).agg(
            event_count=_rows(),
            visitor_count=_distinct("visitor_id"),
            identified_customer_count=_distinct("customer_id"),
            product_view_count=_count(kind == "product_view"),
            add_to_cart_count=_count(kind == "add_to_cart"),
            checkout_count=_count(kind == "checkout_started"),
        ),
        core.sessions.group_by(period=period("started_on")).agg(
            session_count=_rows(), converted_session_count=_count(pl.col("order_count") > 0)
        ),
        bots.group_by(period=period("started_on")).agg(
            bot_visitor_count=_distinct("visitor_id"),
            bot_session_count=_rows(),
            bot_event_count=pl.col("event_count").sum(),
            converted_bot_count=_count(pl.col("order_count") > 0),
        ),
        core.customers.group_by(period=period("signed_up_at")).agg(signup_count=_rows()),
        core.payments.group_by(period=period("attempted_on")).agg(
            payment_attempt_count=_rows(), approved_payment_count=_count(pl.col("is_approved"))
        ),
        core.counted.group_by(period=period("ordered_on")).agg(
            order_count=_rows(),
            ordering_customer_count=_distinct("customer_id"),
            first_order_count=_count(pl.col("is_first_order")),
            revenue_amount=pl.col("order_amount").sum(),
            quantity=pl.col("quantity").sum(),
        ),
    ]
    table = pl.DataFrame({"period": periods})
    for part in parts:
        table = table.join(part.drop_nulls("period"), on="period", how="left")
    table = table.with_columns(pl.exclude("period").fill_null(0))
    table = table.with_columns(
        people_session_count=pl.col("session_count") - pl.col("bot_session_count"),
        people_converted_count=pl.col("converted_session_count") - pl.col("converted_bot_count"),
    )
    return table.with_columns(
        session_conversion_without_bots_rate=ratio("people_converted_count", "people_session_count"),
        approval_rate=ratio("approved_payment_count", "payment_attempt_count"),
        average_order_amount=ratio("revenue_amount", "order_count") / 10_000.0,
        session_conversion_rate=ratio("converted_session_count", "session_count"),
    )


def daily_kpis(core: Core, session_risk: pl.DataFrame) -> pl.DataFrame:
    """Every day from the first of the data to the as-of day."""
    first, last = core.first_date, core.as_of_date
    days = pl.Series(dtype=pl.Date)
    if first and last:
        days = pl.date_range(first, last, eager=True)
    table = _kpis(core, session_risk, days.alias("period"), monthly=False)
    return table.select(kpi_date="period", **{name: name for name in KPI_COLUMNS})


def monthly_kpis(core: Core, session_risk: pl.DataFrame) -> pl.DataFrame:
    """Every month that the data touches."""
    first, last = core.first_date, core.as_of_date
    months = pl.Series(dtype=pl.Date)
    if first and last:
        months = pl.date_range(first.replace(day=1), last, interval="1mo", eager=True)
    table = _kpis(core, session_risk, months.alias("period"), monthly=True)

    def complete(month: date) -> bool:
        end = month.replace(day=monthrange(month.year, month.month)[1])
        return bool(first and last and end <= last and month >= first)

    flags = pl.Series([complete(month) for month in months], dtype=pl.Boolean)
    return table.with_columns(is_complete=flags).select(
        "is_complete", kpi_month="period", **{name: name for name in KPI_COLUMNS}
    )


MEASURES = [
    "view_count", "viewer_count", "add_to_cart_count", "adder_count", "buyer_count", "order_count",
    "quantity", "revenue_amount", "margin_amount", "returned_quantity", "returned_amount",
    "view_to_cart_rate", "view_to_cart_rate_low", "view_to_cart_rate_high", "cart_to_order_rate",
    "cart_to_order_rate_low", "cart_to_order_rate_high", "revenue_share_rate", "revenue_rank",
]  # fmt: skip


def _performance(base: pl.DataFrame, key: str, events: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The measures of what `key` names; events and items carry the key."""
    views = events.filter(pl.col("event_type") == "product_view")
    adds = events.filter(pl.col("event_type") == "add_to_cart")
    sold = items.filter(pl.col("is_counted") & (pl.col("quantity") > 0))
    back = items.filter((pl.col("status") == "returned") | ((pl.col("quantity") < 0) & pl.col("is_counted")))
    viewers = views.select(key, "shopper_id").unique()
    adders = adds.select(key, "shopper_id").unique()
    carted = viewers.join(adders, on=[key, "shopper_id"])
    buyers = sold.select(key, shopper_id="customer_id").drop_nulls().unique()
    bought = adders.join(buyers, on=[key, "shopper_id"])
    parts = [
        views.group_by(key).agg(view_count=_rows(), viewer_count=_distinct("shopper_id")),
        adds.group_by(key).agg(add_to_cart_count=_rows(), adder_count=_distinct("shopper_id")),
        carted.group_by(key).agg(carted_count=_rows()),
        bought.group_by(key).agg(bought_count=_rows()),
        sold.group_by(key).agg(
            buyer_count=_distinct("customer_id"),
            order_count=_distinct("order_id"),
            quantity=pl.col("quantity").sum(),
            revenue_amount=pl.col("amount").sum(),
        ),
        back.group_by(key).agg(
            returned_quantity=pl.col("quantity").abs().sum(),
            returned_amount=pl.col("amount").abs().sum(),
        ),
    ]
    table = base
    for part in parts:
        table = table.join(part, on=key, how="left")
    counts = [name for part in parts for name in part.columns if name != key]
    table = table.with_columns(pl.col(*counts).fill_null(0))
    return table.with_columns(
        total=pl.col("revenue_amount").sum(),
        **wilson(table["carted_count"], table["viewer_count"], "view_to_cart_rate"),
        **wilson(table["bought_count"], table["adder_count"], "cart_to_order_rate"),
        revenue_rank=ranks(table, ["revenue_amount"]),
    ).with_columns(revenue_share_rate=ratio("revenue_amount", "total"))


def _items(core: Core) -> pl.DataFrame:
    return core.order_items.join(core.orders.select("order_id", "status"), on="order_id", how="left")


def product_performance(core: Core) -> pl.DataFrame:
    """One row per product."""
    base = core.products.select("product_id", "product_name", "category", "unit_cost")
    table = _performance(base, "product_id", core.shoppers, _items(core))
    margin = pl.col("revenue_amount") - pl.col("quantity") * pl.col("unit_cost")
    return table.with_columns(margin_amount=margin).select("product_id", "product_name", "category", *MEASURES)


def category_performance(core: Core, products: pl.DataFrame) -> pl.DataFrame:
    """One row per category; products without one are `unknown`."""
    named = core.products.select("product_id", pl.col("category").fill_null("unknown"))
    margins = (
        products.with_columns(pl.col("category").fill_null("unknown"))
        .group_by("category")
        .agg(
            product_count=_rows(),
            margin_amount=pl.when(pl.col("margin_amount").count() > 0).then(pl.col("margin_amount").sum()),
        )
    )
    events = core.shoppers.join(named, on="product_id")
    items = _items(core).join(named, on="product_id")
    return _performance(margins, "category", events, items).select("category", "product_count", *MEASURES)


def seller_performance(core: Core) -> pl.DataFrame:
    """One row per seller that landed or sold something."""
    landed = core.sellers.select("seller_id", "city", "region")
    lines = core.order_items.filter(pl.col("seller_id").is_not_null())
    extra = lines.select("seller_id").unique().join(landed, on="seller_id", how="anti")
    sellers = pl.concat([landed, extra], how="diagonal")
    sold = lines.filter(pl.col("is_counted") & (pl.col("quantity") > 0))
    figures = sold.group_by("seller_id").agg(
        order_count=_distinct("order_id"),
        product_count=_distinct("product_id"),
        customer_count=_distinct("customer_id"),
        quantity=pl.col("quantity").sum(),
        revenue_amount=pl.col("amount").sum(),
        shipping_amount=pl.col("shipping_amount").sum(),
    )
    reviewed = core.reviews.select("order_id", "score")
    sold_orders = sold.select("seller_id", "order_id").unique()
    orders = sold_orders.join(core.orders, on="order_id")
    delivery = orders.group_by("seller_id").agg(
        delivered_order_count=_count(pl.col("delivered_at").is_not_null()),
        promised_order_count=_count(pl.col("delay_days").is_not_null()),
        late_order_count=_count(pl.col("delay_days") > 0),
        mean_delivery_days=pl.col("delivery_days").mean(),
    )
    scores = (
        sold_orders.join(reviewed, on="order_id")
        .group_by("seller_id")
        .agg(mean_review_score=pl.col("score").mean(), review_count=_rows())
    )
    table = sellers
    for part in (figures, delivery, scores):
        table = table.join(part, on="seller_id", how="left")
    zeros = (
        "order_count", "product_count", "customer_count", "quantity", "revenue_amount",
        "shipping_amount", "delivered_order_count", "promised_order_count", "late_order_count", "review_count",
    )  # fmt: skip
    return (
        table.with_columns(pl.col(*zeros).fill_null(0))
        .with_columns(late_rate=ratio("late_order_count", "promised_order_count"))
        .select(
            "seller_id", "city", "region", "order_count", "product_count", "customer_count",
            "quantity", "revenue_amount", "shipping_amount", "delivered_order_count",
            "promised_order_count", "late_order_count", "late_rate", "mean_delivery_days", "mean_review_score",
            "review_count",
        )
    )  # fmt: skip


def delay_band() -> pl.Expr:
    """How far from the promised day an order came."""
    delay = pl.col("delay_days")
    return (
        pl.when(pl.col("delivered_at").is_null())
        .then(pl.lit("not_delivered"))
        .when(pl.col("estimated_delivery_on").is_null())
        .then(pl.lit("no_estimate"))
        .when(delay <= -8)
        .then(pl.lit("early_8_or_more"))
        .when(delay < 0)
        .then(pl.lit("early_1_to_7"))
        .when(delay == 0)
        .then(pl.lit("on_the_day"))
        .when(delay <= 3)
        .then(pl.lit("late_1_to_3"))
        .when(delay <= 7)
        .then(pl.lit("late_4_to_7"))
        .otherwise(pl.lit("late_8_or_more"))
    )


def delivery_performance(core: Core, options: Options) -> pl.DataFrame:
    """Delay against reviews, coming back, and what the next order is worth."""
    # Orders that were returned were delivered too; of inferred ones nothing is known.
    orders = core.orders.filter(~pl.col("is_inferred")).sort("ordered_at", nulls_last=True)
    # The next order is one placed strictly later; of those at one moment, the first by id.
    following = (
        core.counted.filter(pl.col("customer_id").is_not_null())
        .sort("ordered_at", "order_id", nulls_last=True)
        .unique(["customer_id", "ordered_at"], keep="first", maintain_order=True)
        .select("customer_id", "ordered_at", is_followed=True, following="order_amount", followed_at="ordered_at")
    )
    orders = orders.join_asof(
        following,
        on="ordered_at",
        by="customer_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    ).with_columns(pl.col("is_followed").fill_null(False), delay_band=delay_band())
    horizon = pl.duration(days=options.repeat_horizon_days)
    asked = (pl.col("customer_id").is_not_null() & (pl.col("ordered_at") + horizon <= core.as_of)).fill_null(False)
    came_back = asked & pl.col("is_followed") & (pl.col("followed_at") <= pl.col("ordered_at") + horizon)
    orders = orders.with_columns(
        is_asked=asked,
        is_followed=came_back.fill_null(False),
        following=pl.when(came_back).then("following"),
    )
    scores = core.reviews.group_by("order_id").agg(score_sum=pl.col("score").sum())
    table = (
        orders.join(scores, on="order_id", how="left")
        .group_by("delay_band")
        .agg(
            order_count=_rows(),
            mean_delay_days=pl.col("delay_days").mean(),
            mean_delivery_days=pl.col("delivery_days").mean(),
            review_count=pl.col("review_count").sum(),
            score_sum=pl.col("score_sum").sum(),
            followable_order_count=_count(pl.col("is_asked")),
            repeat_order_count=_count(pl.col("is_followed")),
            mean_following_amount=pl.col("following").mean() / 10_000.0,
        )
    )
    return table.with_columns(
        mean_review_score=ratio("score_sum", "review_count"),
        repeat_rate=ratio("repeat_order_count", "followable_order_count"),
    ).select(
        "delay_band", "order_count", "mean_delay_days", "mean_delivery_days", "review_count",
        "mean_review_score", "followable_order_count", "repeat_order_count", "repeat_rate", "mean_following_amount",
    )  # fmt: skip
