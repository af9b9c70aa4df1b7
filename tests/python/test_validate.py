"""`scripts/validate.py` says before a build what the build would say, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import PROJECT
from footfall import validation
from footfall.contract import landed_tables
from footfall.validation import FINE, MUST_BE_MENDED, USAGE, Report, TableReport, main, render, validate
from test_staging_rules import (
    CASES,
    LANDED_ON,
    LINES,
    good_row,
    marked_rows,
    write_good_landing,
    write_lines,
    write_rows,
)


@pytest.fixture(scope="module", autouse=True)
def rules() -> None:
    """dbt compiles once for all tests here; working folder and environment are afterwards as they were."""
    before = Path.cwd(), dict(os.environ)
    validation.staging_rules("storefront", "anywhere")
    assert (Path.cwd(), dict(os.environ)) == before


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """One good row per table."""
    return write_good_landing(tmp_path / "landing")


def table_of(report: Report, name: str) -> TableReport:
    """What the report says of one table."""
    (found,) = [table for table in report.tables if table.name == name]
    return found


def only_problem(report: Report) -> str:
    """The report's one problem, as its line."""
    (problem,) = report.problems
    assert report.exit_code == MUST_BE_MENDED
    assert "Fix: " in str(problem) and "\n" not in str(problem)
    return str(problem)


def test_a_good_folder(landing: Path) -> None:
    report = validate(str(landing))
    assert (report.exit_code, report.problems, report.notes[1:]) == (FINE, [], report.notes[1:])
    assert [table.name for table in report.tables] == [table.name for table in landed_tables("storefront")]
    assert all((table.row_count, table.refused_count, table.refusals) == (1, 0, []) for table in report.tables)
    orders = table_of(report, "orders")
    assert f"{orders.first_at:%Y-%m-%d %H}" == "2025-01-10 10"
    assert str(orders.first_landed) == str(orders.last_landed) == LANDED_ON
    assert f"A build may start: FOOTFALL_LANDING={landing} dbt build" in render(report)


