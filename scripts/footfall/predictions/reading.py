"""A built database, opened to be read, and what keeps it from that in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from footfall.contract import DATABASE_VARIABLE

NOT_DONE, USAGE = 1, 2


class PredictError(Exception):
    """What keeps a command on predictions from its work; one line for the user."""

    exit_code = NOT_DONE


class UsageError(PredictError):
    """The command was called with something that cannot be."""

    exit_code = USAGE


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only reads, in UTC. Raises PredictError."""
    if not database.is_file():
        raise UsageError(
            f"{database}: there is no such database. Fix: make run, or name yours with {DATABASE_VARIABLE}."
        )
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            fix = "wait until the build has ended, or close the program that has it open for writing"
            raise PredictError(f"{database}: is in use by another process. Fix: {fix}.") from None
        raise UsageError(f"{database}: cannot be opened ({one_line(error)}). Fix: name another database.") from None
    with connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        yield connection


def one_line(error: object) -> str:
    """An error's first line, of bearable length."""
    return str(error).splitlines()[0][:200] if str(error) else "no reason given"
