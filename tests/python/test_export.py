"""`scripts/export.py` writes what the marts say, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
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
from conftest import PROJECT
from footfall import export as exporting
from footfall import folder_swap
from footfall.export import (
    FINE,
    FORMATS,
    MANIFEST,
    NOT_EXPORTED,
    USAGE,
    Exported,
    ExportError,
    UsageError,
    export,
    main,
)
from footfall.folder_swap import earlier_folder, partial_folder
from footfall.mart_promises import described_marts

FEW = ("customer_rfm", "segment_transitions")
SCRIPT = PROJECT / "scripts" / "export.py"


@pytest.fixture(scope="session")
def database(build: Callable[[str], Path]) -> Path:
    """A whole build, which nobody may change."""
    return build("storefront")


@pytest.fixture(scope="session")
def whole(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of all marts, which nobody may change."""
    out = tmp_path_factory.mktemp("whole") / "exports"
    export(database, out)
    return out


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for an export, not there yet."""
    return tmp_path / "exports"


def manifest_of(out: Path) -> dict:
    """The manifest of an export."""
    return json.loads((out / MANIFEST).read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, str]:
    """Path -> hash of every file below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def query(database: Path, sql: str) -> list[tuple]:
    """The rows of a query on a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def columns_of(database: Path) -> dict[str, dict[str, str]]:
    """Mart -> column -> type."""
    found: dict[str, dict[str, str]] = {}
    sql = """
        select table_name, column_name, data_type from information_schema.columns
        where table_schema = 'marts' order by table_name, ordinal_position
    """
    for mart, column, kind in query(database, sql):
        found.setdefault(mart, {})[column] = kind
    return found


# A view's rows cannot be changed: a table of the same name takes its place.
AS_TABLE = "create table marts.taken as from marts.{0}; drop view marts.{0}; alter table marts.taken rename to {0}; "


def changed_copy(database: Path, folder: Path, *statements: str) -> Path:
    """A copy of a database after some statements."""
    copy = folder / "changed.duckdb"
    shutil.copy2(database, copy)
    with duckdb.connect(str(copy)) as connection:
        for statement in statements:
            connection.execute(statement)
    return copy


def nothing_beside(out: Path) -> bool:
    """Neither a half-written nor an earlier folder is left."""
    return not partial_folder(out).exists() and not earlier_folder(out).exists()


# --- what is written --------------------------------------------------------------------------------------------------


def test_every_mart_is_there_in_both_formats(database: Path, whole: Path) -> None:
    marts = set(columns_of(database))
    assert marts == set(described_marts())
    assert set(manifest_of(whole)["marts"]) == marts
    expected = {f"{kind}/{mart}.{kind}" for mart in marts for kind in FORMATS}
    assert set(contents(whole)) == {*expected, MANIFEST}
    assert nothing_beside(whole)


def test_the_files_say_what_the_marts_say(database: Path, whole: Path) -> None:
    """Row for row, with types in Parquet; CSV read as text and cast to the mart's types."""
    text = "all_varchar = true, header = true, allow_quoted_nulls = false, max_line_size = 10000000"
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for mart, columns in columns_of(database).items():
            parquet = f"select * from read_parquet('{whole}/parquet/{mart}.parquet')"
            casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
            csv = f"select {casts} from read_csv('{whole}/csv/{mart}.csv', {text})"
            for written in (parquet, csv):
                differing = f"select count(*) from ((from marts.{mart}) except all ({written}))"
                assert connection.execute(differing).fetchone() == (0,), (mart, written)
                surplus = f"select (select count(*) from ({written})) - (select count(*) from marts.{mart})"
                assert connection.execute(surplus).fetchone() == (0,), (mart, written)
            described = connection.execute(f"describe {parquet}").fetchall()
            assert {name: kind for name, kind, *_ in described} == columns


