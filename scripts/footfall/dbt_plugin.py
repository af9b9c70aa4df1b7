"""dbt-duckdb plugin: lets dbt look at the landed files before a build changes anything."""

from __future__ import annotations

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from footfall.landed_files import landing_problem, new_files

LOSES_ROWS = ("1.5.0", "1.5.1", "1.5.2", "1.5.3", "1.5.4", "1.5.5")


def starting_problem(source: str, remembered: str | None) -> str:
    """What keeps a build of `source` from starting, in one line; '' when nothing does.

    `remembered`: the files that earlier builds loaded, as a JSON array of footfall.landed_files.LandedFile; NULL is none.
    """
    if duckdb.__version__ in LOSES_ROWS:
        return (
            f"duckdb {duckdb.__version__} loses rows in `qualify row_number()` filters. Fix: pip install 'duckdb>=2'."
        )
    try:
        return landing_problem(source, remembered)
    except ValueError as error:
        return str(error)


class Plugin(BasePlugin):
    """Registers footfall_landing_problem and footfall_new_files as SQL functions of each connection that dbt opens.

    Both take the source's name and the files that earlier builds loaded (a JSON array, or NULL).
    """

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Adds the functions to `conn`."""
        for name, function in (("footfall_landing_problem", starting_problem), ("footfall_new_files", new_files)):
            conn.create_function(
                name, function, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True, null_handling="special"
            )
