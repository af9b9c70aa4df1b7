"""The files that every contender reads: a landing folder's rows, valid and each once, as typed Parquet by day of arrival."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from glob import glob
from pathlib import Path

import duckdb

from footfall.contract import PROJECT

FACTS = "facts.json"
ROWS_PER_PASS = 25_000_000
EARLIEST = "timestamp '1990-01-01 00:00:00'"
# The three logs as the events entity has them: columns for id, time, name and product, and what a good row says.
LOGS = {
    "clickstream": ("event_id", "event_at", "event_name", "nullif(trim(product_id), '')", "true"),
    "cart_events": (
        "event_id",
        "event_at",
        "event_name",
        "nullif(trim(product_id), '')",
        "(quantity is null or try_cast(quantity as double) > 0) and (unit_price is null or try_cast(unit_price as double) >= 0)",
    ),
    "payment_attempts": (
        "payment_id",
        "attempted_at",
        "'payment_attempted'",
        "cast(null as varchar)",
        "(amount is null or try_cast(amount as double) >= 0) "
        "and lower(trim(result)) in ('approved', 'declined', 'error', 'timeout', 'abandoned')",
    ),
}
TEXTS = (
    "event_id", "event_at", "visitor_id", "customer_id", "event_name", "product_id", "quantity", "unit_price", "payment_id",
    "attempted_at", "amount", "result",
)  # fmt: skip


@dataclass(frozen=True)
class Files:
    """A folder of prepared files and what the questions need to know of them."""

    folder: str
    events: int
    as_of_date: str
    anchor_product_id: str

    def glob(self, table: str) -> str:
        """The glob of one table's files."""
        return f"{self.folder}/{table}/*.parquet"


