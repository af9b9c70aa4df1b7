"""Publishing: the marts of a build in a file of their own, which takes the place of the one before by a rename.

Who looks never waits for a build and never sees half a version: a version is written aside, given its name when it is
whole, and then `footfall.duckdb`, a link, is pointed at it in one step. A reader that has an older version open keeps it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from footfall.command import Parser, one_line
from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE
from footfall.export import project_version
from footfall.mart_promises import mart_yaml

FINE, NOT_PUBLISHED, USAGE = 0, 1, 2
SERVING_VARIABLE = "FOOTFALL_SERVING"
MEMORY_VARIABLE = "FOOTFALL_MEMORY_LIMIT"
DEFAULT_SERVING = "data/serving"
CURRENT = "footfall.duckdb"
VERSION_FILE = re.compile(r"^\d{8}T\d{9}Z\.duckdb$")
PARTIAL = ".partial"
# The duckdb CLI and other drivers are a version behind the library that writes.
STORAGE_VERSION = "v1.5.0"
KEPT_VERSIONS = 2
# Large marts of which a page reads one part: the rows of a part are written together, and whoever reads one skips the others.
PARTS = {"customer_risk": ("risk_level",), "funnel_conversions": ("funnel", "unit"), "session_risk": ("risk_level",)}

EXAMPLES = f"""\
examples:
  python scripts/publish.py                              publish data/footfall.duckdb into {DEFAULT_SERVING}
  python scripts/publish.py --keep 5                     keep the five newest versions (and never fewer than the current one)
  FOOTFALL_DB=data/olist.duckdb python scripts/publish.py --out data/olist_serving

Look at it:
  make dashboard
  .venv/bin/duckdb -readonly {DEFAULT_SERVING}/{CURRENT} "from serving.publication"

