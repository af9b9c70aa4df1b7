"""A shift that is planted in a delivery is flagged on the day it lands and on no other; clean data raises no alarm."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import Dbt, generate

LOGS = ("clickstream", "cart_events", "payment_attempts")
# Enough events a day for every feature to be measurable, and few days: the reference month and nine more.
SHAPE = ("--customers", "6000", "--days", "40", "--events", "320000", "--seed", "11", "--truth", "off")
CLEAN = ("--scenario", "healthy", "--faults", "none")
# All after the first calendar month, the reference; one shift a day.
DEARER, DOUBLED, EMPTIED, RENAMED = (date(2025, 2, day) for day in (4, 5, 6, 7))
SEEDS = range(101, 121)


def files_of(landing: Path, table: str, day: date) -> list[Path]:
    """A table's files of one landing day."""
    files = sorted((landing / "storefront" / table / f"landed_on={day}").glob("*.parquet"))
    assert files, f"nothing landed in {table} on {day}"
    return files


def rewrite(landing: Path, table: str, day: date, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Replaces a table's files of one landing day by changed ones."""
    for file in files_of(landing, table, day):
        rows = pl.read_parquet(file)
        change(rows).cast(dict(rows.schema)).write_parquet(file)


def make_dearer(landing: Path) -> None:
    """Amounts in another currency: a hundred times as much."""
    rewrite(landing, "cart_events", DEARER, lambda rows: rows.with_columns(pl.col("unit_price") * 100))
    rewrite(landing, "payment_attempts", DEARER, lambda rows: rows.with_columns(pl.col("amount") * 100))


def double(landing: Path) -> None:
    """Every row of the logs once more, under a new id."""
    for table in LOGS:
        key = "payment_id" if table == "payment_attempts" else "event_id"
        for file in files_of(landing, table, DOUBLED):
            again = pl.read_parquet(file).with_columns(pl.col(key) + "-again")
            again.write_parquet(file.with_name(f"{file.stem}_again.parquet"))


def empty(landing: Path) -> None:
    """Every other row of the logs has lost its device type."""
    lost = pl.when(pl.int_range(pl.len()) % 2 == 0).then(None).otherwise(pl.col("device_type"))
    for table in LOGS:
        rewrite(landing, table, EMPTIED, lambda rows: rows.with_columns(device_type=lost))


def rename(landing: Path) -> None:
    """The shop's front end calls product views something that nobody has told us."""
    name = pl.col("event_name").replace("view_item", "product_detail_shown")
    rewrite(landing, "clickstream", RENAMED, lambda rows: rows.with_columns(event_name=name))


class Alarms:
    """What score_drift and volume_anomalies flag in a built database."""

    def __init__(self, database: Path) -> None:
        with duckdb.connect(str(database), read_only=True) as connection:
            self.drifts: list[tuple[str, date]] = connection.execute(
                "select feature, measured_on from marts.score_drift where is_alarm order by all"
            ).fetchall()
            self.volumes: list[tuple[str, date, str]] = connection.execute(
                "select subject, measured_on, direction from marts.volume_anomalies where is_anomaly order by all"
            ).fetchall()
            self.measurable: dict[str, int] = dict(
                connection.execute(
                    "select feature, count(*) filter (where is_measurable) from marts.score_drift group by all"
                ).fetchall()
            )

    @property
    def days(self) -> set[date]:
        """The days with any alarm."""
        return {day for _, day, *_ in [*self.drifts, *self.volumes]}


def alarms_of(dbt: Dbt) -> Alarms:
    """Builds the two marts with what they need, without tests."""
    run = dbt(
        "build",
        "--exclude",
        "resource_type:test",
        "resource_type:unit_test",
        "-s",
        "+score_drift",
        "+volume_anomalies",
    )
    assert run.returncode == 0, run.output[-8000:]
    return Alarms(dbt.database)


@pytest.fixture(scope="module")
def shifted(dbt_for: Callable[..., Dbt], tmp_path_factory: pytest.TempPathFactory) -> Alarms:
    """The alarms over a clean landing with a shift on each of four days."""
    landing = generate(tmp_path_factory.mktemp("shifted"), *SHAPE, *CLEAN, "--clickstream-format", "parquet")
    for plant in (make_dearer, double, empty, rename):
        plant(landing)
    return alarms_of(dbt_for(landing))


def test_everything_is_measured(shifted: Alarms) -> None:
    """Without that the tests below would prove nothing: nine days of events after the reference, one snapshot."""
    assert shifted.measurable == {
        "event_type": 9,
        "device_type": 9,
        "traffic_channel": 9,
        "country": 9,
        "amount": 9,
        "engagement_score": 1,
        "session_count_30_days": 1,
    }


def test_only_the_days_with_a_shift_are_flagged(shifted: Alarms) -> None:
    assert shifted.days == {DEARER, DOUBLED, EMPTIED, RENAMED}


def test_another_currency_is_flagged(shifted: Alarms) -> None:
    assert [feature for feature, day in shifted.drifts if day == DEARER] == ["amount"]
    assert [subject for subject, day, _ in shifted.volumes if day == DEARER] == []


def test_doubled_volume_is_flagged(shifted: Alarms) -> None:
    doubled = {subject: direction for subject, day, direction in shifted.volumes if day == DOUBLED}
    assert set(doubled.values()) == {"more"}
    assert {*LOGS, "page_view", "product_view", "search", "add_to_cart", "payment_attempted"} <= set(doubled)
    assert "orders" not in doubled, "the orders landed once"
    assert [feature for feature, day in shifted.drifts if day == DOUBLED] == []


def test_a_burst_of_nulls_is_flagged(shifted: Alarms) -> None:
    assert [feature for feature, day in shifted.drifts if day == EMPTIED] == ["device_type"]
    assert [subject for subject, day, _ in shifted.volumes if day == EMPTIED] == []


def test_a_renamed_event_is_flagged(shifted: Alarms) -> None:
    """Twice: the mix of event types has changed, and the views are gone."""
    assert [feature for feature, day in shifted.drifts if day == RENAMED] == ["event_type"]
    assert [(subject, direction) for subject, day, direction in shifted.volumes if day == RENAMED] == [
        ("product_view", "fewer")
    ]


@pytest.mark.large
def test_clean_data_raises_no_alarm(dbt_for: Callable[..., Dbt], tmp_path_factory: pytest.TempPathFactory) -> None:
    """In at least 95 % of 20 seeds of the default size, over half a year."""
    loud = {}
    for seed in SEEDS:
        landing = generate(tmp_path_factory.mktemp(f"seed{seed}"), "--seed", str(seed), *CLEAN, "--truth", "off")
        dbt = dbt_for(landing)
        alarms = alarms_of(dbt)
        # Twenty of them would fill gigabytes.
        shutil.rmtree(landing)
        dbt.database.unlink()
        if alarms.days:
            loud[seed] = (alarms.drifts, alarms.volumes)
    assert len(loud) <= 0.05 * len(SEEDS), loud