def test_root_and_source_folder_are_the_same(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """data/landing and data/landing/storefront, also from within."""
    assert validate(str(landing / "storefront")).root == str(landing)
    monkeypatch.chdir(landing / "storefront")
    report = validate(".")
    assert (report.root, report.exit_code, len(report.tables)) == (str(landing), FINE, 8)


def test_the_reasons_are_those_of_the_staging_views(tmp_path: Path) -> None:
    """Row by row the same as a build: every rule of the contract, counted."""
    for table, cases in CASES.items():
        write_rows(tmp_path, table, marked_rows(table, cases))
    write_lines(tmp_path, "clickstream", list(LINES), name="lines")
    report = validate(str(tmp_path))
    for table, cases in CASES.items():
        expected = Counter(reasons for _, _, reasons in cases if reasons)
        expected += Counter(LINES.values() if table == "clickstream" else [])
        found = table_of(report, table)
        assert {refusal.reasons: refusal.row_count for refusal in found.refusals} == expected, table
        assert found.refused_count == expected.total()
        assert found.row_count == len(cases) + (len(LINES) if table == "clickstream" else 0)
    assert report.exit_code == FINE
    shown = render(report)
    assert "clickstream: malformed_json: 7" in shown
    assert "malformed_json: write one JSON object per line" in shown
    assert len(shown.splitlines()) < 60


def test_a_refusal_shows_file_and_row(landing: Path) -> None:
    write_rows(landing, "orders", [good_row("orders", order_id="o7", order_amount="-5")], name="b")
    (refusal,) = table_of(validate(str(landing)), "orders").refusals
    assert refusal.file == f"storefront/orders/landed_on={LANDED_ON}/b.parquet"
    assert (refusal.reasons, refusal.row_count) == ("negative_amount", 1)
    assert '"order_id":"o7"' in refusal.row.replace(" ", "")


def test_values_that_do_not_parse(landing: Path) -> None:
    """With their share; those that no rule refuses are kept as missing."""
    rows = [
        good_row("customers", customer_id=f"c{n}", birth_year=year) for n, year in enumerate(["1990", "MCM", "", "?"])
    ]
    write_rows(landing, "customers", rows, name="b")
    report = validate(str(landing))
    (unparsed,) = table_of(report, "customers").unparsed
    assert (unparsed.column, unparsed.count, unparsed.filled, unparsed.kept) == ("birth_year", 2, 3, 2)
    assert "customers.birth_year: 2 of 3 (66.67 %), kept as missing" in render(report)
    assert report.exit_code == FINE


def test_unknown_event_names(landing: Path) -> None:
    """Known in any case; others counted, refused rows left out."""
    names = ["scroll", "scroll", "VIEW_ITEM", " page_view ", None, "zoom"]
    rows = [good_row("clickstream", event_id=f"e{n}", event_name=name) for n, name in enumerate(names)]
    write_rows(landing, "clickstream", [*rows, good_row("clickstream", event_id=None, event_name="ghost")], name="b")
    report = validate(str(landing))
    assert table_of(report, "clickstream").unknown_names == {"scroll": 2, "zoom": 1, "(none)": 1}
    assert "clickstream: scroll 2" in render(report)


def without_visitor(landing: Path, *tables: str) -> None:
    """The rows of these logs know the customer only."""
    for table in tables:
        write_rows(landing, table, [good_row(table, visitor_id="", customer_id="c1")])


def test_logs_with_and_without_visitors_do_not_mix(landing: Path) -> None:
    without_visitor(landing, "cart_events")
    problem = only_problem(validate(str(landing)))
    assert "cart_events: visitor_id: no row has a visitor, while clickstream and payment_attempts have" in problem


def test_no_log_needs_a_visitor(landing: Path) -> None:
    without_visitor(landing, "clickstream", "cart_events", "payment_attempts")
    assert validate(str(landing)).exit_code == FINE


def test_some_rows_without_a_visitor_are_a_note(landing: Path) -> None:
    write_rows(
        landing, "cart_events", [good_row("cart_events", event_id="k2", visitor_id="", customer_id="c1")], name="b"
    )
    report = validate(str(landing))
    assert report.exit_code == FINE
    assert any(note.startswith("cart_events: 1 rows have a customer and no visitor_id") for note in report.notes)


def test_a_table_of_which_nothing_would_be_left(landing: Path) -> None:
    """As when the day of arrival is the day of the export's first row."""
    shutil.rmtree(landing / "storefront/orders")
    write_rows(landing, "orders", [good_row("orders")] * 3, day="2024-12-01")
    report = validate(str(landing))
    assert "orders: all 3 rows of this table would be refused" in only_problem(report)
    assert "name the folder by the day of arrival" in render(report)


def test_a_late_landing_is_a_note(landing: Path) -> None:
    write_rows(landing, "clickstream", [good_row("clickstream", event_id="e2")] * 3, day="2025-03-01")
    report = validate(str(landing))
    assert report.exit_code == FINE
    assert table_of(report, "clickstream").late_count == 3
    assert any("75.00 % landed more than 31 days after they happened" in note for note in report.notes)


def test_optional_tables_and_files_out_of_place(landing: Path) -> None:
    shutil.rmtree(landing / "storefront/reviews")
    (landing / "storefront/orders/orders.csv").write_text("order_id\n")
    (landing / "storefront/_temporary").mkdir()
    (landing / "storefront/_temporary/half.parquet").write_bytes(b"PAR1")
    report = validate(str(landing))
    assert report.exit_code == FINE
    assert any("reviews; their marts stay empty" in note for note in report.notes)
    (note,) = [note for note in report.notes if "files that no table reads" in note]
    assert note.endswith(": orders/orders.csv")


def drop_column(landing: Path) -> str:
    path = next((landing / "storefront/products").rglob("*.parquet"))
    pl.read_parquet(path, hive_partitioning=False).drop("unit_price").write_parquet(path)
    return f"{path}: unit_price: this column of 'products' is missing"


def drop_table(landing: Path) -> str:
    shutil.rmtree(landing / "storefront/orders")
    return "the table 'orders' has no files"


def cut_file(landing: Path) -> str:
    path = next((landing / "storefront/orders").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-9])
    return f"{path}: is no whole Parquet file"


