"""pandas: whole tables in memory, merge_asof for the funnel, group-bys; only the columns that a question needs are read."""

from __future__ import annotations

from glob import glob

import pandas as pd

from footfall.peers.questions import (
    CAP,
    CONVERSION_WINDOW_HOURS,
    COUNTED_STATUSES,
    FUNNEL_STEPS,
    MIN_SHOPPERS,
    RECENT_DAYS,
    SESSION_TIMEOUT_MINUTES,
    WEIGHTS,
    Task,
)

TIMEOUT = pd.Timedelta(minutes=SESSION_TIMEOUT_MINUTES)
WINDOW = pd.Timedelta(hours=CONVERSION_WINDOW_HOURS)


def start(task: Task) -> None:
    """pandas has no session."""


def answer(_: None, task: Task) -> None:
    """Computes the question's frame and writes it as Parquet."""
    ANSWERS[task.question](task).to_parquet(task.output, index=False)


def _read(task: Task, table: str, columns: list[str], filters: list | None = None) -> pd.DataFrame:
    return pd.read_parquet(sorted(glob(task.files(table))), columns=columns, filters=filters)  # noqa: PTH207


def _sessions(task: Task) -> pd.DataFrame:
    events = _read(task, "events", ["visitor_id", "event_at"]).sort_values(["visitor_id", "event_at"])
    begins = (events["visitor_id"] != events["visitor_id"].shift()) | (events["event_at"].diff() > TIMEOUT)
    sessions = events.groupby(begins.cumsum().rename("session"), sort=False).agg(
        visitor_id=("visitor_id", "first"),
        session_start=("event_at", "min"),
        session_end=("event_at", "max"),
        events=("event_at", "size"),
    )
    return sessions.reset_index(drop=True)


def _funnel(task: Task) -> pd.DataFrame:
    wanted = [("event_type", "in", list(FUNNEL_STEPS))]
    events = _read(task, "events", ["visitor_id", "event_at", "event_type"], wanted).sort_values("event_at")
    of_step = [events.loc[events["event_type"] == step, ["visitor_id", "event_at"]] for step in FUNNEL_STEPS]
    reached = of_step[0].assign(entered_at=of_step[0]["event_at"])
    counts = [reached["visitor_id"].nunique()]
    for rows in of_step[1:]:
        joined = pd.merge_asof(rows, reached, on="event_at", by="visitor_id")
        reached = joined[joined["event_at"] - joined["entered_at"] <= WINDOW]
        counts.append(reached["visitor_id"].nunique())
    furthest = [count - further for count, further in zip(counts, [*counts[1:], 0], strict=True)]
    levels = pd.DataFrame({"level": range(1, len(FUNNEL_STEPS) + 1), "visitors": furthest})
    return levels[levels["visitors"] > 0]


def _deeds(task: Task) -> pd.DataFrame:
    columns = ["visitor_id", "customer_id", "event_type", "product_id"]
    events = _read(task, "events", columns, [("event_type", "in", ["product_view", "add_to_cart"])])
    events = events[events["product_id"].notna()]
    viewed = events["event_type"] == "product_view"
    return pd.DataFrame(
        {
            "shopper_id": events["customer_id"].fillna(events["visitor_id"]),
            "product_id": events["product_id"],
            "views": viewed.astype("int64"),
            "adds": (~viewed).astype("int64"),
        }
    )


def _looked_at(deeds: pd.DataFrame) -> pd.DataFrame:
    return deeds.groupby(["shopper_id", "product_id"], as_index=False, sort=False)[["views", "adds"]].sum()


def _viewed_only(task: Task, looked_at: pd.DataFrame) -> pd.DataFrame:
    orders = _read(task, "orders", ["order_id", "customer_id"], [("status", "in", list(COUNTED_STATUSES))])
    items = _read(task, "order_items", ["order_id", "product_id"])
    bought = items.merge(orders, on="order_id")[["customer_id", "product_id"]].drop_duplicates()
    bought.columns = ["shopper_id", "product_id"]
    viewed = looked_at.loc[(looked_at["views"] > 0) & (looked_at["adds"] == 0), ["shopper_id", "product_id", "views"]]
    marked = viewed.merge(bought, on=["shopper_id", "product_id"], how="left", indicator=True)
    return marked.loc[marked["_merge"] == "left_only", ["shopper_id", "product_id", "views"]]


def _cross_sell(task: Task) -> pd.DataFrame:
    deeds = _deeds(task)
    is_anchor = deeds["product_id"] == task.anchor_product_id
    shoppers = deeds.loc[is_anchor & (deeds["adds"] > 0), "shopper_id"].unique()
    viewed = _viewed_only(task, _looked_at(deeds[deeds["shopper_id"].isin(shoppers)]))
    viewed = viewed[viewed["product_id"] != task.anchor_product_id]
    return viewed.groupby("product_id", as_index=False).agg(viewers=("views", "size"), views=("views", "sum"))


