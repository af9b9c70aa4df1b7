"""One customer: who it is, what is known, what happened, and what every label rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dashboard import figures, theme
from dashboard.formats import kind, label, shown
from dashboard.page import Metric, Page
from dashboard.predicted import MARTS, NO_CAUSE, REASONS, models, why_missing

LONGEST_ID = 200
GRAINS = {"month": "Month", "week": "Week"}
PARTS = {
    "engagement_score": "Whole score",
    "recency_part": "Recency",
    "order_frequency_part": "Orders, 30 days",
    "session_activity_part": "Sessions, 30 days",
    "monetary_part": "Revenue",
}
COMPARED = {"customer_score": "This customer", "mean_score": "Mean of all", "median_score": "Median of all"}
COMPARED_COLOURS = {"This customer": theme.MAIN, "Mean of all": theme.BEFORE, "Median of all": theme.MUTED}
HISTORY = {"engagement_score": "This customer", "mean_score": "Mean of all customers"}
ACTIVITY_COLOURS = {
    "order": theme.MAIN,
    "payment": theme.SECOND,
    "session": theme.BEFORE,
    "review": theme.FIFTH,
}
PERSON = (
    "customer_id",
    "customer_name",
    "email",
    "gender",
    "birth_year",
    "city",
    "region",
    "country",
    "signed_up_at",
    "first_seen_on",
)
ORDERS = (
    "first_ordered_on",
    "last_ordered_on",
    "mean_gap_days",
    "gap_limit_days",
    "returned_order_count",
    "returned_amount",
    "canceled_order_count",
    "mean_delivery_days",
    "review_count",
    "mean_review_score",
)
VISITS = (
    "session_count",
    "session_count_90_days",
    "last_session_on",
    "mean_session_seconds",
    "events_per_session",
    "product_view_count",
    "favourite_category",
    "favourite_device",
)
# Shares of few are told as counts: (label, k, n, the column that defines it).
SHARES = {
    "orders": (("Late deliveries", "late_order_count", "promised_order_count", "late_rate"),),
    "visits": (
        ("Carts left behind", "abandoned_cart_count", "cart_session_count", "abandoned_cart_count"),
        ("Payments that failed", "failed_payment_count", "payment_attempt_count", "failed_payment_count"),
    ),
}
# What is predicted of one customer: (name, value, its kind, band, the begin of its reasons).
PREDICTED = {
    "churn": ("No order within {days} days", "churn_probability", "rate", "churn_band", "churn"),
    "next_purchase": ("An order within {days} days", "purchase_probability", "rate", "purchase_band", "purchase"),
    "next_category": ("First category of an order within {days} days", "likely_category", "text", "", ""),
    "high_value": (
        "Spend over {cut} within {days} days",
        "high_value_probability",
        "rate",
        "high_value_band",
        "high_value",
    ),
    "lifetime_value": (
        "Revenue within {days} days",
        "lifetime_value_amount",
        "money",
        "lifetime_value_band",
        "lifetime_value",
    ),
}
NOT_ASKED = {
    "churn": "not asked: no recent order, so nothing to churn from",
    "lifetime_value": "not asked: no order yet",
}
KINDS = {"mean_review_score": "number", "events_per_session": "number"}
NAMES = {
    "session_count_90_days": "Sessions, 90 days",
    "mean_gap_days": "Mean wait between orders",
    "gap_limit_days": "Longest usual wait",
    "mean_delivery_days": "Mean time to deliver",
    "mean_review_score": "Mean review, 1 to 5",
    "mean_session_seconds": "Mean length of a session",
}


def show(page: Page) -> None:
    """The customer of the address; without one, where to begin."""
    page.title("Customer", "One customer: who it is, what happened, and what every label rests on.")
    with page.filters():
        customer = page.type_in("customer", "Customer", "customer id")[:LONGEST_ID]
    if not customer:
        _begin(page)
        return
    found = page.rows("customer/profile", customer=customer)
    if not found.height:
        _unknown(page, customer)
        return
    known = found.row(0, named=True)
    page.link("Choose another customer", "customer")
    if not known["is_known"]:
        page.warn(
            "This customer is new after the as-of date: nothing is computed yet. It appears with a later as-of date."
        )
        _properties(page, "Person", known, PERSON, "customer_person")
        return
    _metrics(page, known)
    _profile(page, known)
    _predictions(page, customer)
    _score(page, customer)
    _happenings(page, customer, known)
    _orders_and_payments(page, customer, known)


def _begin(page: Page) -> None:
    page.note("Type a customer id above, or click one in a list: here or on any other page.")
    slipping = page.rows("customer/at_risk")
    if slipping.height:
        page.table(
            slipping,
            "Most revenue at risk",
            key="customer_at_risk",
            mart="at_risk_customers",
            note="The first 25. All of them are on the page At risk.",
        )
    best = page.rows("customer/best")
    if best.height:
        page.table(best, "Highest revenue", key="customer_best", mart="customer_360", note="The first 25.")
    else:
        page.empty("No customer yet: they come with the customers, orders or logins of the landed files.")


def _unknown(page: Page, customer: str) -> None:
    page.warn(f"No customer has the id {shown(customer)}.")
    near = page.rows("customer/near", customer=customer)
    if near.height:
        page.table(
            near,
            "Ids that begin alike",
            key="customer_near",
            mart="customer_360",
            note="The most alike first, at most 20.",
        )
    else:
        page.note("No id begins like it either. Clear the field to see where to begin.")


def _metrics(page: Page, known: Mapping) -> None:
    def define(column: str) -> str:
        return page.define("customer_360", column)

    tiles = [
        Metric(
            "Revenue",
            known["revenue_amount"],
            "money",
            help=define("revenue_amount"),
            detail=f"rank {known['revenue_rank']:,}" if known["revenue_rank"] else "",
        ),
        Metric(
            "Orders",
            known["order_count"],
            help=define("order_count"),
            detail=f"{shown(known['order_count_30_days'], 'count')} in the last 30 days",
        ),
        Metric(
            "Since the last order",
            known["recency_days"],
            "days",
            help=define("recency_days"),
            detail=f"usual limit {shown(known['gap_limit_days'], 'days')}" if known["gap_limit_days"] else "",
        ),
        Metric(
            "Engagement score",
            known["engagement_score"],
            "score",
            known["previous_engagement_score"],
            help=define("engagement_score"),
            detail="against the snapshot before" if known["previous_engagement_score"] is not None else "",
        ),
        Metric("Ahead of", known["engagement_percentile"], "rate", help=define("engagement_percentile")),
    ]
    if known["shop_session_count"]:
        tiles.append(
            Metric(
                "Sessions, 30 days",
                known["session_count_30_days"],
                help=define("session_count_30_days"),
                detail=f"{shown(known['session_count'], 'count')} in all",
            )
        )
    if known["is_at_risk"]:
        tiles.append(
            Metric(
                "Revenue at risk",
                known["revenue_at_risk_amount"],
                "money",
                help=page.define("at_risk_customers", "revenue_at_risk_amount"),
            )
        )
    page.metrics(tiles)


def _profile(page: Page, known: Mapping) -> None:
    page.section("Profile")
    if known["is_inferred"]:
        page.note("Other rows refer to this customer; the own row has not landed, so the person is unknown.")
    with page.columns(2, 3) as (left, right):
        with left:
            _properties(page, "Person", known, PERSON, "customer_person")
        with right:
            _reasons(page, known)
    with page.columns(1, 1) as (left, right):
        with left:
            _properties(page, "Orders so far", known, ORDERS, "customer_order_facts", SHARES["orders"])
        with right:
            if known["session_count"] or known["payment_attempt_count"]:
                _properties(page, "Visits and payments", known, VISITS, "customer_visit_facts", SHARES["visits"])
            else:
                page.empty(_no_visits(known))


def _no_visits(known: Mapping) -> str:
    if not known["shop_session_count"]:
        return "This source has no events, so no visits of anybody are known."
    return "No visit of this customer is known: they come once a device of the customer logs in or orders."


def _properties(
    page: Page, title: str, known: Mapping, columns: Sequence[str], key: str, shares: Sequence[tuple] = ()
) -> None:
    rows = [
        {
            "property": NAMES.get(column, label(column)),
            "value": _told(column, known[column]),
            "meaning": page.define("customer_360", column),
        }
        for column in columns
        if known[column] is not None
    ]
    rows += [
        {
            "property": name,
            "value": f"{known[k] or 0:,} of {known[n]:,}",
            "meaning": page.define("customer_360", defined),
        }
        for name, k, n, defined in shares
        if known[n]
    ]
    page.table(pl.DataFrame(rows, {"property": str, "value": str, "meaning": str}), title, key=key, hidden=["meaning"])


def _told(column: str, value: object) -> str:
    return str(value) if column == "birth_year" else shown(value, KINDS.get(column, kind(column)))


def _reasons(page: Page, known: Mapping) -> None:
    rows = [
        ("At risk", _yes(known["is_at_risk"]), _why_at_risk(known), "is_at_risk"),
        (
            "Engagement",
            known["engagement_segment"],
            f"score {shown(known['engagement_score'], 'score')}, band {shown(known['score_band'])}",
            "engagement_segment",
        ),
        ("Status", known["engagement_status"], _why_status(known), "engagement_status"),
        ("Value", known["value_segment"], _why_value(known), "value_segment"),
        ("RFM", known["rfm_segment"], _why_rfm(known), "rfm_segment"),
        (
            "Declining",
            _yes(known["is_declining"]),
            "by the percentile of the score over three snapshots",
            "is_declining",
        ),
        ("Click risk", known["risk_level"], _why_clicks(known), "risk_level"),
    ]
    page.table(
        pl.DataFrame(
            [
                {"label": name, "value": shown(value), "why": why, "meaning": page.define("customer_360", column)}
                for name, value, why, column in rows
            ]
        ),
        "Labels and why",
        key="customer_reasons",
        hidden=["meaning"],
    )


def _yes(value: object) -> str:
    return shown(value if value is None else bool(value))


def _why_at_risk(known: Mapping) -> str:
    if known["at_risk_reasons"]:
        since = known["at_risk_since_on"]
        return str(known["at_risk_reasons"]) + (f"; since {shown(since)}" if since else "")
    if not known["order_count"]:
        return "no order yet"
    return (
        f"{shown(known['recency_days'], 'days')} since the last order, limit {shown(known['gap_limit_days'], 'days')}"
    )


def _why_status(known: Mapping) -> str:
    parts = []
    if known["last_ordered_on"]:
        parts.append(f"last order {shown(known['last_ordered_on'])}")
    if known["last_session_on"]:
        parts.append(f"last visit {shown(known['last_session_on'])}")
    return ", ".join(parts) or "no order and no visit"


def _why_value(known: Mapping) -> str:
    engaged = "engaged" if known["is_engaged"] else "not engaged"
    if known["high_value_threshold_amount"] is None:
        return f"{engaged}; nobody has revenue"
    side = "above" if known["is_high_value"] else "not above"
    return f"{engaged}; revenue {side} {shown(known['high_value_threshold_amount'], 'money')}"


def _why_rfm(known: Mapping) -> str:
    if known["rfm_code"] is None:
        return "no order yet"
    return (
        f"{known['rfm_code']}: recency {known['recency_score']}, frequency {known['frequency_score']}, "
        f"monetary {known['monetary_score']} of 5"
    )


def _why_clicks(known: Mapping) -> str:
    if known["gap_count"] is None:
        return "no visits to judge"
    kinds = [name for name, is_so in (("bot", known["is_likely_bot"]), ("impulsive", known["is_impulsive"])) if is_so]
    reasons = str(known["click_reasons"] or "").replace("_", " ")
    told = [
        *kinds,
        *([reasons] if reasons else []),
        f"{known['rapid_event_count']:,} of {known['gap_count']:,} gaps rapid",
    ]
    if known["bot_session_count"]:
        told.append(f"{known['bot_session_count']:,} sessions like a bot's")
    return "; ".join(told)


def _predictions(page: Page, customer: str) -> None:
    page.section("What is to be expected", f"In words: what moved it most, against what is usual. {NO_CAUSE}")
    known = models(page)
    missing = [told for told in (why_missing(known, one) for one in PREDICTED) if told]
    if len(missing) < len(PREDICTED):
        told = page.row("customer/predictions", customer=customer)
        rows = [_predicted(page, told, known, prediction) for prediction in PREDICTED]
        page.table(
            pl.DataFrame([row for row in rows if row]),
            "Predictions",
            key="customer_predictions",
            labels=REASONS,
            hidden=["meaning"],
        )
        page.link("How well they are predicted", "predictions")
    for text in missing:
        page.empty(text)


def _predicted(page: Page, told: Mapping, known: Mapping[str, Mapping], prediction: str) -> dict[str, str] | None:
    """One prediction in words; None where nobody has it."""
    if why_missing(known, prediction):
        return None
    name, value, of, band, why = PREDICTED[prediction]
    is_asked = told[value] is not None
    days, cut = known[prediction]["horizon_days"], shown(told["high_value_cut_amount"], "money")
    sure = told["likely_category_probability"]
    return {
        "prediction": name.format(days=f"{days:,}", cut=cut),
        "value": f"{told[value]}, {shown(sure, 'rate')}" if of == "text" and is_asked else shown(told[value], of),
        "band": shown(told[band] if band else None),
        "reason_1": _why_predicted(told, prediction, why, is_asked),
        **{f"reason_{number}": str(told[f"{why}_reason_{number}"] or "") if why else "" for number in (2, 3)},
        "meaning": page.define(MARTS[prediction], value),
    }


def _why_predicted(told: Mapping, prediction: str, why: str, is_asked: bool) -> str:
    if not is_asked:
        return NOT_ASKED.get(prediction, "")
    if not why:
        return "likeliest of customers like this one who order"
    return str(told[f"{why}_reason_1"] or "close to what is usual")


def _score(page: Page, customer: str) -> None:
    page.section("Engagement", "Each part is 0 to 1; the percentile is the share of the other customers who have less.")
    with page.columns(1, 1) as (left, right):
        with left:
            _parts(page, customer)
        with right:
            _history(page, customer)


def _parts(page: Page, customer: str) -> None:
    rows = page.rows("customer/parts", customer=customer)
    if not rows.height:
        page.empty("No score: the customer is new after the as-of date.")
        return
    named = rows.with_columns(
        pl.struct("part", "lower_percentile").map_elements(_part_name, pl.String).alias("part"),
    )
    long = named.unpivot(list(COMPARED), index="part", variable_name="whose", value_name="score")
    figure = figures.bars(
        long.with_columns(pl.col("whose").replace(COMPARED)),
        "part",
        "score",
        split="whose",
        horizontal=True,
        colours=COMPARED_COLOURS,
        of="score",
        height=360,
    )
    figure.update_xaxes(range=[0, 1])
    page.chart(
        figure,
        rows.with_columns(pl.col("part").replace(PARTS)),
        "Parts of the score, against everybody",
        key="customer_parts",
        help=page.define("customer_engagement", "engagement_score"),
        note="Beside each part the share of the others who have less.",
        labels={**COMPARED, "lower_percentile": "Others who have less"},
    )


def _part_name(row: Mapping) -> str:
    return f"{PARTS.get(row['part'], row['part'])} · {shown(row['lower_percentile'], 'rate')}"


def _history(page: Page, customer: str) -> None:
    rows = page.rows("customer/history", customer=customer)
    if rows.height < 2:
        page.empty("One snapshot only: a history begins at the second month end at which the customer is known.")
        return
    figure = figures.line(
        rows,
        "snapshot_on",
        list(HISTORY),
        names=HISTORY,
        colours={"engagement_score": theme.MAIN, "mean_score": theme.BEFORE},
    )
    figure.update_layout(height=360)
    page.chart(
        figure,
        rows,
        "Score, month by month",
        key="customer_history",
        help=page.define("customer_history"),
        note="At each month end, and today.",
        labels=HISTORY,
    )


def _happenings(page: Page, customer: str, known: Mapping) -> None:
    page.section("What happened")
    rows = page.rows("customer/timeline", customer=customer)
    if not rows.height:
        page.empty("Nothing dated is known of this customer: no order, visit, payment or review.")
        return
    _visits(page, customer, known)
    said = rows.with_columns(
        pl.concat_str(["title", pl.col("detail").fill_null("")], separator="  ").str.strip_chars().alias("said")
    )
    limit = int(page.publication.settings.get("timeline_max_rows", 200))
    note = f"The newest {rows.height:,}; older ones are left out." if rows.height >= limit else ""
    page.chart(
        figures.moments(said, "occurred_at", "activity", hover="said", colours=ACTIVITY_COLOURS),
        rows,
        "Timeline",
        key="customer_timeline_chart",
        help=page.define("customer_timeline"),
        note=note,
    )
    page.table(rows, "Newest first", key="customer_timeline", mart="customer_timeline", height=320)


def _visits(page: Page, customer: str, known: Mapping) -> None:
    if not known["shop_session_count"]:
        page.note("This source has no events: visits are not known.")
        return
    with page.filters():
        grain = page.choose("grain", "Visits per", GRAINS)
    rows = page.rows("customer/visits", customer=customer, grain=grain)
    if not rows.height:
        page.empty(_no_visits(known))
        return
    ordered = rows.sort("period_start")
    figure = figures.bars(
        ordered,
        "period_start",
        "session_count",
        colours=[theme.MAIN] * (ordered.height - 1) + [theme.BEFORE],
        height=260,
    )
    figure.update_yaxes(tickformat=",d", dtick=1 if ordered["session_count"].max() <= 5 else None)
    if grain == "month":
        figure.update_xaxes(tickformat="%b %Y", dtick="M1" if ordered.height <= 12 else None)
    page.chart(
        figure,
        rows,
        f"Visits per {grain}",
        key="customer_visits",
        help=page.define("customer_360", "session_count"),
        note=f"The grey {grain} goes up to the as-of date."
        + (f" The newest 60 {grain}s." if ordered.height == 60 else ""),
    )


def _orders_and_payments(page: Page, customer: str, known: Mapping) -> None:
    page.section("Orders and payments")
    orders = page.rows("customer/orders", customer=customer)
    if orders.height:
        page.table(
            orders.drop("all_order_count"),
            "Orders",
            key="customer_orders",
            mart="fct_orders",
            note=_newest(orders, "all_order_count"),
            labels={"stars": "Review, 1 to 5", "is_counted": "Counts as a sale"},
        )
    else:
        page.empty("No order of this customer yet.")
    payments = page.rows("customer/payments", customer=customer)
    if payments.height:
        page.table(
            payments.drop("all_payment_count"),
            "Attempts to pay",
            key="customer_payments",
            mart="fct_payments",
            note=_newest(payments, "all_payment_count"),
            labels={"amount": "Amount"},
        )
    elif known["shop_payment_count"]:
        page.empty("No attempt to pay of this customer is known.")
    else:
        page.empty("This source has no attempts to pay.")


def _newest(rows: pl.DataFrame, total: str) -> str:
    every = rows[total][0]
    return f"The newest {rows.height:,} of {every:,}." if every > rows.height else f"{every:,} in all."
