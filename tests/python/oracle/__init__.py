"""An independent oracle: every mart computed from the landed files in Polars and NumPy.

It shares no code with the SQL; only the business configuration (seeds and variables) is read
by both. `build_marts(source, landing)` gives a dict of mart name to table.
"""

from oracle.build import SOURCES, build_marts, snapshots
from oracle.compare import Comparison, compare, mart_keys
from oracle.options import Options

__all__ = ["SOURCES", "Comparison", "Options", "build_marts", "compare", "mart_keys", "snapshots"]
