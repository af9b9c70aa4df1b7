"""PySpark in local mode: DataFrames and window functions, adaptive execution as it comes."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as f
from pyspark.sql.window import WindowSpec

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

PARTITIONS_PER_THREAD = 8


def start(task: Task) -> SparkSession:
    """A local session of so many threads and so much memory for its driver."""
    settings = {
        "spark.driver.memory": f"{task.memory_gb}g",
        "spark.sql.shuffle.partitions": PARTITIONS_PER_THREAD * task.threads,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.local.dir": task.scratch,
        "spark.sql.warehouse.dir": f"{task.scratch}/warehouse",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master(f"local[{task.threads}]").appName("peers")
    for name, value in settings.items():
        builder = builder.config(name, str(value))
    session = builder.getOrCreate()
    for table in ("events", "orders", "order_items", "customers"):
        session.read.parquet(f"{task.folder}/{table}").createOrReplaceTempView(table)
    return session


def _is_after_timeout(later: Column, earlier: Column) -> Column:
    return later > earlier + f.expr(f"interval {SESSION_TIMEOUT_MINUTES} minutes")


def _by_time() -> WindowSpec:
    return Window.partitionBy("visitor_id").orderBy("event_at")


def answer(session: SparkSession, task: Task) -> None:
    """Runs the question's frame and writes its rows as Parquet."""
    ANSWERS[task.question](session, task).write.mode("overwrite").parquet(task.output)


def _sessions(session: SparkSession, _: Task) -> DataFrame:
    events = session.table("events").select("visitor_id", "event_at")
    previous = f.lag("event_at").over(_by_time())
    begins = f.when(_is_after_timeout(f.col("event_at"), previous), 1).otherwise(0)
    numbered = events.withColumn("begins", begins).withColumn("session", f.sum("begins").over(_by_time()))
    return (
        numbered.groupBy("visitor_id", "session")
        .agg(
            f.min("event_at").alias("session_start"),
            f.max("event_at").alias("session_end"),
            f.count("*").alias("events"),
        )
        .drop("session")
    )


def _funnel(session: SparkSession, _: Task) -> DataFrame:
    window = f.expr(f"interval {CONVERSION_WINDOW_HOURS} hours")
    step = f.array_position(f.array(*map(f.lit, FUNNEL_STEPS)), f.col("event_type"))
    rows = session.table("events").filter(f.col("event_type").isin(*FUNNEL_STEPS))
    rows = rows.select("visitor_id", "event_at", step.alias("step"))
    rows = rows.withColumn("entry_1", f.when(f.col("step") == 1, f.col("event_at")))
    for number in range(2, len(FUNNEL_STEPS) + 1):
        latest = f.max(f"entry_{number - 1}").over(_by_time())
        reached = (f.col("step") == number) & (f.col("event_at") <= latest + window)
        rows = rows.withColumn(f"entry_{number}", f.when(reached, latest))
    reached = f.greatest(
        *[f.when(f.col(f"entry_{number}").isNotNull(), number) for number in range(1, len(FUNNEL_STEPS) + 1)]
    )
    furthest = rows.groupBy("visitor_id").agg(f.max(reached).cast("bigint").alias("level"))
    return furthest.filter("level is not null").groupBy("level").agg(f.count("*").alias("visitors"))


def _deeds(session: SparkSession) -> DataFrame:
    events = session.table("events").filter("event_type in ('product_view', 'add_to_cart') and product_id is not null")
    shopper = f.coalesce("customer_id", "visitor_id").alias("shopper_id")
    return events.select(shopper, "product_id", "event_type")


def _looked_at(deeds: DataFrame) -> DataFrame:
    return deeds.groupBy("shopper_id", "product_id").agg(
        f.count_if(f.col("event_type") == "product_view").alias("views"),
        f.count_if(f.col("event_type") == "add_to_cart").alias("adds"),
    )


def _viewed_only(session: SparkSession, looked_at: DataFrame) -> DataFrame:
    counted = session.table("orders").filter(f.col("status").isin(*COUNTED_STATUSES))
    bought = session.table("order_items").join(counted, "order_id")
    bought = bought.select(f.col("customer_id").alias("shopper_id"), "product_id")
    return looked_at.filter("views > 0 and adds = 0").join(bought, ["shopper_id", "product_id"], "left_anti")


def _cross_sell(session: SparkSession, task: Task) -> DataFrame:
    deeds = _deeds(session)
    is_anchor = f.col("product_id") == task.anchor_product_id
    anchored = deeds.filter(is_anchor & (f.col("event_type") == "add_to_cart")).select("shopper_id")
    looked_at = _looked_at(deeds.join(anchored, "shopper_id", "left_semi"))
    viewed = _viewed_only(session, looked_at).filter(~is_anchor)
    return viewed.groupBy("product_id").agg(f.count("*").alias("viewers"), f.sum("views").alias("views"))