def test_rows_are_in_the_order_of_the_key(whole: Path) -> None:
    for mart in ("customer_history", "fct_events"):
        key = ", ".join(described_marts()[mart].key)
        path = whole / "parquet" / f"{mart}.parquet"
        with duckdb.connect() as connection:
            keys = connection.execute(f"select {key} from '{path}'").fetchall()
        assert keys == sorted(keys) and len(keys) > 1000


def test_csv_tells_null_from_empty_text_and_times_are_iso(database: Path, tmp_path: Path, out: Path) -> None:
    changed = changed_copy(
        database,
        tmp_path,
        "update marts.fct_orders set ordered_at = '2025-01-02 03:04:05.000006', status = '', currency = null "
        "where order_id = (select min(order_id) from marts.fct_orders)",
        "update marts.fct_orders set currency = 'a \"b\", ü\nc' where order_id = (select max(order_id) from marts.fct_orders)",
    )
    export(changed, out, ["fct_orders"], ["csv"])
    content = (out / "csv" / "fct_orders.csv").read_bytes().decode("utf-8")
    header, first, *_ = content.splitlines()
    assert header == ",".join(columns_of(changed)["fct_orders"])
    fields = dict(zip(header.split(","), first.split(","), strict=True))
    assert (fields["status"], fields["currency"]) == ('""', "")
    assert fields["ordered_at"] == "2025-01-02T03:04:05.000006Z"
    assert '"a ""b"", ü\nc"' in content
    assert "\r" not in content


def test_the_manifest_says_what_is_there(database: Path, whole: Path) -> None:
    manifest = manifest_of(whole)
    [(as_of,)] = query(database, "select as_of_date from intermediate.int_as_of_dates")
    assert list(manifest) == ["project", "source_system", "as_of_date", "marts"]
    assert (manifest["source_system"], manifest["as_of_date"]) == ("storefront", str(as_of))
    assert list(manifest["marts"]) == sorted(manifest["marts"])
    hashes, columns = contents(whole), columns_of(database)
    counts = " union all ".join(f"select '{mart}', count(*) from marts.{mart}" for mart in columns)
    assert {mart: entry["rows"] for mart, entry in manifest["marts"].items()} == dict(query(database, counts))
    for mart, entry in manifest["marts"].items():
        assert {column["name"]: column["type"] for column in entry["columns"]} == columns[mart]
        assert entry["primary_key"] == list(described_marts()[mart].key)
        assert entry["as_of_date"] == str(as_of)
        assert [file["format"] for file in entry["files"]] == list(FORMATS)
        for file in entry["files"]:
            assert file["sha256"] == hashes[file["path"]]
            assert file["bytes"] == (whole / file["path"]).stat().st_size
    version = {entry["project_version"] for entry in manifest["marts"].values()}
    assert version == {"0.1.0"} and f'version: "{version.pop()}"' in (PROJECT / "dbt_project.yml").read_text()


