"""dbt-duckdb plugin."""
from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Nothing yet."""