def _cross_sell_all(task: Task) -> pd.DataFrame:
    looked_at = _looked_at(_deeds(task))
    carted = looked_at.loc[looked_at["adds"] > 0, ["shopper_id", "product_id"]]
    carted.columns = ["shopper_id", "anchor_product_id"]
    shoppers = carted.groupby("anchor_product_id")["shopper_id"].transform("size")
    pairs = carted[shoppers >= MIN_SHOPPERS].merge(_viewed_only(task, looked_at), on="shopper_id")
    pairs = pairs[pairs["anchor_product_id"] != pairs["product_id"]]
    grouped = pairs.groupby(["anchor_product_id", "product_id"], as_index=False)
    return grouped.agg(viewers=("views", "size"), views=("views", "sum"))


def _customer_orders(task: Task) -> pd.DataFrame:
    as_of = pd.Timestamp(task.as_of_date)
    orders = _read(
        task,
        "orders",
        ["customer_id", "ordered_at", "order_amount"],
        [("status", "in", list(COUNTED_STATUSES)), ("ordered_at", "<", as_of + pd.Timedelta(days=1))],
    )
    # Money exactly, in units of its fourth decimal: a column of Decimal objects would be many times slower.
    orders["units"] = (orders["order_amount"].astype("float64") * 10_000).round().astype("int64")
    orders["ordered_on"] = orders["ordered_at"].dt.normalize()
    orders["recent"] = orders["ordered_on"] > as_of - pd.Timedelta(days=RECENT_DAYS)
    customers = orders.groupby("customer_id", as_index=False, sort=False).agg(
        last_on=("ordered_on", "max"), orders=("units", "size"), recent_orders=("recent", "sum"), units=("units", "sum")
    )
    customers["recency_days"] = (as_of - customers["last_on"]).dt.days
    return customers


def _rfm(task: Task) -> pd.DataFrame:
    customers = _customer_orders(task)
    others = max(len(customers) - 1, 1)

    def score(measure: str, ascending: bool) -> pd.Series:
        rank = customers[measure].rank(method="min", ascending=ascending).astype("int64")
        return (5 * (rank - 1) // others + 1).clip(upper=5)

    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "recency_days": customers["recency_days"],
            "orders": customers["orders"],
            "revenue": customers["units"] / 10_000,
            "recency_score": score("recency_days", ascending=False),
            "frequency_score": score("orders", ascending=True),
            "monetary_score": score("units", ascending=True),
        }
    )


def _recent_sessions(task: Task) -> pd.DataFrame:
    as_of = pd.Timestamp(task.as_of_date)
    span = [
        ("event_at", ">=", as_of - pd.Timedelta(days=RECENT_DAYS - 1)),
        ("event_at", "<", as_of + pd.Timedelta(days=1)),
    ]
    events = _read(task, "events", ["visitor_id", "customer_id", "event_at"], span)
    events = events.sort_values(["visitor_id", "event_at"])
    ends = (events["visitor_id"] != events["visitor_id"].shift(-1)) | (-events["event_at"].diff(-1) > TIMEOUT)
    return events[ends].groupby("customer_id").size().rename("sessions").reset_index()


def _bounds(values: pd.Series) -> tuple[float, float]:
    low, cap = values.min(), round(values.quantile(CAP), 6)
    if cap <= low:
        cap = round(values[values != 0].quantile(CAP), 6)
    return low, values.max() if pd.isna(cap) else min(values.max(), cap)


def _part(values: pd.Series, is_reversed: bool = False) -> pd.Series:
    low, top = _bounds(values)
    if not top > low:
        return values * 0.0
    capped = values.clip(upper=top)
    return ((top - capped) if is_reversed else (capped - low)) / (top - low)


def _engagement(task: Task) -> pd.DataFrame:
    customers = _read(task, "customers", ["customer_id"])
    orders = _customer_orders(task)[["customer_id", "recency_days", "recent_orders", "units"]]
    measures = customers.merge(orders, on="customer_id", how="left")
    measures = measures.merge(_recent_sessions(task), on="customer_id", how="left")
    recency = _part(measures["recency_days"], is_reversed=True).fillna(0.0)
    frequency = (_part(measures["recent_orders"].fillna(0.0)) + _part(measures["sessions"].fillna(0.0))) / 2
    monetary = _part(measures["units"].fillna(0.0) / 10_000)
    parts = WEIGHTS["recency"] * recency + WEIGHTS["frequency"] * frequency
    score = (parts + WEIGHTS["monetary"] * monetary).round(12)
    return pd.DataFrame({"customer_id": measures["customer_id"], "engagement_score": score})


ANSWERS = {
    "sessions": _sessions,
    "funnel": _funnel,
    "cross_sell": _cross_sell,
    "cross_sell_all": _cross_sell_all,
    "rfm": _rfm,
    "engagement": _engagement,
}