exit code: 0 published; 1 nothing was published, something has to be mended first; 2 wrong usage.
"""


class PublishError(Exception):
    """What keeps a version from being published; one line for the user."""

    exit_code = NOT_PUBLISHED


class UsageError(PublishError):
    """The command was called with something that cannot be published."""

    exit_code = USAGE


@dataclass(frozen=True)
class Published:
    """A version: its file, what it is of, how many marts and rows it has and how many of its tests failed."""

    path: Path
    version: str
    source_system: str
    as_of_date: str | None
    table_count: int
    row_count: int
    failed_test_count: int


def serving_folder() -> Path:
    """Where versions are published: what FOOTFALL_SERVING names, else data/serving."""
    return Path(os.environ.get(SERVING_VARIABLE, DEFAULT_SERVING))


def current_version(folder: Path) -> Path | None:
    """The file of the published version in `folder`; None where nothing is published."""
    link = folder / CURRENT
    return link.resolve() if link.is_symlink() and link.exists() else None


def publish(database: Path, folder: Path, keep: int = KEPT_VERSIONS, silent: bool = True) -> Published:
    """Writes the marts of `database` into a new version in `folder` and makes it the current one.

    Raises PublishError, and then the version before is still the current one and nothing half-written is left.
    """
    if not database.is_file():
        raise UsageError(f"{database}: there is no such database. Fix: make run, or name yours with FOOTFALL_DB.")
    with _alone(folder):
        if (folder / CURRENT).exists() and not (folder / CURRENT).is_symlink():
            raise PublishError(f"{folder / CURRENT}: is a file that publishing did not make. Fix: move it away.")
        version = _next_version(folder)
        partial = folder / f".{version}{PARTIAL}"
        try:
            published = _write(database, partial, version, silent)
            final = folder / f"{version}.duckdb"
            partial.rename(final)
            _point_at(folder, final)
        except duckdb.Error as error:
            raise PublishError(_told(database, error)) from error
        except OSError as error:
            fix = "see that there is space and that you may write there"
            raise PublishError(f"{folder}: cannot be written ({one_line(error)}). Fix: {fix}.") from error
        finally:
            _remove(partial)
        _prune(folder, keep)
    return Published(folder / f"{version}.duckdb", version, *published)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the folder's lock; what a killed process left half-written is removed. A dead process holds no lock."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"{folder}: is no folder to write into. Fix: name another with --out.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for path in folder.glob(f".*{PARTIAL}*"):
            path.unlink()
        yield
    except BlockingIOError as error:
        raise PublishError(f"{folder}: another version is being published. Fix: wait for it.") from error
    finally:
        os.close(handle)


def _next_version(folder: Path) -> str:
    """The moment in UTC to the millisecond; later than every version there, whatever the clock does."""
    now = datetime.now(UTC)
    version = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z"
    newest = max((path.stem for path in _versions(folder)), default="")
    if version <= newest:
        version = f"{newest[:9]}{int(newest[9:-1]) + 1:09d}Z"
    return version


def _versions(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if VERSION_FILE.match(path.name))


def _write(database: Path, partial: Path, version: str, silent: bool) -> tuple[str, str | None, int, int, int]:
    """Copies the marts into `partial` and says there what it is; source, as-of date, tables, rows, failed tests."""
    config = {"storage_compatibility_version": STORAGE_VERSION, "temp_directory": f"{partial}.tmp"}
    with duckdb.connect(str(partial), config=config) as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{os.environ.get(MEMORY_VARIABLE, '4GB')}'")
        connection.execute(f"attach '{_quoted(database)}' as built (read_only)")
        marts = [
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables "
                "where table_catalog = 'built' and table_schema = 'marts' order by 1"
            ).fetchall()
        ]
        if not marts:
            raise PublishError(f"{database}: there are no marts in it. Fix: dbt build.")
        connection.execute("create schema marts; create schema serving")
        counts = dict(_copied(connection, marts, silent))
        connection.execute("create table serving.table_counts (table_name varchar, row_count bigint)")
        connection.executemany("insert into serving.table_counts values (?, ?)", list(counts.items()))
        failed = _keep_test_results(connection)
        source, as_of = _tell(connection, database, version, failed)
        _describe(connection, marts)
        connection.execute("detach built; checkpoint")
    return source, as_of, len(counts), sum(counts.values()), failed


def _copied(connection: duckdb.DuckDBPyConnection, marts: Sequence[str], silent: bool) -> Iterator[tuple[str, int]]:
    shows = not silent and sys.stderr.isatty()
    for number, mart in enumerate(marts, 1):
        if shows:
            print(f"\r\033[K    {number} of {len(marts)}  {mart}", end="", file=sys.stderr, flush=True)
        yield mart, _copy(connection, mart, PARTS.get(mart, ()))
    if shows:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _copy(connection: duckdb.DuckDBPyConnection, mart: str, parts: Sequence[str]) -> int:
    """Copies a mart, one part after the other where it has any; the number of its rows."""
    if not parts:
        [(rows,)] = connection.execute(f'create table marts."{mart}" as from built.marts."{mart}"').fetchall()
        return rows
    connection.execute(f'create table marts."{mart}" as from built.marts."{mart}" limit 0')
    keys = connection.execute(f'select distinct {", ".join(parts)} from built.marts."{mart}" order by all').fetchall()
    is_part = " and ".join(f"{column} is not distinct from ?" for column in parts)
    copy = f'insert into marts."{mart}" from built.marts."{mart}" where {is_part}'
    return sum(connection.execute(copy, key).fetchall()[0][0] for key in keys)


def _keep_test_results(connection: duckdb.DuckDBPyConnection) -> int:
    """Copies how the tests ended; the number of those that failed. A build that never ran a test has none."""
    connection.execute(
        """
        create table serving.test_results (
            test_name varchar, tested varchar, description varchar, status varchar, failed_row_count bigint,
            message varchar
        )
        """
    )
    has_any = connection.execute(
        "select 1 from information_schema.tables "
        "where table_catalog = 'built' and table_schema = 'operations' and table_name = 'test_results'"
    ).fetchall()
    if has_any:
        connection.execute(
            """
            insert into serving.test_results
            select test_name, tested, description, status, failed_row_count, message
            from built.operations.test_results
            order by test_name, test_id
            """
        )
    [(failed,)] = connection.execute(
        "select count(*) from serving.test_results where status in ('fail', 'error')"
    ).fetchall()
    return failed


def _tell(connection: duckdb.DuckDBPyConnection, database: Path, version: str, failed: int) -> tuple[str, str | None]:
    """serving.publication: one row that says what this version is. Returns its source and as-of date."""
    try:
        [(source, settings)] = connection.execute(
            "select source_system, settings from built.intermediate.int_sources_built"
        ).fetchall()
        [(as_of,)] = connection.execute("select as_of_date from built.intermediate.int_as_of_dates").fetchall()
    except (duckdb.Error, ValueError) as error:
        raise PublishError(f"{database}: does not say of which day and source it is. Fix: dbt build.") from error
    connection.execute(
        """
        create table serving.publication as
        select
            $version::varchar as version,
            $published_at::timestamp as published_at,
            $source::varchar as source_system,
            $as_of::date as as_of_date,
            $project_version::varchar as project_version,
            (select count(*) from serving.test_results) as test_count,
            $failed::bigint as failed_test_count,
            $settings::varchar as settings
        """,
        {
            "version": version,
            "published_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            "source": source,
            "as_of": as_of,
            "project_version": project_version(),
            "failed": failed,
            "settings": settings,
        },
    )
    return source, str(as_of) if as_of else None


def _describe(connection: duckdb.DuckDBPyConnection, marts: Sequence[str]) -> None:
    """The marts' descriptions, for tooltips and for whoever opens the file."""
    connection.execute(
        "create table serving.column_descriptions (table_name varchar, column_name varchar, description varchar)"
    )
    rows = []
    for model in mart_yaml():
        if model["name"] in marts:
            columns = [("", model["description"])]
            columns += [(column["name"], column.get("description", "")) for column in model["columns"]]
            rows += [(model["name"], name, " ".join(text.split())) for name, text in columns]
    if rows:
        by_column = [list(values) for values in zip(*rows, strict=True)]
        connection.execute("insert into serving.column_descriptions select unnest(?), unnest(?), unnest(?)", by_column)


