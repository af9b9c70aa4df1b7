"""What the generator planted is what the marts say: exactly, or first where chance has a part."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import Dbt, generate

TRUTH = "_truth/storefront"


class Recovery:
    """A built database beside the truth of its landing: `rows(query)`, where {truth} stands for the truth's folder."""

    def __init__(self, database: Path, landing: Path) -> None:
        self.truth = landing / TRUTH
        self.connection = duckdb.connect()
        self.connection.execute(f"attach '{database}' as built (read_only)")
        self.connection.execute("use built.marts")

    def rows(self, query: str) -> list[tuple]:
        """All rows of a query."""
        return self.connection.execute(query.format(truth=self.truth)).fetchall()


@pytest.fixture(scope="module", params=["small", pytest.param("default", marks=pytest.mark.large)])
def recovery(
    request: pytest.FixtureRequest,
    generated_landing: Path,
    build: Callable[[str], Path],
    dbt_for: Callable[..., Dbt],
    tmp_path_factory: pytest.TempPathFactory,
) -> Recovery:
    """The small landing of the fast suite, and in `make test-all` the default one of `make run`."""
    if request.param == "small":
        database = build("storefront")
        dbt = dbt_for(generated_landing)
        shutil.copy(database, dbt.database)
        # The planted slice is smaller here than the default minimum of attempts.
        assert dbt("run", "-s", "payment_failure_drivers", min_slice_attempts=50).returncode == 0
        return Recovery(dbt.database, generated_landing)
    landing = generate(tmp_path_factory.mktemp("default"))
    return Recovery(dbt_for(landing).build(), landing)


def test_every_event_is_in_its_planted_session(recovery: Recovery) -> None:
    wrong = recovery.rows(
        """
        select coalesce(planted.event_id, found.event_id), planted.started_at, sessions.started_at
        from read_parquet('{truth}/event_sessions/*.parquet') as planted
        full join fct_events as found on planted.event_id = found.event_id
        left join fct_sessions as sessions on found.session_id = sessions.session_id
        where
            planted.visitor_id is distinct from found.visitor_id
            or planted.started_at is distinct from sessions.started_at
            or planted.ended_at is distinct from sessions.ended_at
        limit 5
        """
    )
    assert wrong == []
    planted, found = recovery.rows(
        """
        select count(*) from read_parquet('{truth}/sessions/*.parquet')
        union all
        select count(*) from fct_sessions
        """
    )
    assert planted == found


def test_the_planted_boundaries_are_there(recovery: Recovery) -> None:
    """Without gaps at the edge the test above would prove less."""
    exact, just_over = recovery.rows(
        """
        select
            count(*) filter (where event_at = previous_event_at + interval 30 minute),
            count(*) filter (where event_at = previous_event_at + interval '30 minutes 1 microsecond')
        from (
            select event_at, lag(event_at) over (partition by visitor_id order by event_at, event_id) as previous_event_at
            from built.intermediate.int_events_sessionized
        )
        """
    )[0]
    assert exact > 0
    assert just_over > 0


def test_identities_are_recovered(recovery: Recovery) -> None:
    wrong = recovery.rows(
        """
        with planted as (
            select
                visitor_id,
                customer_id,
                coalesce(from_at, timestamp '1900-01-01 00:00:00') as valid_from,
                coalesce(to_at, timestamp '9999-12-31 00:00:00') as valid_to
            from read_parquet('{truth}/identities.parquet')
        ),

        found as (
            select visitor_id, customer_id, valid_from, valid_to
            from built.intermediate.int_visitors_identified
        )

        (select * from planted except select * from found)
        union all
        (select * from found except select * from planted)
        limit 5
        """
    )
    assert wrong == []


def test_stage_totals_are_the_planted_counts(recovery: Recovery) -> None:
    wrong = recovery.rows(
        """
        select planted.funnel, planted.step_number, planted.event_count, found.event_count
        from read_parquet('{truth}/funnel_counts.parquet') as planted
        full join funnel_stage_totals as found
            on planted.funnel = found.funnel and planted.step_number = found.step_number
        where planted.event_count is distinct from found.event_count
        """
    )
    assert wrong == []


def test_every_row_has_its_planted_fate(recovery: Recovery) -> None:
    columns = ["landed_on"] + [
        f"{fate}_count" for fate in ("landed", "accepted", "quarantined", "duplicate", "superseded")
    ]
    listed = ", ".join(columns)
    wrong = recovery.rows(
        f"""
        (select "table" as source_table, {listed} from read_parquet('{{truth}}/reconciliation.parquet')
         except select source_table, {listed} from row_reconciliation)
        union all
        (select source_table, {listed} from row_reconciliation
         except select "table", {listed} from read_parquet('{{truth}}/reconciliation.parquet'))
        limit 5
        """
    )
    assert wrong == []


