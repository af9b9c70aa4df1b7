"""`scripts/publish.py`: versions that are whole or not there, and readers that never wait."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Dbt
from footfall import publish as publishing
from footfall.publish import (
    CURRENT,
    FINE,
    NOT_PUBLISHED,
    USAGE,
    PublishError,
    UsageError,
    current_version,
    main,
    publish,
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A build in small: two marts, its source and day, and how two tests ended."""
    path = tmp_path / "built.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema intermediate; create schema operations")
        connection.execute("create table marts.some_mart as select range as number from range(1000)")
        connection.execute("create view marts.daily_kpis as select date '2025-01-01' as kpi_date")
        connection.execute(
            "create table intermediate.int_sources_built as "
            "select 'storefront' as source_system, '{\"conversion_window_hours\": \"24\"}' as settings"
        )
        connection.execute("create table intermediate.int_as_of_dates as select date '2025-02-01' as as_of_date")
        connection.execute(
            """
            create table operations.test_results as
            from (values
                ('a', 'a_is_unique', 'some_mart', '', 'pass', 0, ''),
                ('b', 'b_is_unique', 'some_mart', '', 'fail', 3, 'Got 3 results')
            ) as told (test_id, test_name, tested, description, status, failed_row_count, message)
            """
        )
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "serving"


