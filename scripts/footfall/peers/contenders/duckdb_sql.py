"""Plain SQL on DuckDB, as one would type it: windows for sessions and the funnel, anti join, rank()."""

from __future__ import annotations

import duckdb

from footfall.peers.questions import Task

COUNTED = "('placed', 'paid', 'shipped', 'delivered', 'approved', 'invoiced', 'processing', 'created')"
LOOKED_AT = """
looked_at as (
    select
        coalesce(customer_id, visitor_id) as shopper_id,
        product_id,
        count(*) filter (where event_type = 'product_view') as views,
        count(*) filter (where event_type = 'add_to_cart') as adds
    from events
    where event_type in ('product_view', 'add_to_cart') and product_id is not null $of_shoppers
    group by all
)"""
VIEWED_ONLY = f"""
bought as (
    select distinct orders.customer_id as shopper_id, order_items.product_id
    from orders join order_items using (order_id)
    where orders.status in {COUNTED}
),
viewed_only as (
    select shopper_id, product_id, views
    from looked_at anti join bought using (shopper_id, product_id)
    where views > 0 and adds = 0
)"""
CUSTOMER_ORDERS = f"""
    select
        customer_id,
        date_diff('day', max(cast(ordered_at as date)), date '$as_of') as recency_days,
        count(*) as orders,
        count(*) filter (where cast(ordered_at as date) > date '$as_of' - 30) as recent_orders,
        cast(sum(order_amount) as decimal(18, 4)) as revenue
    from orders
    where status in {COUNTED} and cast(ordered_at as date) <= date '$as_of'
    group by customer_id"""

