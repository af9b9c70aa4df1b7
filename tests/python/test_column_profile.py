"""column_profile says of each column what plain queries and numpy say of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

# Facts are those of the last seven days, and those without a time.
TABLES = {
    "dim_customers": "true",
    "dim_products": "true",
    "fct_events": "event_at >= {since}",
    "fct_sessions": "started_at >= {since}",
    "fct_orders": "ordered_at >= {since} or ordered_at is null",
    "fct_order_items": "ordered_at >= {since} or ordered_at is null",
    "fct_payments": "attempted_at >= {since}",
}
SINCE = "(select as_of_date - interval 6 day from intermediate.int_as_of_dates)"
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL(18,4)")


@pytest.mark.parametrize("table", list(TABLES))
def test_every_column_is_profiled(build: Callable[[str], Path], table: str) -> None:
    with duckdb.connect(str(build("storefront")), read_only=True) as connection:
        profile = {
            row[0]: row[1:]
            for row in connection.execute(
                """
                select column_name, row_count, null_count, distinct_count, min_value, max_value, mean_value, outlier_count
                from marts.column_profile
                where table_name = ?
                """,
                [table],
            ).fetchall()
        }
        columns = connection.execute(f"select column_name, column_type from (describe marts.{table})").fetchall()
        rows_of = f"(select * from marts.{table} where {TABLES[table].format(since=SINCE)})"
        shown = [(name, kind) for name, kind in columns if not name.startswith("_")]
        assert set(profile) == {name for name, _ in shown}
        for name, kind in shown:
            values = [value for (value,) in connection.execute(f"select {name} from {rows_of}").fetchall()]
            filled = [value for value in values if value is not None]
            rows, nulls, distinct, low, high, mean, outliers = profile[name]
            assert (rows, nulls, distinct) == (len(values), len(values) - len(filled), len(set(filled))), name
            if not filled:
                assert (low, high) == (None, None), name
                continue
            if kind == "DOUBLE":
                assert (low, high) == (f"{min(filled):.6f}", f"{max(filled):.6f}"), name
            else:
                extremes = connection.execute(f"select min({name})::varchar, max({name})::varchar from {rows_of}")
                assert (low, high) == extremes.fetchone(), name
            if kind not in NUMBERS:
                assert (mean, outliers) == (None, None), name
                continue
            numbers = np.array([float(value) for value in filled])
            first, third = np.percentile(numbers, [25, 75])
            fence = 1.5 * (third - first)
            assert mean == pytest.approx(numbers.mean(), abs=1e-4, rel=1e-6), name
            outside = int(((numbers < first - fence) | (numbers > third + fence)).sum())
            assert abs(outliers - outside) <= len(numbers) * 1e-4, name