def answer(folder: Path, query: str) -> list[tuple]:
    """What the current version answers."""
    with duckdb.connect(str(folder / CURRENT), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_version_says_what_it_is(database: Path, folder: Path) -> None:
    done = publish(database, folder)
    assert (done.source_system, done.as_of_date, done.table_count, done.row_count) == (
        "storefront",
        "2025-02-01",
        2,
        1001,
    )
    assert done.failed_test_count == 1
    assert current_version(folder) == done.path.resolve()
    assert answer(
        folder, "select version, as_of_date::varchar, test_count, failed_test_count, settings from serving.publication"
    ) == [(done.version, "2025-02-01", 2, 1, '{"conversion_window_hours": "24"}')]
    assert answer(folder, "from serving.table_counts order by table_name") == [("daily_kpis", 1), ("some_mart", 1000)]
    assert answer(folder, "select test_name, failed_row_count from serving.test_results where status = 'fail'") == [
        ("b_is_unique", 3)
    ]
    described = answer(folder, "select description from serving.column_descriptions where column_name = 'kpi_date'")
    assert described and described[0][0]


def test_parts_that_pages_read_are_written_together(database: Path, folder: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create table marts.funnel_conversions as
            select
                case range % 3 when 0 then 'payment' when 1 then 'checkout' end as funnel,
                case when range % 2 = 0 then 'visitor' else 'session' end as unit,
                range as unit_id
            from range(6000)
            """
        )
    assert publish(database, folder).row_count == 7001
    parts = answer(
        folder,
        "select count(*), max(rowid) - min(rowid) + 1 from marts.funnel_conversions group by funnel, unit",
    )
    assert parts == [(1000, 1000)] * 6
    with duckdb.connect(str(database), read_only=True) as connection:
        built = connection.execute("from marts.funnel_conversions order by unit_id").fetchall()
    assert answer(folder, "from marts.funnel_conversions order by unit_id") == built
    assert ("funnel_conversions", 6000) in answer(folder, "from serving.table_counts")


def test_a_build_without_tests_is_published_too(database: Path, folder: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop schema operations cascade")
    assert publish(database, folder).failed_test_count == 0
    assert answer(folder, "select test_count from serving.publication") == [(0,)]


def test_the_duckdb_cli_of_the_version_before_opens_it(database: Path, folder: Path) -> None:
    publish(database, folder)
    command = [str(Path(sys.executable).parent / "duckdb"), "-readonly", "-csv", str(folder / CURRENT)]
    done = subprocess.run(
        [*command, "select count(*) as n from marts.some_mart"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["n", "1000"]


def test_a_reader_keeps_its_version_and_finds_the_next(database: Path, folder: Path) -> None:
    first = publish(database, folder)
    with duckdb.connect(str(first.path), read_only=True) as reader:
        with duckdb.connect(str(database)) as writer:
            writer.execute("insert into marts.some_mart values (-1)")
        second = publish(database, folder, keep=1)
        assert not first.path.exists()
        assert reader.execute("select count(*), min(number) from marts.some_mart").fetchall() == [(1000, 0)]
    assert second.version > first.version
    assert answer(folder, "select count(*) from marts.some_mart") == [(1001,)]


def test_versions_rise_even_when_the_clock_goes_back(database: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "20991231T235959999Z.duckdb").touch()
    assert publish(database, folder, keep=5).version > "20991231T235959999Z"


def test_old_versions_are_pruned_and_strange_files_stay(database: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    versions = [publish(database, folder, keep=2).path.name for _ in range(4)]
    assert sorted(path.name for path in folder.iterdir()) == sorted([CURRENT, "notes.txt", *versions[-2:]])


def test_what_fails_leaves_the_version_before(database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(database, folder)

    def breaks(*_: object) -> None:
        raise duckdb.Error("no space left")

    monkeypatch.setattr(publishing, "_describe", breaks)
    with pytest.raises(PublishError, match="no space for another version"):
        publish(database, folder)
    assert current_version(folder) == first.path.resolve()
    assert sorted(path.name for path in folder.iterdir()) == sorted([CURRENT, first.path.name])


def test_what_a_killed_process_left_is_removed(database: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / ".20250101T000000000Z.partial").touch()
    (folder / ".20250101T000000000Z.partial.wal").touch()
    publish(database, folder)
    assert not list(folder.glob(".*"))


def test_only_one_publishes_at_a_time(database: Path, folder: Path) -> None:
    with publishing._alone(folder), pytest.raises(PublishError, match="another version is being published"):
        publish(database, folder)


def test_a_build_in_use_is_told(database: Path, folder: Path) -> None:
    code = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(database)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline().strip() == "open"
        with pytest.raises(PublishError, match="in use by another process"):
            publish(database, folder)
        writer.kill()
    assert list(folder.iterdir()) == []


def test_a_file_of_somebody_else_is_not_replaced(database: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / CURRENT).write_text("mine", encoding="utf-8")
    with pytest.raises(PublishError, match="publishing did not make"):
        publish(database, folder)
    assert (folder / CURRENT).read_text(encoding="utf-8") == "mine"
    assert [path.name for path in folder.iterdir()] == [CURRENT]


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        ("drop schema marts cascade", "there are no marts in it. Fix: dbt build"),
        ("drop table intermediate.int_as_of_dates", "of which day and source"),
    ],
)
def test_a_database_that_is_no_build(database: Path, folder: Path, break_it: str, said: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(break_it)
    with pytest.raises(PublishError, match=said):
        publish(database, folder)
    assert list(folder.iterdir()) == []


def test_a_database_that_is_not_there(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no such database"):
        publish(tmp_path / "none.duckdb", folder)
    (tmp_path / "text.duckdb").write_text("no database", encoding="utf-8")
    with pytest.raises(PublishError, match="cannot be published"):
        publish(tmp_path / "text.duckdb", folder)


def test_the_command(
    database: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTFALL_DB", str(database))
    assert main(["--out", str(folder)]) == FINE
    said = capsys.readouterr().out
    assert said.startswith("Published 2 marts as of 2025-02-01, 1,001 rows") and "1 failed tests" in said
    monkeypatch.setenv("FOOTFALL_DB", str(database.with_name("none.duckdb")))
    assert main(["--out", str(folder)]) == USAGE
    monkeypatch.setenv("FOOTFALL_DB", str(database))
    with publishing._alone(folder):
        assert main(["--out", str(folder)]) == NOT_PUBLISHED
    with pytest.raises(SystemExit) as stopped:
        main(["--keep", "0"])
    assert stopped.value.code == USAGE


def test_readers_never_see_half_a_version(database: Path, folder: Path) -> None:
    """Readers open the current version again and again while it is replaced: each answer is of one version."""
    publish(database, folder)
    code = """
import duckdb, sys, time
from pathlib import Path
sys.path.insert(0, "scripts")
from footfall.publish import current_version
until, seen = time.monotonic() + float(sys.argv[2]), set()
while time.monotonic() < until:
    path = current_version(Path(sys.argv[1]))
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows, told = connection.execute(
                "select (select count(*) from marts.some_mart), (select row_count from serving.table_counts where table_name = 'some_mart')"
            ).fetchall()[0]
    except duckdb.IOException as error:
        if not path.exists():
            continue  # pruned between the look and the opening
        raise
    assert rows == told, (rows, told)
    seen.add(rows)
print(len(seen))
"""
    readers = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), "5"], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for number in range(5):
        with duckdb.connect(str(database)) as writer:
            writer.execute(f"insert into marts.some_mart values ({number})")
        publish(database, folder)
        time.sleep(0.3)
    told = [reader.communicate()[0] for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * len(readers)
    assert max(int(text) for text in told) > 1


def test_a_killed_publish_leaves_the_version_before(database: Path, folder: Path) -> None:
    first = publish(database, folder)
    with duckdb.connect(str(database)) as writer:
        writer.execute(
            "create table marts.large as select range as number, md5(range::varchar) as text from range(3000000)"
        )
    environment = {**os.environ, "FOOTFALL_DB": str(database)}
    with subprocess.Popen(
        [sys.executable, "scripts/publish.py", "--out", str(folder)],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 60
        while not list(folder.glob(".*.partial")) and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert current_version(folder) == first.path.resolve()
    assert publish(database, folder).table_count == 3
    assert not list(folder.glob(".*"))


def test_a_real_build_tells_its_tests(
    landing: Callable[[str], Path],
    dbt_for: Callable[..., Dbt],
    build: Callable[[str], Path],
    folder: Path,
    tmp_path: Path,
) -> None:
    """All marts with all their rows; and a test that fails and is run again tells how it ended last."""
    database = tmp_path / "copy.duckdb"
    shutil.copy(build("storefront"), database)
    done = publish(database, folder)
    assert done.failed_test_count == 0
    with duckdb.connect(str(database), read_only=True) as connection:
        marts = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
        expected = [
            (name, connection.execute(f"select count(*) from marts.{name}").fetchall()[0][0]) for (name,) in marts
        ]
    assert answer(folder, "from serving.table_counts order by table_name") == expected
    [(tests, passed)] = answer(
        folder, "select count(*), count(*) filter (where status = 'pass') from serving.test_results"
    )
    assert tests > 150 and passed == tests

    dbt = dbt_for(landing("storefront"))
    dbt.database = database
    with duckdb.connect(str(database)) as connection:
        connection.execute("insert into marts.segment_transitions from marts.segment_transitions limit 1")
    assert dbt("test", "--select", "segment_transitions").returncode == 1
    assert publish(database, folder).failed_test_count > 0
    failed = answer(folder, "select tested, failed_row_count, message from serving.test_results where status = 'fail'")
    assert ("segment_transitions", 1) in {(tested, rows) for tested, rows, _ in failed}
    assert dbt("build", "--select", "segment_transitions").returncode == 0
    assert publish(database, folder).failed_test_count == 0
