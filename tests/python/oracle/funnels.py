"""Funnels: a state machine per unit, as ClickHouse's windowFunnel keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

import polars as pl

from oracle.core import Core
from oracle.options import Funnel, Options, Step
from oracle.statistics import percentiles, wilson

MAX_STEPS = 6
CONVERSION_COLUMNS = [
    "funnel", "unit", "unit_id", "scope_value", "entered_at", "entered_on",
    "furthest_step_number", "furthest_step_name", "is_converted", "is_mature",
    "seconds_to_convert", *(f"step_{k}_at" for k in range(1, MAX_STEPS + 1)), "customer_id",
    "device_type", "traffic_channel", "country", "category", "customer_type", "payment_method",
    "gateway",
]  # fmt: skip
BREAKDOWNS = (
    "all", "device_type", "traffic_channel", "country", "category", "customer_type",
    "payment_method", "gateway",
)  # fmt: skip


def walk(rows: Iterable[tuple[int, int]], steps: int, window: int) -> tuple[int, ...]:
    """The chain that first reached the furthest step: the time of each of its steps.

    `rows` are (time, step) of one unit in the order in which they may advance it: by time, and at
    equal times by step (or by falling step, when every step must be strictly later).
    `chains[k]` holds the times of the chain with the latest entry that is now at step k.
    """
    chains: list[tuple[int, ...]] = [()] * (steps + 1)
    best: tuple[int, ...] = ()
    for at, step in rows:
        if step == 1:
            if chains[1] != (at,):
                chains[1] = (at,)
        else:
            before = chains[step - 1]
            if not before or at - before[0] > window:
                continue
            if not chains[step] or chains[step][0] != before[0]:
                chains[step] = (*before, at)
        if step > len(best):
            best = chains[step]
            if step == steps:
                break
    return best


def _units(units: list[int], times: list[int], steps: list[int]) -> Iterator[tuple[int, Iterable[tuple[int, int]]]]:
    start, size = 0, len(units)
    while start < size:
        stop = start
        while stop < size and units[stop] == units[start]:
            stop += 1
        yield units[start], zip(times[start:stop], steps[start:stop], strict=True)
        start = stop


def chains(matches: pl.DataFrame, steps: int, window: int, strict: bool) -> pl.DataFrame:
    """The chain of every unit that entered: unit, furthest step, and the time of each step."""
    ordered = matches.sort(["unit", "at", "step"], descending=[False, False, strict])
    columns = [ordered[name].to_list() for name in ("unit", "at", "step")]
    found: dict[str, list[int | None]] = {"unit": [], "furthest": []}
    found |= {f"step_{k}": [] for k in range(1, MAX_STEPS + 1)}
    for unit, rows in _units(*columns):
        chain = walk(rows, steps, window)
        if not chain:
            continue
        found["unit"].append(unit)
        found["furthest"].append(len(chain))
        padded = (*chain, *[None] * (MAX_STEPS - len(chain)))
        for k, at in enumerate(padded, start=1):
            found[f"step_{k}"].append(at)
    return pl.DataFrame(found, schema={"unit": matches.schema["unit"]} | dict.fromkeys(list(found)[1:], pl.Int64))


def is_step(step: Step) -> pl.Expr:
    """Whether an event counts for the step."""
    matches = pl.col("event_type") == step.event_type
    if step.outcome:
        matches &= (pl.col("outcome") == step.outcome).fill_null(False)
    return matches


def _scoped(core: Core, funnel: Funnel, events: pl.DataFrame) -> pl.DataFrame:
    """Events with the category in which they count; an order counts in each of its lines'."""
    if not funnel.by_category:
        return events.with_columns(scope_value=pl.lit("all"))
    is_whole_order = (pl.col("event_type") == "order_placed") & pl.col("product_id").is_null()
    named = core.products.select("product_id", line_category=pl.col("category"))
    lines = (
        core.order_items.join(named, on="product_id", how="left")
        .select("order_id", pl.col("line_category").fill_null("unknown"))
        .unique()
    )
    spread = events.filter(is_whole_order).join(lines, on="order_id", how="left")
    spread = spread.with_columns(scope_value=pl.col("line_category").fill_null("unknown"))
    single = events.filter(~is_whole_order).with_columns(scope_value="category")
    return pl.concat([single, spread.drop("line_category")])