def _point_at(folder: Path, final: Path) -> None:
    """Makes `final` the current version in one step: a link beside it is renamed over the old one."""
    link = folder / f".{CURRENT}{PARTIAL}"
    link.symlink_to(final.name)
    link.replace(folder / CURRENT)


def _prune(folder: Path, keep: int) -> None:
    """Removes all but the newest `keep` versions; the current one stays. A reader that has one open still reads it."""
    current = current_version(folder)
    for path in _versions(folder)[: -max(keep, 1)]:
        if path.resolve() != current:
            path.unlink(missing_ok=True)


def _remove(partial: Path) -> None:
    for path in partial.parent.glob(f"{partial.name}*"):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
    with contextlib.suppress(OSError):
        (partial.parent / f".{CURRENT}{PARTIAL}").unlink(missing_ok=True)


def _told(database: Path, error: duckdb.Error) -> str:
    text = str(error).lower()
    if "lock" in text:
        return f"{database}: is in use by another process. Fix: wait until the build has ended."
    if "no space" in text:
        return f"{database}: there is no space for another version. Fix: free some, or name another folder with --out."
    if "memory_limit" in text:
        return f"{MEMORY_VARIABLE} is '{os.environ.get(MEMORY_VARIABLE)}'. Fix: a size such as 4GB."
    return f"{database}: cannot be published ({one_line(error)}). Fix: dbt build."


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: publishes, says what, returns the exit code."""
    parser = Parser(
        prog="publish.py",
        description="Write the built marts into a new read-only version and make it the one that everybody sees.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=serving_folder(), help=f"the folder ({DEFAULT_SERVING})")
    parser.add_argument("--keep", type=_positive, default=KEPT_VERSIONS, help=f"versions to keep ({KEPT_VERSIONS})")
    chosen = parser.parse_args(arguments)
    database = Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    began = time.monotonic()
    try:
        done = publish(database, chosen.out, chosen.keep, silent=False)
    except PublishError as error:
        print(f"publish.py: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("publish.py: stopped; the version before is still the current one", file=sys.stderr)
        return NOT_PUBLISHED
    print(summary(done, chosen.out, time.monotonic() - began))
    return FINE


def summary(done: Published, folder: Path, seconds: float) -> str:
    """One line on a published version."""
    of_day = f" as of {done.as_of_date}" if done.as_of_date else ""
    tests = f", {done.failed_test_count} failed tests" if done.failed_test_count else ""
    return (
        f"Published {done.table_count} marts{of_day}, {done.row_count:,} rows "
        f"({done.path.stat().st_size / 1e6:,.1f} MB){tests}: {folder / CURRENT}, {seconds:.1f} s"
    )