def _cross_sell_all(session: SparkSession, _: Task) -> DataFrame:
    looked_at = _looked_at(_deeds(session))
    carted = looked_at.filter("adds > 0").select("shopper_id", f.col("product_id").alias("anchor_product_id"))
    anchors = carted.groupBy("anchor_product_id").count().filter(f.col("count") >= MIN_SHOPPERS)
    anchored = carted.join(anchors, "anchor_product_id", "left_semi")
    pairs = anchored.join(_viewed_only(session, looked_at), "shopper_id")
    pairs = pairs.filter("anchor_product_id <> product_id").groupBy("anchor_product_id", "product_id")
    return pairs.agg(f.count("*").alias("viewers"), f.sum("views").alias("views"))


def _customer_orders(session: SparkSession, task: Task) -> DataFrame:
    as_of = f.lit(task.as_of_date).cast("date")
    ordered_on = f.col("ordered_at").cast("date")
    orders = session.table("orders").filter(f.col("status").isin(*COUNTED_STATUSES) & (ordered_on <= as_of))
    return orders.groupBy("customer_id").agg(
        f.datediff(as_of, f.max(ordered_on)).cast("bigint").alias("recency_days"),
        f.count("*").alias("orders"),
        f.count_if(ordered_on > f.date_sub(as_of, RECENT_DAYS)).alias("recent_orders"),
        f.sum("order_amount").cast("decimal(18, 4)").alias("revenue"),
    )


def _rfm(session: SparkSession, task: Task) -> DataFrame:
    customers = _customer_orders(session, task)
    others = customers.agg(f.greatest(f.count("*") - 1, f.lit(1)).alias("others"))

    def score(by: Column) -> Column:
        rank = f.rank().over(Window.orderBy(by))
        return f.least(f.lit(5), f.floor(5 * (rank - 1) / f.col("others")) + 1).cast("bigint")

    return customers.crossJoin(f.broadcast(others)).select(
        "customer_id",
        "recency_days",
        "orders",
        "revenue",
        score(f.col("recency_days").desc()).alias("recency_score"),
        score(f.col("orders").asc()).alias("frequency_score"),
        score(f.col("revenue").asc()).alias("monetary_score"),
    )


def _recent_sessions(session: SparkSession, task: Task) -> DataFrame:
    as_of = f.lit(task.as_of_date).cast("date")
    events = session.table("events").filter(
        (f.col("event_at") >= f.date_sub(as_of, RECENT_DAYS - 1)) & (f.col("event_at") < f.date_add(as_of, 1))
    )
    following = f.lead("event_at").over(_by_time())
    ends = following.isNull() | (_is_after_timeout(following, f.col("event_at")))
    ended = events.withColumn("ends", ends).filter("ends and customer_id is not null")
    return ended.groupBy("customer_id").agg(f.count("*").alias("recent_sessions"))


def _bounds(measure: str) -> list[Column]:
    low = f.min(measure)
    cap = f.round(f.percentile(measure, CAP), 6)
    of_doers = f.round(f.percentile(f.nullif(f.col(measure), f.lit(0.0)), CAP), 6)
    top = f.least(f.max(measure), f.when(cap > low, cap).otherwise(of_doers))
    return [low.alias(f"{measure}_low"), top.alias(f"{measure}_top")]


def _part(measure: str, is_reversed: bool = False) -> Column:
    value, low, top = f.col(measure), f.col(f"{measure}_low"), f.col(f"{measure}_top")
    capped = f.least(value, top)
    part = ((top - capped) if is_reversed else (capped - low)) / (top - low)
    return f.when((top > low) & value.isNotNull(), part).otherwise(0.0)


def _engagement(session: SparkSession, task: Task) -> DataFrame:
    joined = session.table("customers").join(_customer_orders(session, task), "customer_id", "left")
    joined = joined.join(_recent_sessions(session, task), "customer_id", "left")
    measures = joined.select(
        "customer_id",
        f.col("recency_days").cast("double").alias("recency"),
        f.coalesce("recent_orders", f.lit(0)).cast("double").alias("orders"),
        f.coalesce("recent_sessions", f.lit(0)).cast("double").alias("sessions"),
        f.coalesce(f.col("revenue").cast("double"), f.lit(0.0)).alias("revenue"),
    ).cache()
    bounds = measures.agg(*[c for m in ("recency", "orders", "sessions", "revenue") for c in _bounds(m)])
    parts = WEIGHTS["recency"] * _part("recency", is_reversed=True)
    parts = parts + WEIGHTS["frequency"] * ((_part("orders") + _part("sessions")) / 2)
    score = f.round(parts + WEIGHTS["monetary"] * _part("revenue"), 12)
    return measures.crossJoin(f.broadcast(bounds)).select("customer_id", score.alias("engagement_score"))


ANSWERS = {
    "sessions": _sessions,
    "funnel": _funnel,
    "cross_sell": _cross_sell,
    "cross_sell_all": _cross_sell_all,
    "rfm": _rfm,
    "engagement": _engagement,
}
