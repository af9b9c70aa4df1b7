"""ClickHouse inside the process (chdb), with what it has for such questions: windowFunnel, arraySplit, countIf."""

from __future__ import annotations

from chdb.session import Session

from footfall.peers.questions import Task

COUNTED = "('placed', 'paid', 'shipped', 'delivered', 'approved', 'invoiced', 'processing', 'created')"
US = "toUnixTimestamp64Micro(event_at)"
LOOKED_AT = """
    SELECT
        assumeNotNull(coalesce(customer_id, visitor_id)) AS shopper_id,
        assumeNotNull(product_id) AS product_id,
        countIf(event_type = 'product_view') AS views,
        countIf(event_type = 'add_to_cart') AS adds
    FROM $events
    WHERE event_type IN ('product_view', 'add_to_cart') AND product_id IS NOT NULL $of_shoppers
    GROUP BY shopper_id, product_id"""
VIEWED_ONLY = f"""
    SELECT shopper_id, product_id, views
    FROM (SELECT * FROM ({LOOKED_AT}) WHERE views > 0 AND adds = 0) AS looked_at
    LEFT ANTI JOIN (
        SELECT assumeNotNull(customer_id) AS shopper_id, assumeNotNull(product_id) AS product_id
        FROM $order_items AS items INNER JOIN $orders AS orders USING (order_id)
        WHERE status IN {COUNTED}
    ) AS bought USING (shopper_id, product_id)"""
OF_ANCHOR = """AND coalesce(customer_id, visitor_id) IN (
        SELECT coalesce(customer_id, visitor_id) FROM $events WHERE event_type = 'add_to_cart' AND product_id = '$anchor'
    )"""
CUSTOMER_ORDERS = f"""
    SELECT
        customer_id,
        dateDiff('day', max(toDate(ordered_at)), toDate('$as_of')) AS recency_days,
        count() AS orders,
        countIf(toDate(ordered_at) > toDate('$as_of') - 30) AS recent_orders,
        sum(order_amount) AS revenue
    FROM $orders
    WHERE status IN {COUNTED} AND toDate(ordered_at) <= toDate('$as_of')
    GROUP BY customer_id"""


def _score(measure: str, order: str) -> str:
    rank = f"rank() OVER (ORDER BY {measure} {order})"
    return f"least(5, intDiv(5 * ({rank} - 1), greatest(count() OVER () - 1, 1)) + 1)"


def _limits(measure: str) -> str:
    """Low and top of a part; the exact, interpolated quantile of ClickHouse is quantileExactInclusive.

    Over all rows, as a window: a CTE that is named twice would be computed twice.
    """
    cap = f"round(quantileExactInclusiveOrNull(0.95)({measure}) OVER (), 6)"
    cap_of_doers = f"round(quantileExactInclusiveOrNull(0.95)(nullIf({measure}, 0)) OVER (), 6)"
    low, most = f"min({measure}) OVER ()", f"max({measure}) OVER ()"
    return f"{low} AS {measure}_low, least({most}, if({cap} > {low}, {cap}, {cap_of_doers})) AS {measure}_top"


def _part(measure: str) -> str:
    low, top = f"{measure}_low", f"{measure}_top"
    return f"if({top} > {low}, (least({measure}, {top}) - {low}) / ({top} - {low}), 0)"


