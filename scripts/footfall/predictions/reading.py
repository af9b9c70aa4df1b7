"""A built database, opened to be read, and what keeps it from that in one line."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from footfall.command import USAGE, read_only

NOT_DONE = 1


class PredictError(Exception):
    """What keeps a command on predictions from its work; one line for the user."""

    exit_code = NOT_DONE


class UsageError(PredictError):
    """The command was called with something that cannot be."""

    exit_code = USAGE


def opened(database: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection that only reads. Raises PredictError."""
    return read_only(database, PredictError, UsageError)