def _matches(events: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    parts = [
        events.filter(is_step(step)).with_columns(step=pl.lit(step.number, dtype=pl.Int64)) for step in funnel.steps
    ]
    return pl.concat(parts)


def _first_by_id(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("event_id").unique(["unit", "at"], keep="first", maintain_order=True)


def _customer_type(core: Core, entries: pl.DataFrame) -> pl.Expr:
    """Returning when the customer had ordered strictly before."""
    first = core.counted.group_by("customer_id").agg(first_ordered_at=pl.col("ordered_at").min())
    known = entries.select("customer_id", "entered_at").join(
        first.drop_nulls("customer_id"), on="customer_id", how="left", maintain_order="left"
    )
    returning = (known["first_ordered_at"] < known["entered_at"]).fill_null(False)
    labels = ["returning" if value else "new" for value in returning]
    return pl.Series("customer_type", labels, dtype=pl.String)


def _conversions(core: Core, options: Options, funnel: Funnel, unit: str, events: pl.DataFrame) -> pl.DataFrame:
    unit_id = f"{unit}_id"
    units = events.select(unit_id, "scope_value").unique().with_row_index("unit")
    events = events.join(units, on=[unit_id, "scope_value"])
    matches = _matches(events, funnel)
    strict = options.funnel_mode == "strict_increase"
    found = chains(matches.select("unit", "at", "step"), len(funnel.steps), options.window, strict).with_columns(
        at=pl.col("step_1")
    )
    entry = _first_by_id(matches.filter(pl.col("step") == 1)).select(
        "unit", "at", "customer_id", "device_type", "traffic_channel", "country", "category"
    )
    found = found.join(units, on="unit").join(entry, on=["unit", "at"], how="left")
    attempts = [step.number for step in funnel.steps if step.event_type == "payment_attempted"]
    if attempts:
        paid = _first_by_id(matches.filter(pl.col("step") == attempts[0]))
        paid = paid.select("unit", "payment_method", "gateway", paid_at="at")
        found = found.with_columns(paid_at=pl.col(f"step_{attempts[0]}")).join(paid, on=["unit", "paid_at"], how="left")
    else:
        empty = pl.lit(None, dtype=pl.String)
        found = found.with_columns(payment_method=empty, gateway=empty)
    last = len(funnel.steps)
    names = {step.number: step.name for step in funnel.steps}
    done = pl.col("furthest") == last
    entered = pl.col("step_1").cast(pl.Datetime("us"))
    found = found.with_columns(
        funnel=pl.lit(funnel.name),
        unit=pl.lit(unit),
        unit_id=unit_id,
        entered_at=entered,
        entered_on=entered.dt.date(),
        furthest_step_number="furthest",
        furthest_step_name=pl.col("furthest").replace_strict(names, return_dtype=pl.String),
        is_converted=done,
        is_mature=entered + pl.duration(microseconds=options.window) <= core.as_of,
        seconds_to_convert=pl.when(done).then((pl.col(f"step_{last}") - pl.col("step_1")) / 1e6),
        **{f"step_{k}_at": pl.col(f"step_{k}").cast(pl.Datetime("us")) for k in range(1, MAX_STEPS + 1)},
    )
    return found.with_columns(_customer_type(core, found)).select(CONVERSION_COLUMNS)


def funnel_events(core: Core) -> pl.DataFrame:
    """Events with their product's category and their time in microseconds."""
    categories = core.products.select("product_id", "category")
    return core.events.join(categories, on="product_id", how="left").select(
        "event_id", "visitor_id", "session_id", "customer_id", "event_type", "outcome",
        "product_id", "order_id", "device_type", "traffic_channel", "country", "payment_method",
        "gateway", pl.col("category").fill_null("unknown"), at=pl.col("event_at").cast(pl.Int64),
    )  # fmt: skip


def funnel_conversions(core: Core, options: Options) -> pl.DataFrame:
    """One row per funnel, unit, unit id and scope that entered."""
    events = funnel_events(core)
    parts = []
    for funnel in options.funnels:
        wanted = events.filter(pl.any_horizontal(is_step(step) for step in funnel.steps))
        scoped = _scoped(core, funnel, wanted)
        parts += [_conversions(core, options, funnel, unit, scoped) for unit in ("visitor", "session")]
    return pl.concat(parts)


def funnel_stage_totals(core: Core, options: Options) -> pl.DataFrame:
    """Events per stage, in any order."""
    rows = []
    for funnel in options.funnels:
        first = previous = None
        for step in funnel.steps:
            stage = core.events.filter(is_step(step))
            count = stage.height
            first = count if first is None else first
            rows.append(
                {
                    "funnel": funnel.name,
                    "step_number": step.number,
                    "step_name": step.name,
                    "event_count": count,
                    "visitor_count": stage["visitor_id"].n_unique(),
                    "session_count": stage["session_id"].n_unique(),
                    "share_of_first_rate": count / first if first else None,
                    "share_of_previous_rate": count / previous if previous else None,
                }
            )
            previous = count
    doubles = {"share_of_first_rate": pl.Float64, "share_of_previous_rate": pl.Float64}
    return pl.DataFrame(rows, schema_overrides=doubles)


def session_paths(core: Core) -> pl.DataFrame:
    """Ways between the first five steps of each session: runs of one kind of event, told one session after the other."""
    counts: dict[tuple[int, str, str], list[int]] = {}
    ordered = core.events.sort("session_id", "event_at", "event_id")
    kinds = ordered.group_by("session_id", maintain_order=True).agg("event_type")
    for events in kinds["event_type"]:
        steps = [kind for kind, _ in groupby(events)]
        ways = [*pairwise(steps), (steps[-1], "left")][:4]
        for number, (step, following) in enumerate(ways, 1):
            found = counts.setdefault((number, step, following), [0, 0])
            found[0] += 1
            found[1] += "order_placed" in steps
    return pl.DataFrame(
        [(*way, *found) for way, found in counts.items()],
        schema={
            "step_number": pl.Int32,
            "step_name": pl.String,
            "next_step_name": pl.String,
            "session_count": pl.Int64,
            "converted_session_count": pl.Int64,
        },
        orient="row",
    )


def funnel_drop_offs(conversions: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Mature units by breakdown: how many reached each step, of those that could."""
    mature = conversions.filter("is_mature")
    parts = []
    for funnel in options.funnels:
        units = mature.filter(pl.col("funnel") == funnel.name)
        for breakdown in BREAKDOWNS:
            value = pl.lit("all") if breakdown == "all" else pl.col(breakdown).fill_null("unknown")
            counts = units.group_by("funnel", "unit", breakdown_value=value).agg(
                entered_count=pl.len().cast(pl.Int64),
                **{
                    f"reached_{step.number}": ((pl.col("furthest_step_number") >= step.number).sum().cast(pl.Int64))
                    for step in funnel.steps
                },
            )
            for step in funnel.steps:
                before = "entered_count" if step.number == 1 else f"reached_{step.number - 1}"
                parts.append(
                    counts.select(
                        "funnel",
                        "unit",
                        "breakdown_value",
                        "entered_count",
                        breakdown=pl.lit(breakdown),
                        step_number=pl.lit(step.number),
                        step_name=pl.lit(step.name),
                        previous_count=before,
                        reached_count=f"reached_{step.number}",
                    )
                )
    table = pl.concat(parts, how="diagonal")
    reached, previous, entered = "reached_count", "previous_count", "entered_count"
    table = table.with_columns(
        dropped_count=pl.col(previous) - pl.col(reached),
        **wilson(table[reached], table[previous], "step_rate"),
        **wilson(table[reached], table[entered], "overall_rate"),
    )
    return table.select(
        "funnel", "unit", "breakdown", "breakdown_value", "step_number", "step_name",
        "entered_count", "previous_count", "reached_count", "dropped_count", "step_rate",
        "step_rate_low", "step_rate_high", "overall_rate", "overall_rate_low",
        "overall_rate_high",
    )  # fmt: skip


def time_to_convert(conversions: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Percentiles of the time to each step, over mature units that reached it."""
    rows = []
    mature = conversions.filter("is_mature")
    for funnel in options.funnels:
        for unit in ("visitor", "session"):
            units = mature.filter((pl.col("funnel") == funnel.name) & (pl.col("unit") == unit))
            for step in funnel.steps[1:]:
                reached = units.filter(pl.col("furthest_step_number") >= step.number)
                if reached.is_empty():
                    continue
                at = reached[f"step_{step.number}_at"].cast(pl.Int64).to_numpy()
                before = reached[f"step_{step.number - 1}_at"].cast(pl.Int64).to_numpy()
                entry = reached["entered_at"].cast(pl.Int64).to_numpy()
                rows.append(
                    {
                        "funnel": funnel.name,
                        "unit": unit,
                        "step_number": step.number,
                        "step_name": step.name,
                        "unit_count": reached.height,
                    }
                    | percentiles((at - entry) / 1e6, "seconds_from_entry")
                    | percentiles((at - before) / 1e6, "seconds_from_previous")
                )
    names = [f"p{p}_seconds_from_{since}" for since in ("entry", "previous") for p in (50, 75, 90, 95)]
    schema = {
        "funnel": pl.String, "unit": pl.String, "step_number": pl.Int64,
        "step_name": pl.String, "unit_count": pl.Int64,
    } | dict.fromkeys(names, pl.Float64)  # fmt: skip
    return pl.DataFrame(rows, schema=schema)
