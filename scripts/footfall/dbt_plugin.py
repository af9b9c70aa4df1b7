"""dbt-duckdb plugin: lets dbt look at the landed files before a build changes anything."""

from __future__ import annotations

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from footfall.landing_checks import landing_problems

LOSES_ROWS = ("1.5.0", "1.5.1", "1.5.2", "1.5.3", "1.5.4", "1.5.5")


def landing_problem(source: str) -> str:
    """What keeps a build of `source` from starting, in one line; '' when nothing does."""
    if duckdb.__version__ in LOSES_ROWS:
        return (
            f"duckdb {duckdb.__version__} loses rows in `qualify row_number()` filters. Fix: pip install 'duckdb>=2'."
        )
    try:
        problems = landing_problems(source)
    except ValueError as error:
        return str(error)
    if not problems:
        return ""
    others = f" (and {len(problems) - 1} more: python scripts/validate.py)" if len(problems) > 1 else ""
    return f"{problems[0]}{others}"


class Plugin(BasePlugin):
    """Registers footfall_landing_problem(source) as a SQL function of each connection that dbt opens."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Adds the function to `conn`."""
        conn.create_function("footfall_landing_problem", landing_problem, ["VARCHAR"], "VARCHAR", side_effects=True)