def prepare(landing: Path, folder: Path, tell: Callable[[str], None]) -> Files:
    """Writes events, orders, order_items and customers of `landing` into `folder`, unless they are there already."""
    if (folder / FACTS).is_file():
        return _read(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell(f"preparing {folder.name} from {landing.name} (once, not timed)")
    with duckdb.connect(str(folder / "work.duckdb")) as connection:
        connection.execute("set memory_limit = '4GB'; set threads = 2; set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = '{folder / 'work.tmp'}'")
        connection.execute(f"create table names as from read_csv('{PROJECT / 'seeds' / 'event_names.csv'}')")
        days = sorted({Path(path).name for path in glob(f"{landing}/storefront/*/landed_on=*")})  # noqa: PTH207
        _set_aside_repeated(connection, landing, days)
        _find_owners(connection, landing)
        _write_events(connection, landing, folder, days)
        _write_orders(connection, landing, folder)
        facts = _facts(connection, folder)
    (folder / "work.duckdb").unlink()
    shutil.rmtree(folder / "work.tmp", ignore_errors=True)
    (folder / FACTS).write_text(json.dumps({k: v for k, v in asdict(facts).items() if k != "folder"}), encoding="utf-8")
    return facts


def _read(folder: Path) -> Files:
    return Files(folder=str(folder), **json.loads((folder / FACTS).read_text(encoding="utf-8")))


def _log(landing: Path, table: str, day: str) -> str:
    """The rows of one log as texts, from Parquet and JSON lines; nothing where the day has none."""
    parts = []
    pattern = f"{landing}/storefront/{table}/{day}/*"
    if glob(f"{pattern}.parquet"):  # noqa: PTH207
        parts.append(f"read_parquet('{pattern}.parquet', hive_partitioning = true, union_by_name = true)")
    if glob(f"{pattern}.jsonl"):  # noqa: PTH207
        columns = ", ".join(f"{name}: 'VARCHAR'" for name in TEXTS)
        parts.append(
            f"read_json('{pattern}.jsonl', format = 'newline_delimited', hive_partitioning = true, ignore_errors = true,"
            f" columns = {{{columns}, landed_on: 'DATE'}})"
        )
    event_id, event_at, name, product, good = LOGS[table]
    selects = [
        f"""
        select
            nullif(trim({event_id}), '') as event_id,
            cast(try_cast({event_at} as timestamptz) as timestamp) as event_at,
            nullif(trim(coalesce(visitor_id, customer_id)), '') as visitor_id,
            nullif(trim(customer_id), '') as customer_id,
            lower(trim({name})) as event_name,
            {product} as product_id,
            cast(landed_on as date) as landed_on
        from {part}
        where {good}
        """
        for part in parts
    ]
    return "\nunion all\n".join(selects)


def _deliveries(landing: Path, day: str = "landed_on=*") -> str:
    """The good rows of all logs with canonical types, as a subquery; repeated ids included."""
    logs = "\nunion all\n".join(filter(None, (_log(landing, table, day) for table in LOGS)))
    return f"""(
        select rows.* exclude (event_name), coalesce(names.event_type, 'other') as event_type
        from ({logs}) as rows left join names on rows.event_name = names.raw_name
        where event_id is not null and visitor_id is not null and event_at >= {EARLIEST}
            and cast(event_at as date) <= landed_on + 1
    )"""


def _set_aside_repeated(connection: duckdb.DuckDBPyConnection, landing: Path, days: list[str]) -> None:
    """Tables of the ids that come more than once (by hash), and of the smallest row by content of each."""
    deliveries = _deliveries(landing)
    (middle,) = connection.execute(f"select count(*) from {_deliveries(landing, days[len(days) // 2])}").fetchone()
    passes = 1 + middle * len(days) // ROWS_PER_PASS
    connection.execute("create table repeated (id_hash ubigint)")
    for number in range(passes):
        connection.execute(
            f"insert into repeated select hash(event_id) from {deliveries} "
            f"where hash(event_id) % {passes} = {number} group by 1 having count(*) > 1"
        )
    connection.execute(
        f"""create table winners as
        select * from {deliveries} where hash(event_id) in (select id_hash from repeated)
        qualify row_number() over (partition by event_id order by event_at, visitor_id, customer_id nulls last, event_type,
            product_id nulls last, landed_on) = 1"""
    )


def _find_owners(connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Table of intervals: whose a device was (docs/decisions.md); windows only for devices of several customers."""
    deliveries = _deliveries(landing)
    connection.execute(
        f"""create table known as
        select visitor_id, min(customer_id) as customer_id, max(customer_id) as other_id
        from {deliveries} where customer_id is not null group by visitor_id"""
    )
    connection.execute(
        f"""create table owners as
        with instants as (
            select visitor_id, customer_id, event_at from {deliveries}
            where customer_id is not null and visitor_id in (select visitor_id from known where customer_id <> other_id)
            qualify row_number() over (partition by visitor_id, event_at order by event_id desc) = 1
        ),
        changes as (
            select * from instants
            qualify customer_id is distinct from lag(customer_id) over (partition by visitor_id order by event_at)
        )
        select visitor_id, customer_id,
            case when lag(event_at) over by_time is null then timestamp '1900-01-01' else event_at end as valid_from,
            coalesce(lead(event_at) over by_time, timestamp '9999-12-31') as valid_to
        from changes window by_time as (partition by visitor_id order by event_at)
        union all
        select visitor_id, customer_id, timestamp '1900-01-01', timestamp '9999-12-31'
        from known where customer_id = other_id"""
    )


def _write_events(connection: duckdb.DuckDBPyConnection, landing: Path, folder: Path, days: list[str]) -> None:
    """One file per day of arrival, in the order of time. customer_id is the owner of the device at that moment."""
    (folder / "events").mkdir()
    for day in days:
        if not glob(f"{landing}/storefront/*/{day}"):  # noqa: PTH207
            continue
        landed_on = day.removeprefix("landed_on=")
        deliveries = _deliveries(landing, day)
        connection.execute(
            f"""copy (
                with events as (
                    from {deliveries} where hash(event_id) not in (select id_hash from repeated)
                    union all by name
                    from winners where landed_on = date '{landed_on}'
                )
                select events.event_at, events.visitor_id, owners.customer_id, events.event_type, events.product_id
                from events left join owners
                    on events.visitor_id = owners.visitor_id
                    and events.event_at >= owners.valid_from and events.event_at < owners.valid_to
                order by events.event_at, events.event_id
            ) to '{folder}/events/{landed_on}.parquet' (format parquet, compression zstd)"""
        )


def _newest(landing: Path, table: str, key: str, columns: str, good: str, newest: str) -> str:
    """The newest good version of each row of an entity's files, as a query."""
    path = f"{landing}/storefront/{table}/*/*.parquet"
    return f"""
        select {columns} from read_parquet('{path}', hive_partitioning = true, union_by_name = true)
        where nullif(trim({key}), '') is not null and {good}
        qualify row_number() over (partition by {key} order by {newest}) = 1"""


def _write_orders(connection: duckdb.DuckDBPyConnection, landing: Path, folder: Path) -> None:
    """orders with a time and a customer, lines with pieces and a product, and everybody who signed up, ordered or logged in."""
    orders = _newest(
        landing,
        "orders",
        "order_id",
        "order_id, customer_id, cast(try_cast(ordered_at as timestamptz) as timestamp) as ordered_at, "
        "lower(trim(status)) as status, try_cast(order_amount as decimal(18, 4)) as order_amount",
        f"try_cast(order_amount as double) >= 0 and cast(try_cast(ordered_at as timestamptz) as timestamp) >= {EARLIEST} "
        "and cast(try_cast(ordered_at as timestamptz) as date) <= landed_on + 1",
        "try_cast(updated_at as timestamptz) desc nulls last, landed_on desc, status, ordered_at, order_amount",
    )
    items = _newest(
        landing,
        "order_items",
        "order_item_id",
        "order_id, product_id, try_cast(quantity as bigint) as quantity",
        "try_cast(quantity as bigint) > 0 and nullif(trim(product_id), '') is not null and nullif(trim(order_id), '') is not null "
        "and coalesce(try_cast(unit_price as double) >= 0, true) and coalesce(try_cast(amount as double) >= 0, true)",
        "landed_on desc, order_id, product_id, quantity",
    )
    people = f"read_parquet('{landing}/storefront/customers/*/*.parquet', union_by_name = true)"
    tables = {
        "orders": f"from ({orders}) where customer_id is not null order by ordered_at, order_id",
        "order_items": f"from ({items}) order by order_id, product_id",
        "customers": f"""select customer_id from {people} where nullif(trim(customer_id), '') is not null
            union select customer_id from '{folder}/orders/*.parquet'
            union select customer_id from owners order by 1""",
    }
    for table, query in tables.items():
        (folder / table).mkdir()
        connection.execute(f"copy ({query}) to '{folder}/{table}/all.parquet' (format parquet, compression zstd)")


def _facts(connection: duckdb.DuckDBPyConnection, folder: Path) -> Files:
    """How many events there are, the last day, and the product that most shoppers put into the cart."""
    events = f"read_parquet('{folder}/events/*.parquet')"
    count, last = connection.execute(f"select count(*), max(cast(event_at as date)) from {events}").fetchone()
    (anchor,) = connection.execute(
        f"""select product_id from {events} where event_type = 'add_to_cart' and product_id is not null
        group by 1 order by approx_count_distinct(coalesce(customer_id, visitor_id)) desc, 1 limit 1"""
    ).fetchone()
    return Files(folder=str(folder), events=count, as_of_date=str(last), anchor_product_id=anchor)