SQL = {
    "sessions": f"""
        SELECT
            visitor_id,
            fromUnixTimestamp64Micro(times[1], 'UTC') AS session_start,
            fromUnixTimestamp64Micro(times[-1], 'UTC') AS session_end,
            length(times) AS events
        FROM (
            SELECT
                visitor_id,
                arrayJoin(arraySplit((at, gap) -> gap > 1800000000, all_times, arrayDifference(all_times))) AS times
            FROM (
                SELECT visitor_id, arraySort(groupArray(assumeNotNull({US}))) AS all_times
                FROM $events GROUP BY visitor_id
            )
        )""",
    "funnel": f"""
        SELECT level, count() AS visitors
        FROM (
            SELECT
                visitor_id,
                windowFunnel(86400000000)(
                    toUInt64(assumeNotNull({US})), event_type = 'product_view', event_type = 'add_to_cart',
                    event_type = 'checkout_started', event_type = 'order_placed'
                ) AS level
            FROM $events
            WHERE event_type IN ('product_view', 'add_to_cart', 'checkout_started', 'order_placed')
            GROUP BY visitor_id
        )
        WHERE level > 0
        GROUP BY level""",
    "cross_sell": f"""
        SELECT product_id, count() AS viewers, sum(views) AS views
        FROM ({VIEWED_ONLY.replace("$of_shoppers", OF_ANCHOR)})
        WHERE product_id <> '$anchor'
        GROUP BY product_id""",
    "cross_sell_all": f"""
        SELECT anchor_product_id, product_id, count() AS viewers, sum(views) AS views
        FROM ({VIEWED_ONLY.replace("$of_shoppers", "")}) AS viewed_only
        INNER JOIN (
            SELECT arrayJoin(shoppers) AS shopper_id, anchor_product_id
            FROM (
                SELECT product_id AS anchor_product_id, groupUniqArray(coalesce(customer_id, visitor_id)) AS shoppers
                FROM $events
                WHERE event_type = 'add_to_cart' AND product_id IS NOT NULL
                GROUP BY product_id
                HAVING length(shoppers) >= 20
            )
        ) AS anchored USING (shopper_id)
        WHERE anchor_product_id <> product_id
        GROUP BY anchor_product_id, product_id""",
    "rfm": f"""
        SELECT
            customer_id, recency_days, orders, revenue,
            {_score("recency_days", "DESC")} AS recency_score,
            {_score("orders", "ASC")} AS frequency_score,
            {_score("revenue", "ASC")} AS monetary_score
        FROM ({CUSTOMER_ORDERS})""",
    "engagement": f"""
        WITH measures AS (
            SELECT
                customer_id,
                toFloat64(recency_days) AS recency,
                toFloat64(coalesce(recent_orders, 0)) AS orders,
                toFloat64(coalesce(recent_sessions, 0)) AS sessions,
                toFloat64(coalesce(revenue, 0)) AS revenue
            FROM $customers AS customers
            LEFT JOIN ({CUSTOMER_ORDERS}) AS customer_orders USING (customer_id)
            LEFT JOIN (
                SELECT customer_id, count() AS recent_sessions
                FROM (
                    SELECT visitor_id, arraySort(groupArray((assumeNotNull({US}), customer_id))) AS visits
                    FROM $events
                    WHERE event_at >= toDate('$as_of') - 29 AND event_at < toDate('$as_of') + 1
                    GROUP BY visitor_id
                )
                ARRAY JOIN
                    visits.2 AS customer_id,
                    arrayPushBack(arrayPopFront(arrayDifference(visits.1)), 9000000000000000000) AS gap
                WHERE gap > 1800000000 AND customer_id IS NOT NULL
                GROUP BY customer_id
            ) AS customer_sessions USING (customer_id)
        )
        SELECT
            customer_id,
            round(
                0.4 * coalesce(if(recency_top > recency_low,
                    (recency_top - if(recency IS NULL, NULL, least(recency, recency_top))) / (recency_top - recency_low), 0), 0)
                + 0.3 * (({_part("orders")} + {_part("sessions")}) / 2)
                + 0.3 * {_part("revenue")}, 12) AS engagement_score
        FROM (SELECT *, {", ".join(map(_limits, ("recency", "orders", "sessions", "revenue")))} FROM measures)""",
}


def start(task: Task) -> Session:
    """A session with the task's limits; beyond half of the memory, sorts and groups go to disk."""
    session = Session(f"{task.scratch}/clickhouse")
    spill = task.memory_gb * 10**9 // 2
    settings = {
        "max_threads": task.threads,
        "max_memory_usage": task.memory_gb * 10**9,
        "max_bytes_before_external_group_by": spill,
        "max_bytes_before_external_sort": spill,
        "join_algorithm": "'parallel_hash,grace_hash'",
        "join_use_nulls": 1,
        "session_timezone": "'UTC'",
    }
    for name, value in settings.items():
        session.query(f"SET {name} = {value}")
    return session


def answer(session: Session, task: Task) -> None:
    """Runs the question's query and writes its rows as Parquet."""
    query = SQL[task.question].replace("$as_of", task.as_of_date).replace("$anchor", task.anchor_product_id)
    for table in ("order_items", "orders", "events", "customers"):
        query = query.replace(f"${table}", f"file('{task.files(table)}', Parquet)")
    session.query(f"{query} INTO OUTFILE '{task.output}' FORMAT Parquet")