def test_the_same_database_gives_the_same_bytes(
    database: Path, whole: Path, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the memory, and in whatever order rows happen to lie."""
    shuffled = changed_copy(
        database,
        tmp_path,
        "create or replace table marts.fct_orders as from marts.fct_orders order by hash(order_id)",
    )
    monkeypatch.setenv("FOOTFALL_MEMORY_LIMIT", "400MB")
    export(shuffled, out)
    assert contents(out) == contents(whole)


def test_an_export_replaces_the_one_before(database: Path, whole: Path, out: Path) -> None:
    shutil.copytree(whole, out)
    done = export(database, out, formats=["parquet"])
    assert set(contents(out)) == {f"parquet/{mart}.parquet" for mart in done.written} | {MANIFEST}
    assert nothing_beside(out)


def test_a_mart_that_is_not_built_is_named(database: Path, tmp_path: Path, out: Path) -> None:
    changed = changed_copy(
        database, tmp_path, "drop table marts.demographics", "create table marts.renamed_long_ago as select 1 as id"
    )
    done = export(changed, out, formats=["parquet"])
    assert done.not_built == ("demographics",)
    assert set(done.written) == set(described_marts()) - {"demographics"}


# --- subsets ----------------------------------------------------------------------------------------------------------


def test_a_subset_alone(database: Path, out: Path) -> None:
    done = export(database, out, FEW, ["csv"])
    assert done.written == FEW and not done.not_built
    assert set(contents(out)) == {f"csv/{mart}.csv" for mart in FEW} | {MANIFEST}


def test_a_subset_leaves_the_others_as_they_are(database: Path, whole: Path, tmp_path: Path, out: Path) -> None:
    """Also their entries; and of its own marts, formats that were not asked for go: they would be older than the rest."""
    shutil.copytree(whole, out)
    changed = changed_copy(
        database,
        tmp_path,
        "update intermediate.int_as_of_dates set as_of_date = '2031-01-01'",
        "update marts.customer_rfm set rfm_segment = 'Lost'",
    )
    export(changed, out, ["customer_rfm"], ["csv"])
    before, after = contents(whole), contents(out)
    own = {"csv/customer_rfm.csv", "parquet/customer_rfm.parquet", MANIFEST}
    assert {path for path in before if before[path] != after.get(path)} == own
    assert set(before) - set(after) == {"parquet/customer_rfm.parquet"}
    manifest, earlier = manifest_of(out), manifest_of(whole)
    assert manifest["as_of_date"] is None, "not of one day any more"
    entry = manifest["marts"].pop("customer_rfm")
    del earlier["marts"]["customer_rfm"]
    assert entry["as_of_date"] == "2031-01-01"
    assert manifest["marts"] == earlier["marts"]
    assert nothing_beside(out)


def test_a_subset_of_another_source_is_refused(database: Path, tmp_path: Path, out: Path) -> None:
    export(database, out, FEW)
    before = contents(out)
    other = changed_copy(database, tmp_path, "update intermediate.int_sources_built set source_system = 'olist'")
    with pytest.raises(UsageError, match="holds marts of storefront, and this database is of olist"):
        export(other, out, ["demographics"])
    assert contents(out) == before
    export(other, out, FEW)
    assert manifest_of(out)["source_system"] == "olist", "nothing of the other source is left"


def test_files_that_were_changed_by_hand_are_not_kept(database: Path, out: Path) -> None:
    export(database, out, FEW)
    (out / "csv" / "customer_rfm.csv").write_text("customer_id\n", encoding="utf-8")
    with pytest.raises(ExportError, match=r"customer_rfm\.csv: is not what manifest\.json says\. Fix: "):
        export(database, out, ["demographics"])
    assert nothing_beside(out)


# --- the final validation ---------------------------------------------------------------------------------------------

BROKEN = {
    "a customer twice": (
        "customer_rfm",
        "insert into marts.customer_rfm from marts.customer_rfm where customer_id = (select min(customer_id) from marts.customer_rfm)",
        "customer_rfm: 1 keys stand more than once, such as customer_id ",
    ),
    "no key": (
        "segment_transitions",
        "update marts.segment_transitions set to_segment = null where customer_count = (select max(customer_count) from marts.segment_transitions)",
        "rows have no to_segment",
    ),
    "a score of 1.5": (
        "customer_history",
        AS_TABLE.format("customer_history")
        + "update marts.customer_history set engagement_score = 1.5 where customer_id = (select min(customer_id) from marts.customer_history)",
        "customer_history: engagement_score of ",
    ),
    "a rate below 0": (
        "demographics",
        "update marts.demographics set at_risk_rate = -0.1 where dimension = 'gender'",
        "demographics: at_risk_rate of ",
    ),
    "a score that is no number": (
        "customer_360",
        AS_TABLE.format("customer_360")
        + "update marts.customer_360 set engagement_percentile = 'nan' where customer_id = (select min(customer_id) from marts.customer_360)",
        "customer_360: engagement_percentile of 1 rows is not within 0 and 1, such as nan",
    ),
    "a customer missing": (
        "customer_segments",
        "delete from marts.customer_segments where customer_id = (select min(customer_id) from marts.customer_segments)",
        "customer_segments: 1 customers are missing",
    ),
    "a customer nobody knows": (
        "customer_engagement",
        AS_TABLE.format("customer_engagement")
        + "update marts.customer_engagement set customer_id = 'nobody' where customer_id = (select min(customer_id) from marts.customer_engagement)",
        "customer_engagement: 1 customers are missing (and 1 more)",
    ),
    "another version": (
        "customer_value_labels",
        "alter table marts.customer_value_labels drop column cumulative_customer_share_rate",
        "customer_value_labels has no column cumulative_customer_share_rate: it was built by another version",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_nothing_is_replaced_when_a_mart_breaks_its_promise(
    case: str,
    database: Path,
    tmp_path: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mart, statement, message = BROKEN[case]
    export(database, out, ["demographics"], ["csv"])
    before = contents(out)
    monkeypatch.setenv("FOOTFALL_DB", str(changed_copy(database, tmp_path, statement)))
    assert main(["--marts", *FEW, mart, "--out", str(out)]) == NOT_EXPORTED
    shown = capsys.readouterr()
    assert message in shown.err and "nothing was replaced. Fix: " in shown.err
    assert len(shown.err.splitlines()) == 1 and shown.out == ""
    assert contents(out) == before
    assert nothing_beside(out)


def test_what_promises_a_share_and_what_does_not() -> None:
    shares = {name: mart.shares for name, mart in described_marts().items()}
    assert "engagement_score" in shares["customer_360"] and "engagement_percentile" in shares["customer_360"]
    assert {"recency_part", "frequency_part", "monetary_part"} <= set(shares["customer_engagement"])
    assert "gap_percentile_rate" in shares["at_risk_customers"]
    assert "approval_rate_low" in shares["payment_outcomes"], "the bounds of a share too"
    assert "revenue_share_rate" in shares["product_performance"], "by its own test, whatever its name"
    promised = {(name, column) for name, columns in shares.items() for column in columns}
    unbounded = {
        ("customer_360", "mean_review_score"),
        ("customer_rfm", "recency_score"),
        ("fct_orders", "review_score"),
        ("funnel_stage_totals", "share_of_first_rate"),
        ("payment_failure_drivers", "z_score"),
        ("volume_anomalies", "change_rate"),
        ("customer_rfm", "revenue_share_rate"),
    }
    assert not promised & unbounded
    assert len(promised) > 50


def test_a_row_for_every_customer_is_promised_by_five() -> None:
    found = {name for name, mart in described_marts().items() if mart.has_every_customer}
    assert found == {
        "customer_360",
        "customer_engagement",
        "customer_rfm",
        "customer_segments",
        "customer_value_labels",
    }
    assert all(described_marts()[name].key == ("customer_id",) for name in found)


# --- all or nothing ---------------------------------------------------------------------------------------------------


def test_a_failure_while_writing_replaces_nothing(
    database: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as a full disk after the first mart."""
    export(database, out, FEW)
    before = contents(out)
    real, calls = exporting._file_entry, []

    def fails_later(*arguments: object) -> dict:
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(exporting, "_file_entry", fails_later)
    monkeypatch.setenv("FOOTFALL_DB", str(database))
    assert main(["--marts", *FEW, "--out", str(out)]) == NOT_EXPORTED
    shown = capsys.readouterr()
    assert "No space left on device" in shown.err and "Fix: " in shown.err and len(shown.err.splitlines()) == 1
    assert contents(out) == before
    assert nothing_beside(out)


def test_a_swap_that_fails_is_taken_back(database: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(database, out, FEW)
    before = contents(out)
    real = Path.rename

    def fails_second(path: Path, target: Path) -> Path:
        if path.name.endswith(".partial"):
            raise PermissionError(13, "Permission denied")
        return real(path, target)

    monkeypatch.setattr(folder_swap.Path, "rename", fails_second)
    with pytest.raises(ExportError, match="nothing was replaced"):
        export(database, out, ["demographics"])
    assert contents(out) == before
    assert nothing_beside(out)


def test_killed_in_the_middle(database: Path, out: Path) -> None:
    """The earlier export is whole, and the next run clears what the killed one left."""
    export(database, out, FEW)
    before = contents(out)
    environment = {**os.environ, "FOOTFALL_DB": str(database)}
    with subprocess.Popen([sys.executable, str(SCRIPT), "--out", str(out)], env=environment) as process:
        deadline = time.monotonic() + 120
        while not list(partial_folder(out).glob("*/*")):
            assert process.poll() is None and time.monotonic() < deadline, "it ended before it could be killed"
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert contents(out) == before
    assert partial_folder(out).exists()
    export(database, out, ["demographics"])
    after = contents(out)
    added = {f"{kind}/demographics.{kind}" for kind in FORMATS}
    assert set(after) == set(before) | added, "nothing of the killed one is in it"
    assert {path for path in before if after[path] != before[path]} == {MANIFEST}
    assert set(manifest_of(out)["marts"]) == {*FEW, "demographics"}
    assert nothing_beside(out)


def test_killed_between_the_two_renames(database: Path, out: Path) -> None:
    """The earlier export lies beside its place: the next run puts it back before it begins."""
    export(database, out, FEW)
    before = contents(out)
    out.rename(earlier_folder(out))
    with pytest.raises(UsageError):
        export(database, out, ["no_such_mart"])
    export(database, out, ["demographics"])
    assert {path for path in before if path != MANIFEST} <= set(contents(out))
    assert nothing_beside(out)


def test_a_failing_run_puts_it_back_too(database: Path, tmp_path: Path, out: Path) -> None:
    export(database, out, FEW)
    before = contents(out)
    out.rename(earlier_folder(out))
    mart, statement, _ = BROKEN["a customer twice"]
    with pytest.raises(ExportError):
        export(changed_copy(database, tmp_path, statement), out, [mart])
    assert contents(out) == before
    assert nothing_beside(out)


def test_two_at_once_do_not_mix(database: Path, out: Path) -> None:
    with folder_swap.replaced_folder(out) as partial:
        (partial / MANIFEST).write_text('{"marts": {}}', encoding="utf-8")
        with pytest.raises(ExportError, match=r"another export is being written there\. Fix: wait for it"):
            export(database, out, FEW)
    assert contents(out).keys() == {MANIFEST}
    assert nothing_beside(out)


def test_a_linked_folder_stays_a_link(database: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    export(database, link, FEW, ["csv"])
    assert link.is_symlink() and len(contents(tmp_path / "elsewhere")) == 3


# --- the command ------------------------------------------------------------------------------------------------------


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and the one line of a call that is refused."""
    code = main([*arguments])
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.splitlines()) == 1
    return code, shown.err


@pytest.fixture
def chosen(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FOOTFALL_DB names the database."""
    monkeypatch.setenv("FOOTFALL_DB", str(database))


@pytest.mark.usefixtures("chosen")
def test_the_command(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--marts", *FEW, "--out", str(out)]) == FINE
    shown = capsys.readouterr()
    assert shown.err == "", "quiet where nobody watches"
    assert shown.out.startswith("2 marts as of 2025-0") and "4 files (" in shown.out and str(out) in shown.out
    assert main(["--marts", "demographics", "--format", "csv", "--out", str(out)]) == FINE
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("1 mart as of ") and ": 1 file (" in first
    assert second == "2 other marts in it stayed as they were"


@pytest.mark.usefixtures("chosen")
def test_a_line_per_mart_on_a_terminal(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["--marts", *FEW, "--out", str(out)]) == FINE
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("[############............] 1/2  customer_rfm  ") and first.endswith(" MB")
    assert second.startswith("[########################] 2/2  segment_transitions  ")


@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("customer_306", "there is no mart 'customer_306': did you mean customer_360?"),
        ("at_risk_customer", "did you mean at_risk_customers?"),
        ("x", "there is no mart 'x': the marts are activity_stickiness, "),
    ],
)
def test_an_unknown_mart(name: str, message: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capsys, "--marts", name, "--out", str(out))
    assert code == USAGE and message in line
    assert not out.exists()


def test_a_mart_that_is_not_built(
    database: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTFALL_DB", str(changed_copy(database, tmp_path, "drop table marts.demographics")))
    code, line = fails(capsys, "--marts", "demographics", "--out", str(out))
    assert code == NOT_EXPORTED and "has no demographics. Fix: dbt build." in line


def empty_database(folder: Path) -> Path:
    path = folder / "empty.duckdb"
    duckdb.connect(str(path)).close()
    return path


def marts_alone(folder: Path) -> Path:
    path = folder / "alone.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.customer_rfm as select 1 as customer_id")
    return path


def some_text(folder: Path) -> Path:
    path = folder / "text.duckdb"
    path.write_text("no database", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (lambda folder: folder / "none.duckdb", USAGE, "there is no such database. Fix: make run"),
        (some_text, USAGE, "cannot be opened ("),
        (empty_database, NOT_EXPORTED, "there are no marts in it. Fix: dbt build."),
        (marts_alone, NOT_EXPORTED, "does not say of which day and source it is. Fix: dbt build."),
    ],
)
def test_a_database_that_will_not_do(
    make: Callable[[Path], Path],
    code: int,
    message: str,
    tmp_path: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTFALL_DB", str(make(tmp_path)))
    found, line = fails(capsys, "--out", str(out))
    assert found == code and message in line
    assert not out.exists() and nothing_beside(out)


def test_a_database_in_use(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = empty_database(tmp_path)
    code = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print('open', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "open\n"
        monkeypatch.setenv("FOOTFALL_DB", str(path))
        found, line = fails(capsys, "--out", str(out))
        process.kill()
    assert found == NOT_EXPORTED and "is in use by another process. Fix: wait until the build has ended" in line


@pytest.mark.usefixtures("chosen")
def test_a_target_that_will_not_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file, a folder of somebody else, and an export into which somebody put something."""
    file = tmp_path / "file"
    file.touch()
    code, line = fails(capsys, "--out", str(file))
    assert code == USAGE and "is a file. Fix: name a folder with --out." in line
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").touch()
    code, line = fails(capsys, "--out", str(foreign))
    assert code == USAGE and "holds other files than an export. Fix: name a new folder" in line
    mixed = tmp_path / "mixed"
    assert main(["--marts", *FEW, "--out", str(mixed)]) == FINE
    capsys.readouterr()
    (mixed / "csv" / "notes.txt").touch()
    code, line = fails(capsys, "--marts", *FEW, "--out", str(mixed))
    assert code == USAGE and "csv/notes.txt is no file of this export and would be lost. Fix: move it away." in line
    assert (foreign / "thesis.txt").exists() and (mixed / "csv" / "notes.txt").exists()
    (tmp_path / "empty").mkdir()
    assert main(["--marts", *FEW, "--out", str(tmp_path / "empty")]) == FINE


@pytest.mark.usefixtures("chosen")
def test_wrong_options(capsys: pytest.CaptureFixture[str], out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--format", "xlsx"])
    shown = capsys.readouterr().err
    assert ended.value.code == USAGE and "xlsx" in shown and len(shown.splitlines()) == 1
    monkeypatch.setenv("FOOTFALL_MEMORY_LIMIT", "much")
    code, line = fails(capsys, "--out", str(out))
    assert code == USAGE and "FOOTFALL_MEMORY_LIMIT is 'much'. Fix: a size such as 4GB." in line


def test_the_script_explains_itself() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "examples:" in done.stdout and "exit code:" in done.stdout


def test_the_marts_are_only_read(database: Path, out: Path) -> None:
    before = database.stat().st_mtime_ns
    done = export(database, out, FEW)
    assert isinstance(done, Exported)
    assert database.stat().st_mtime_ns == before