def rename_day(landing: Path) -> str:
    folder = landing / f"storefront/orders/landed_on={LANDED_ON}"
    folder.rename(folder.with_name("landed_on=january"))
    return "landed_on: 'january' is no day"


def damage_a_page(landing: Path) -> str:
    """Header and footer are whole: only reading the rows shows it."""
    rows = [good_row("orders", order_id=f"{n * 2654435761 % 2**32:x}") for n in range(20_000)]
    path = write_rows(landing, "orders", rows, name="damaged")
    content = bytearray(path.read_bytes())
    content[2000:6000] = bytes(4000)
    path.write_bytes(content)
    return f"{path}: cannot be read ("


def write_latin_1(landing: Path) -> str:
    path = write_lines(landing, "clickstream", [])
    path.write_bytes('{"event_id": "l1", "search_term": "café"}\n'.encode("latin-1"))
    return f"{path}: is no UTF-8 text"


@pytest.mark.parametrize("spoil", [drop_column, drop_table, cut_file, rename_day, damage_a_page, write_latin_1])
def test_a_problem_of_files(landing: Path, spoil: Callable[[Path], str]) -> None:
    """One line for the file; the other tables are checked all the same."""
    expected = spoil(landing)
    report = validate(str(landing))
    assert expected in only_problem(report)
    assert len(report.tables) == 7
    assert "1 problem. Mend it, then: python scripts/validate.py" in render(report)


def test_an_empty_folder(tmp_path: Path) -> None:
    report = validate(str(tmp_path))
    assert "there are no files of source 'storefront' here" in only_problem(report)


def test_a_header_of_another_source(tmp_path: Path) -> None:
    (table,) = landed_tables("rees46", str(tmp_path))
    path = Path(table.patterns[0].replace("*", "2019-Oct"))
    path.parent.mkdir(parents=True)
    path.write_text(",".join(table.columns[::-1]) + "\n")
    assert "bring them into the order event_time, " in only_problem(validate(str(tmp_path), "rees46"))


@pytest.mark.parametrize(
    ("folder", "source", "message"),
    [
        ("no/such/folder", "storefront", "there is no such folder"),
        (".", "nonsense", "has no adapter"),
        ("it's", "olist", "quote"),
    ],
)
def test_wrong_usage(folder: str, source: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([folder, "--source", source]) == USAGE
    shown = capsys.readouterr()
    assert message in shown.err and "Fix: " in shown.err and len(shown.err.splitlines()) == 1
    assert shown.out == ""


def test_the_command(landing: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit codes, and the folder that FOOTFALL_LANDING names."""
    monkeypatch.setenv("FOOTFALL_LANDING", str(landing))
    assert main([]) == FINE
    assert "A build may start" in capsys.readouterr().out
    cut_file(landing)
    assert main([str(landing)]) == MUST_BE_MENDED
    assert "To mend before a build\n  1. " in capsys.readouterr().out


def test_the_script_explains_itself() -> None:
    command = [sys.executable, str(PROJECT / "scripts/validate.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "examples:" in done.stdout and "exit code:" in done.stdout


def test_a_rule_that_is_edited_is_the_rule_that_is_checked(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the rules is in the command: with other SQL from dbt it says something else."""
    rules = validation._compiled_staging("storefront")
    sql, columns = rules["orders"]
    assert "order_amount < 0" in sql
    edited = {**rules, "orders": (sql.replace("order_amount < 0", "order_amount < 10"), columns)}
    monkeypatch.setattr(validation, "_compiled_staging", lambda source: edited)
    (refusal,) = table_of(validate(str(landing)), "orders").refusals
    assert refusal.reasons == "negative_amount"


def test_the_landing_is_only_read(landing: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in landing.rglob("*")}
    validate(str(landing))
    assert {path: path.stat().st_mtime_ns for path in landing.rglob("*")} == before