def test_quarantine_is_the_planted_faults_one_for_one(recovery: Recovery) -> None:
    wrong = recovery.rows(
        """
        with planted as (
            select "table" as source_table, landed_on, expected_reason as reason, count(*) as row_count
            from read_parquet('{truth}/faults.parquet')
            where expected_fate = 'quarantined'
            group by all
        ),

        found as (
            select source_table, landed_on, rejection_reasons as reason, count(*) as row_count
            from quarantined_rows
            group by all
        )

        (select * from planted except select * from found)
        union all
        (select * from found except select * from planted)
        limit 5
        """
    )
    assert wrong == []
    with_keys = recovery.rows(
        """
        select planted.fault, planted.row_key
        from read_parquet('{truth}/faults.parquet') as planted
        where
            planted.expected_fate = 'quarantined'
            and planted.row_key is not null
            -- Some malformed lines have lost all that was in them; they are counted above.
            and planted.expected_reason <> 'malformed_json'
            and not exists (
                select 1
                from quarantined_rows as found
                where
                    found.source_table = planted."table"
                    and found.landed_on = planted.landed_on
                    and found.rejection_reasons = planted.expected_reason
                    and contains(found.raw_row, planted.row_key)
            )
        limit 5
        """
    )
    assert with_keys == []


def test_the_failing_slice_comes_first(recovery: Recovery) -> None:
    planted = recovery.rows(
        "select gateway, app_version, from_on, to_on from read_parquet('{truth}/failing_slice.parquet')"
    )
    gateway, version, first, last = planted[0]
    found = recovery.rows(
        """
        select breakdown, breakdown_value, is_significant, failing_from, failing_to
        from payment_failure_drivers
        order by driver_rank, slice_id
        limit 1
        """
    )
    assert found, "no slice has enough attempts to be tested"
    breakdown, value, significant, failing_from, failing_to = found[0]
    assert (breakdown, value) == ("gateway × app_version", f"{gateway} × {version}")
    assert significant
    assert abs((failing_from - first).days) <= 2
    assert abs((failing_to - last).days) <= 2


def test_planted_pairs_are_the_first_opportunities(recovery: Recovery) -> None:
    """Of what Mineral Water's shoppers view and never add, the planted products stand out most from what everybody views."""
    planted = recovery.rows(
        "select anchor_product_id, product_id from read_parquet('{truth}/cross_sell_pairs.parquet')"
    )
    found = recovery.rows(
        f"""
        select anchor_product_id, product_id
        from cross_sell_opportunities
        where anchor_product_id = '102' and customer_group = 'all'
        order by viewer_count * (1 - 1 / viewer_lift) desc, product_id
        limit {len(planted)}
        """
    )
    assert planted
    assert sorted(found) == sorted(planted)


def test_manifest_agrees_with_the_reconciliation(recovery: Recovery) -> None:
    tables = json.loads((recovery.truth / "manifest.json").read_text())["tables"]
    found = {
        table: {"landed_count": landed, "accepted_count": accepted}
        for table, landed, accepted in recovery.rows(
            "select source_table, sum(landed_count), sum(accepted_count) from row_reconciliation group by all"
        )
    }
    assert found == {
        table: {"landed_count": counts["landed_count"], "accepted_count": counts["accepted_count"]}
        for table, counts in tables.items()
    }


@pytest.mark.large
def test_the_broken_gateway_is_found(dbt_for: Callable[..., Dbt], tmp_path_factory: pytest.TempPathFactory) -> None:
    """About 24.9 % of about 150,000 attempts are approved, and the first driver is the planted gateway."""
    landing = generate(tmp_path_factory.mktemp("broken"), "--scenario", "broken_gateway")
    recovery = Recovery(dbt_for(landing).build(), landing)
    attempts, rate = recovery.rows("select attempt_count, approval_rate from payment_outcomes where breakdown = 'all'")[
        0
    ]
    assert abs(attempts - 150_000) < 5_000
    assert abs(rate - 0.249) < 0.003
    planted = recovery.rows("select gateway from read_parquet('{truth}/failing_slice.parquet')")[0][0]
    found = recovery.rows(
        "select breakdown, breakdown_value from payment_failure_drivers order by driver_rank, slice_id limit 1"
    )
    assert found == [("gateway", planted)]
