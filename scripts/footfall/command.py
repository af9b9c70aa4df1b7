"""What the command lines share: a parser that refuses in one line, errors in one line, a built database opened to be read."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from footfall.contract import DATABASE_VARIABLE

USAGE = 2


class Parser(argparse.ArgumentParser):
    """Refuses in one line, with exit code USAGE."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Says what is wrong and ends the program."""
        print(f"{self.prog}: {message} (see --help)", file=sys.stderr)
        raise SystemExit(USAGE)


def one_line(error: object) -> str:
    """An error's message in one line of bearable length."""
    return textwrap.shorten(str(error), 200, placeholder=" …") or "no reason given"


@contextmanager
def read_only(database: Path, failed: type[Exception], misused: type[Exception]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only reads, in UTC. Raises `misused` where there is no such database, `failed` where it is in use."""
    if not database.is_file():
        raise misused(f"{database}: there is no such database. Fix: make run, or name yours with {DATABASE_VARIABLE}.")
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            fix = "wait until the build has ended, or close the program that has it open for writing"
            raise failed(f"{database}: is in use by another process. Fix: {fix}.") from error
        raise misused(f"{database}: cannot be opened ({one_line(error)}). Fix: name another database.") from error
    with connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        yield connection