SQL = {
    "sessions": """
        with previous as (
            select visitor_id, event_at, lag(event_at) over (partition by visitor_id order by event_at) as previous_at
            from events
        ),
        numbered as (
            select
                visitor_id,
                event_at,
                sum(if(event_at > previous_at + interval 30 minutes, 1, 0))
                    over (partition by visitor_id order by event_at) as session_number
            from previous
        )
        select visitor_id, min(event_at) as session_start, max(event_at) as session_end, count(*) as events
        from numbered
        group by visitor_id, session_number""",
    "funnel": """
        with views as (select visitor_id, event_at from events where event_type = 'product_view'),
        adds as (select visitor_id, event_at from events where event_type = 'add_to_cart'),
        checkouts as (select visitor_id, event_at from events where event_type = 'checkout_started'),
        orders_placed as (select visitor_id, event_at from events where event_type = 'order_placed'),
        step_2 as (
            select adds.visitor_id, adds.event_at, views.event_at as entered_at
            from adds asof join views on adds.visitor_id = views.visitor_id and adds.event_at >= views.event_at
            where adds.event_at <= views.event_at + interval 24 hours
        ),
        step_3 as (
            select checkouts.visitor_id, checkouts.event_at, step_2.entered_at
            from checkouts asof join step_2
                on checkouts.visitor_id = step_2.visitor_id and checkouts.event_at >= step_2.event_at
            where checkouts.event_at <= step_2.entered_at + interval 24 hours
        ),
        step_4 as (
            select orders_placed.visitor_id
            from orders_placed asof join step_3
                on orders_placed.visitor_id = step_3.visitor_id and orders_placed.event_at >= step_3.event_at
            where orders_placed.event_at <= step_3.entered_at + interval 24 hours
        ),
        furthest as (
            select visitor_id, max(level) as level
            from (
                select visitor_id, 1 as level from views
                union all select visitor_id, 2 from step_2
                union all select visitor_id, 3 from step_3
                union all select visitor_id, 4 from step_4
            )
            group by visitor_id
        )
        select cast(level as bigint) as level, count(*) as visitors from furthest group by level""",
    "cross_sell": f"""
        with anchored as (
            select distinct coalesce(customer_id, visitor_id) as shopper_id
            from events
            where event_type = 'add_to_cart' and product_id = '$anchor'
        ),
        {LOOKED_AT.replace("$of_shoppers", "and coalesce(customer_id, visitor_id) in (from anchored)")},
        {VIEWED_ONLY}
        select product_id, count(*) as viewers, cast(sum(views) as bigint) as views
        from viewed_only
        where product_id <> '$anchor'
        group by product_id""",
    "cross_sell_all": f"""
        with {LOOKED_AT.replace("$of_shoppers", "")},
        {VIEWED_ONLY},
        anchored as (
            select shopper_id, product_id as anchor_product_id
            from looked_at
            where adds > 0
            qualify count(*) over (partition by product_id) >= 20
        )
        select anchor_product_id, product_id, count(*) as viewers, cast(sum(views) as bigint) as views
        from anchored join viewed_only using (shopper_id)
        where anchor_product_id <> product_id
        group by anchor_product_id, product_id""",
    "rfm": f"""
        with customers as ({CUSTOMER_ORDERS}),
        ranked as (
            select
                *,
                rank() over (order by recency_days desc) as recency_rank,
                rank() over (order by orders) as frequency_rank,
                rank() over (order by revenue) as monetary_rank,
                greatest(count(*) over () - 1, 1) as others
            from customers
        )
        select
            customer_id,
            recency_days,
            orders,
            revenue,
            least(5, 5 * (recency_rank - 1) // others + 1) as recency_score,
            least(5, 5 * (frequency_rank - 1) // others + 1) as frequency_score,
            least(5, 5 * (monetary_rank - 1) // others + 1) as monetary_score
        from ranked""",
    "engagement": f"""
        with customer_orders as ({CUSTOMER_ORDERS}),
        recent as (
            select
                visitor_id,
                customer_id,
                event_at,
                lead(event_at) over (partition by visitor_id order by event_at) as next_at
            from events
            where event_at >= date '$as_of' - 29 and event_at < date '$as_of' + 1
        ),
        customer_sessions as (
            select customer_id, count(*) as recent_sessions
            from recent
            where customer_id is not null and (next_at is null or next_at > event_at + interval 30 minutes)
            group by customer_id
        ),
        measures as (
            select
                customer_id,
                cast(recency_days as double) as recency,
                cast(coalesce(recent_orders, 0) as double) as orders,
                cast(coalesce(recent_sessions, 0) as double) as sessions,
                cast(coalesce(revenue, 0) as double) as revenue
            from customers left join customer_orders using (customer_id) left join customer_sessions using (customer_id)
        ),
        limits as (
            select
                {
        ", ".join(
            f"min({m}) as {m}_low, least(max({m}), if(round(quantile_cont({m}, 0.95), 6) > min({m}), "
            f"round(quantile_cont({m}, 0.95), 6), round(quantile_cont(nullif({m}, 0), 0.95), 6))) as {m}_top"
            for m in ("recency", "orders", "sessions", "revenue")
        )
    }
            from measures
        ),
        parts as (
            select
                customer_id,
                if(recency_top > recency_low,
                    coalesce((recency_top - least(recency, if(recency is null, null, recency_top))) / (recency_top - recency_low), 0),
                    0) as recency_part,
                {
        ", ".join(
            f"if({m}_top > {m}_low, (least({m}, {m}_top) - {m}_low) / ({m}_top - {m}_low), 0) as {m}_part"
            for m in ("orders", "sessions", "revenue")
        )
    }
            from measures, limits
        )
        select
            customer_id,
            round(0.4::double * recency_part + 0.3::double * ((orders_part + sessions_part) / 2)
                + 0.3::double * revenue_part, 12) as engagement_score
        from parts""",
}


def start(task: Task) -> duckdb.DuckDBPyConnection:
    """A connection of its own with the task's limits and the files as views."""
    connection = duckdb.connect(f"{task.scratch}/duckdb_sql.duckdb")
    connection.execute(f"set memory_limit = '{task.memory_gb}GB'; set threads = {task.threads}")
    connection.execute("set preserve_insertion_order = false")
    for table in ("events", "orders", "order_items", "customers"):
        connection.execute(f"create temp view {table} as from '{task.files(table)}'")
    return connection


def answer(session: duckdb.DuckDBPyConnection, task: Task) -> None:
    """Runs the question's query and writes its rows as Parquet."""
    query = SQL[task.question].replace("$as_of", task.as_of_date).replace("$anchor", task.anchor_product_id)
    session.execute(f"copy ({query}) to '{task.output}' (format parquet)")
