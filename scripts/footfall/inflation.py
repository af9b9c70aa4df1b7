"""A large shop made of copies of a built one, to measure the customer snapshots without generating a hundred million events."""

from __future__ import annotations

from pathlib import Path

import duckdb

# What the snapshots read: table -> columns of times that move, columns of ids that are copied, both in `marts` or `intermediate`.
TIMES = {
    "intermediate.int_orders_completed": (
        "ordered_at", "canceled_at", "returned_at", "delivered_at", "counted_from", "counted_until",
    ),
    "intermediate.int_payments_identified": ("attempted_at",),
    "intermediate.int_reviews_deduplicated": ("reviewed_at",),
    "intermediate.int_sessions_summarized": ("started_at", "ended_at", "carted_at"),
}  # fmt: skip
DATES = {
    "intermediate.int_orders_completed": ("estimated_delivery_on",),
    "intermediate.int_payments_identified": ("attempted_on",),
    "intermediate.int_sessions_summarized": ("started_on",),
}
# Told apart in every copy; the others belong to a customer and stay the same over time.
IDS_OF_A_TIME = ("order_id", "payment_id", "review_id", "session_id")
IDS_OF_A_CUSTOMER = ("customer_id", "visitor_id")
ONCE_PER_CUSTOMER = ("marts.dim_customers", "intermediate.int_visitors_identified")
AS_THEY_ARE = ("seeds.rfm_segments", "seeds.engagement_weights", "intermediate.int_sources_built")
MODELS = (
    "int_snapshot_dates",
    "int_order_gaps_snapshotted",
    "int_customer_orders_snapshotted",
    "int_customer_sessions_snapshotted",
    "int_customer_experiences_snapshotted",
    "int_customer_favourites_snapshotted",
    "int_customers_known",
    "int_customers_snapshotted",
    "int_customers_scored",
)


def inflate(built: Path, target: Path, customers: int, months: int) -> tuple[int, int]:
    """Writes the tables that the snapshots read into `target`: copies of those in `built`, side by side and one after the other.

    At least `customers` customers and `months` months of 30 days; returns how many customers and days there are.
    """
    with duckdb.connect(str(target), config={"storage_compatibility_version": "v1.5.0"}) as connection:
        connection.execute("set memory_limit = '4GB'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach '{built}' as built (read_only)")
        for schema in ("marts", "intermediate", "seeds"):
            connection.execute(f"create schema {schema}")
        known, first, last = connection.execute(
            "select (select count(*) from built.marts.dim_customers), first_date, as_of_date "
            "from built.intermediate.int_as_of_dates"
        ).fetchone()
        span = (last - first).days + 1
        copies, repeats = -(-customers // known), -(-months * 30 // span)
        connection.execute(f"create temp table sides as select unnest(range({copies})) as side")
        connection.execute(f"create temp table shifts as select unnest(range({repeats})) * {span} as shift")
        moved = (repeats - 1) * span
        connection.execute(
            f"""
            create table intermediate.int_as_of_dates as
            select first_date, as_of_date + {moved} as as_of_date, as_of_moment + interval {moved} day as as_of_moment
            from built.intermediate.int_as_of_dates
            """
        )
        for table in AS_THEY_ARE:
            connection.execute(f"create table {table} as from built.{table}")
        for table in ONCE_PER_CUSTOMER:
            _copy(connection, table, "sides", ())
        for table in TIMES:
            _copy(connection, table, "sides cross join shifts", (*TIMES[table], *DATES.get(table, ())))
        # Increments by month end: the copies of later months come later.
        connection.execute(
            f"""
            create table intermediate.int_customer_categories_counted as
            select * replace (
                customer_id || '_' || side as customer_id,
                least(last_day(counted_on + shift::integer), date '{last}' + {moved}) as counted_on
            )
            from built.intermediate.int_customer_categories_counted cross join sides cross join shifts
            """
        )
    return known * copies, span * repeats


def _copy(connection: duckdb.DuckDBPyConnection, table: str, spread: str, times: tuple[str, ...]) -> None:
    columns = [name for name, *_ in connection.execute(f"describe built.{table}").fetchall()]
    kinds = {name: kind for name, kind, *_ in connection.execute(f"describe built.{table}").fetchall()}
    changed = [f"{name} || '_' || side as {name}" for name in columns if name in IDS_OF_A_CUSTOMER]
    if times:
        changed += [f"{name} || '_' || side || '_' || shift as {name}" for name in columns if name in IDS_OF_A_TIME]
    for name in times:
        step = "shift::integer" if kinds[name] == "DATE" else "to_days(shift::integer)"
        changed.append(f"{name} + {step} as {name}")
    connection.execute(
        f"create table {table} as select * replace ({', '.join(changed)}) from built.{table} cross join {spread}"
    )
