"""The files that every contender reads: a landing folder's accepted rows, as typed Parquet by day of arrival."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from footfall.contract import DATABASE_VARIABLE, LANDING_VARIABLE, PROJECT
from footfall.folder_swap import replaced_folder

FACTS = "facts.json"
MODELS = (
    "int_events_deduplicated",
    "int_visitors_identified",
    "int_orders_completed",
    "int_order_items_deduplicated",
    "dim_customers",
)


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
    """Writes events, orders, order_items and customers of `landing` into `folder`, unless they are there already.

    What a good row is, which of several deliveries counts and whose a device was is said by the project's own models.
    Files of another landing folder, or of this one before it changed, are replaced. Raises RuntimeError when dbt fails.
    """
    source = _fingerprint(landing)
    kept = _kept(folder, source)
    if kept:
        return kept
    tell(f"preparing {folder.name} from {landing.name} (once, not timed)")
    with replaced_folder(folder) as partial:
        work = partial / "work"
        work.mkdir()
        _build(landing, work)
        with duckdb.connect(str(work / "footfall.duckdb"), read_only=True) as connection:
            connection.execute("set memory_limit = '4GB'; set threads = 2")
            connection.execute(f"set temp_directory = '{work / 'spilled'}'")
            _write_events(connection, partial)
            _write_others(connection, partial)
            files = replace(_facts(connection, partial), folder=str(folder))
        shutil.rmtree(work)
        facts = {key: value for key, value in asdict(files).items() if key != "folder"}
        (partial / FACTS).write_text(json.dumps({"source": source, **facts}), encoding="utf-8")
    return files


def _fingerprint(landing: Path) -> list[str]:
    """The landed files by name and size."""
    files = (path for path in landing.rglob("*") if path.is_file())
    return sorted(f"{path.relative_to(landing)} {path.stat().st_size}" for path in files)


def _kept(folder: Path, source: list[str]) -> Files | None:
    """What an earlier call prepared from the same files."""
    if not (folder / FACTS).is_file():
        return None
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Files(folder=str(folder), **facts) if facts.pop("source", None) == source else None


def _build(landing: Path, work: Path) -> None:
    """The models that say what is a good row, in a database of their own; dbt tells its progress on stderr."""
    environment = {
        LANDING_VARIABLE: str(landing.resolve()),
        DATABASE_VARIABLE: str((work / "footfall.duckdb").resolve()),
        "DBT_TARGET_PATH": str((work / "target").resolve()),
        "DBT_LOG_PATH": str((work / "logs").resolve()),
    }
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "test", "unit_test"]
    command += ["--select", *(f"+{model}" for model in MODELS)]
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, **environment}, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise RuntimeError(
            f"{landing}: dbt could not build its events and orders. Fix: mend what it says above, and call this again."
        )


def _write_events(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """One file per day of arrival, in the order of time. customer_id is the owner of the device at that moment."""
    (folder / "events").mkdir()
    days = connection.execute(
        "select distinct _landed_on from intermediate.int_events_deduplicated order by 1"
    ).fetchall()
    for (landed_on,) in days:
        connection.execute(
            f"""copy (
                select events.event_at, events.visitor_id, owners.customer_id, events.event_type, events.product_id
                from intermediate.int_events_deduplicated as events
                left join intermediate.int_visitors_identified as owners
                    on events.visitor_id = owners.visitor_id
                    and events.event_at >= owners.valid_from and events.event_at < owners.valid_to
                where events._landed_on = date '{landed_on}'
                order by events.event_at, events.event_id
            ) to '{folder}/events/{landed_on}.parquet' (format parquet, compression zstd)"""
        )


def _write_others(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """orders with a time and a customer, lines with pieces and a product, and everybody who is known."""
    tables = {
        "orders": """select order_id, customer_id, ordered_at, status, order_amount from intermediate.int_orders_completed
            where customer_id is not null and ordered_at is not null order by ordered_at, order_id""",
        "order_items": """select order_id, product_id, quantity from intermediate.int_order_items_deduplicated
            where quantity > 0 and product_id is not null order by order_id, product_id, order_item_id""",
        "customers": "select customer_id from marts.dim_customers order by customer_id",
    }
    for table, query in tables.items():
        (folder / table).mkdir()
        connection.execute(f"copy ({query}) to '{folder}/{table}/all.parquet' (format parquet, compression zstd)")


def _facts(connection: duckdb.DuckDBPyConnection, folder: Path) -> Files:
    """How many events there are, the last day, and the product that most shoppers put into the cart."""
    events = f"read_parquet('{folder}/events/*.parquet')"
    count, last = connection.execute(f"select count(*), max(cast(event_at as date)) from {events}").fetchone()
    anchor = connection.execute(
        f"""select product_id from {events} where event_type = 'add_to_cart' and product_id is not null
        group by 1 order by count(distinct coalesce(customer_id, visitor_id)) desc, 1 limit 1"""
    ).fetchone()
    if anchor is None:
        raise RuntimeError(
            f"{folder}: nobody put a product into the cart, so there is nothing to ask. Fix: take other files."
        )
    return Files(folder=str(folder), events=count, as_of_date=str(last), anchor_product_id=anchor[0])
