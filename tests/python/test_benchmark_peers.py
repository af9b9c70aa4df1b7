"""The peers benchmark on small files: equal answers are told from others, and whoever cannot answer is reported, not crashed over."""

from __future__ import annotations

import json
import random
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import generate
from footfall.peers import bench, charts, cli, report, worker
from footfall.peers.bench import CONTENDERS, REFERENCE, Contender, Limits, Row, compare_contenders
from footfall.peers.compare import difference
from footfall.peers.compiled import compile_questions
from footfall.peers.files import FACTS, Files, prepare
from footfall.peers.questions import FUNNEL_STEPS, QUESTIONS

# The JVM takes its time: PySpark is asked in the large test.
QUICK = [name for name in CONTENDERS if name not in (REFERENCE, "spark") and bench.is_installed(name)]
BEGIN = datetime(2025, 3, 1, 12)
LIAR = """
import duckdb

def start(task):
    return duckdb.connect()

def answer(session, task):
    session.execute(f"copy (select 1::bigint as level, 7::bigint as visitors) to '{task.output}' (format parquet)")
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Files prepared from a generated landing with every fault, late and repeated events."""
    folder = tmp_path_factory.mktemp("peers")
    landing = generate(folder / "landing", "--customers", "300", "--days", "40", "--seed", "3")
    return prepare(landing, folder / "files", print)


@pytest.fixture(scope="session")
def compiled(shop: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Footfall's questions about the shop, compiled once for all tests."""
    return compile_questions(shop, tmp_path_factory.mktemp("compiled") / "questions")


@pytest.fixture
def once_compiled(monkeypatch: pytest.MonkeyPatch, compiled: Path) -> Iterator[None]:
    """dbt is not asked again."""
    monkeypatch.setattr(bench, "compile_questions", lambda *_: compiled)
    yield


def outcomes(rows: list[Row]) -> dict[tuple[str, str], str]:
    return {(row.question, row.contender): row.outcome for row in rows}


def test_the_files_are_valid_rows_each_once(shop: Files) -> None:
    """Times are times, the days are files, and the as-of date and the anchor are what the questions need."""
    events = f"read_parquet('{shop.glob('events')}')"
    kinds = dict(duckdb.sql(f"select column_name, column_type from (describe from {events})").fetchall())
    assert kinds["event_at"] == "TIMESTAMP" and set(kinds.values()) == {"TIMESTAMP", "VARCHAR"}
    count, visitors, missing = duckdb.sql(
        f"select count(*), count(distinct visitor_id), count(*) filter (event_at is null or visitor_id is null) from {events}"
    ).fetchall()[0]
    assert count == shop.events > 3000 and visitors > 100 and missing == 0
    assert len(list(Path(shop.folder, "events").glob("*.parquet"))) > 30
    orders = duckdb.sql(f"select count(*), count(distinct order_id) from '{shop.glob('orders')}'").fetchall()[0]
    assert orders[0] == orders[1] > 50
    assert shop.anchor_product_id


def test_the_files_hold_what_the_generator_meant(shop: Files) -> None:
    """Repeated and broken rows are gone, all others are there: the generator counts its good events."""
    truth = Path(shop.folder).parent / "landing" / "_truth" / "storefront" / "event_counts.parquet"
    expected = dict(duckdb.sql(f"select event_type, sum(event_count) from '{truth}' group by 1").fetchall())
    found = dict(
        duckdb.sql(f"select event_type, count(*) from read_parquet('{shop.glob('events')}') group by 1").fetchall()
    )
    assert {kind: found.get(kind, 0) for kind in ("product_view", "add_to_cart", "order_placed")} == {
        kind: expected[kind] for kind in ("product_view", "add_to_cart", "order_placed")
    }


@pytest.mark.usefixtures("once_compiled")
def test_all_peers_answer_alike(shop: Files, tmp_path: Path) -> None:
    rows = compare_contenders(shop, tmp_path, QUICK, QUESTIONS, Limits(minutes=5), print)
    assert set(outcomes(rows).values()) == {""}
    assert len(rows) == len(QUESTIONS) * (len(QUICK) + 1)
    assert all(row.wall > 0 and row.peak > 0.01 for row in rows)


@pytest.mark.large
@pytest.mark.usefixtures("once_compiled")
def test_spark_answers_alike(shop: Files, tmp_path: Path) -> None:
    if not bench.is_installed("spark"):
        pytest.skip("PySpark is not installed: pip install -r requirements/benchmark.txt")
    rows = compare_contenders(shop, tmp_path, ["spark"], QUESTIONS, Limits(minutes=5), print)
    assert set(outcomes(rows).values()) == {""}


OTHERS = {
    "orders": "'o' as order_id, 'c' as customer_id, timestamp '2025-03-01' as ordered_at, 's' as status, 1::decimal(18, 4) as order_amount",
    "order_items": "'o' as order_id, 'p' as product_id, 1::bigint as quantity",
    "customers": "'c' as customer_id",
}


def edges(seed: int) -> list[tuple[datetime, str, str]]:
    """Events around every bound: equal times, gaps of 30 minutes and a microsecond more, windows of 24 hours and a microsecond more."""
    chance = random.Random(seed)
    events = []
    for visitor in range(150):
        at = BEGIN + timedelta(minutes=chance.randrange(0, 60, 30))
        for _ in range(chance.randrange(1, 14)):
            minutes = chance.choice([0, 0, 1, 10, 29, 30, 30, 30, 31, 60, 12 * 60, 23 * 60, 24 * 60])
            at += timedelta(minutes=minutes, microseconds=chance.choice([-1, 0, 0, 0, 1]) if minutes else 0)
            events.append((at, f"v{visitor}", chance.choice(FUNNEL_STEPS)))
    return events


def test_files_are_made_again_when_the_landing_changed(
    shop: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept while the landing is the same; a build that fails leaves the earlier files as they were."""
    calls = []

    def fails(landing: Path, work: Path) -> None:
        calls.append(work)
        raise RuntimeError("no build")

    monkeypatch.setattr("footfall.peers.files._build", fails)
    folder = Path(shop.folder)
    landing = folder.parent / "landing"
    assert prepare(landing, folder, print) == shop
    assert not calls
    changed = tmp_path / "landing"
    shutil.copytree(landing, changed)
    with next(changed.rglob("*.jsonl")).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(RuntimeError, match="no build"):
        prepare(changed, folder, print)
    assert prepare(landing, folder, print) == shop
    assert not list(folder.parent.glob(".*"))


def edge_files(folder: Path, seed: int) -> Files:
    """The events as prepared files, two days of arrival, without customers and orders."""
    for table in ("events", "orders", "order_items", "customers"):
        (folder / table).mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "create table e (event_at timestamp, visitor_id varchar, event_type varchar, number integer)"
        )
        rows = [(*event, number) for number, event in enumerate(edges(seed))]
        connection.executemany("insert into e values (?, ?, ?, ?)", rows)
        for part in (0, 1):
            connection.execute(
                f"""copy (select event_at, visitor_id, cast(null as varchar) as customer_id, event_type, '1' as product_id
                from e where number % 2 = {part}) to '{folder}/events/{part}.parquet'"""
            )
        for table, columns in OTHERS.items():
            connection.execute(f"copy (select {columns} where false) to '{folder}/{table}/all.parquet'")
    files = Files(str(folder), len(rows), "2025-03-30", "1")
    (folder / FACTS).write_text(json.dumps({"events": files.events}), encoding="utf-8")
    return files


def brute_sessions(events: list[tuple[datetime, str, str]]) -> set[tuple[str, datetime, datetime, int]]:
    sessions: list[list] = []
    for at, visitor, _ in sorted(events, key=lambda event: (event[1], event[0])):
        if sessions and sessions[-1][0] == visitor and at - sessions[-1][2] <= timedelta(minutes=30):
            sessions[-1][2], sessions[-1][3] = at, sessions[-1][3] + 1
        else:
            sessions.append([visitor, at, at, 1])
    return {tuple(session) for session in sessions}


def brute_funnel(events: list[tuple[datetime, str, str]], strictly: bool = False) -> dict[int, int]:
    """Level -> visitors, by trying every entry: the longest chain of later (or, unless strictly, equal) times within the window."""
    levels: dict[str, int] = {}
    for entered, visitor, step in events:
        if step != FUNNEL_STEPS[0]:
            continue
        own = [
            event for event in events if event[1] == visitor and entered <= event[0] <= entered + timedelta(hours=24)
        ]
        level, at = 1, entered
        while level < len(FUNNEL_STEPS):
            later = [
                time
                for time, _, name in own
                if name == FUNNEL_STEPS[level] and (time > at or (time == at and not strictly))
            ]
            if not later:
                break
            level, at = level + 1, min(later)
        levels[visitor] = max(levels.get(visitor, 0), level)
    return {level: list(levels.values()).count(level) for level in set(levels.values())}


@pytest.mark.parametrize("seed", [1, 2])
def test_bounds_are_those_of_a_brute_force(seed: int, compiled: Path, shop: Files, tmp_path: Path) -> None:
    """Footfall's compiled SQL, whose cells of time are cut at fixed hours, against loops."""
    files = edge_files(tmp_path / "files", seed)
    events = edges(seed)

    def rows(question: str) -> list[tuple]:
        query = (compiled / f"{question}.sql").read_text(encoding="utf-8").replace(shop.folder, files.folder)
        return duckdb.sql(query).fetchall()

    assert set(rows("sessions")) == brute_sessions(events)
    assert dict(rows("funnel")) == brute_funnel(events)
    assert len(brute_funnel(events)) == len(FUNNEL_STEPS)


def test_a_strict_funnel_wants_later_times(shop: Files, tmp_path: Path) -> None:
    """funnel_mode strict_increase, against loops that want it, too; the other mode would count otherwise."""
    files = edge_files(tmp_path / "files", 4)
    compiled = compile_questions(shop, tmp_path / "compiled", funnel_mode="strict_increase")
    query = (compiled / "funnel.sql").read_text(encoding="utf-8").replace(shop.folder, files.folder)
    events = edges(4)
    assert dict(duckdb.sql(query).fetchall()) == brute_funnel(events, strictly=True) != brute_funnel(events)


def test_peers_agree_at_the_bounds(
    compiled: Path, shop: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = edge_files(tmp_path / "files", 3)
    own = tmp_path / "compiled"
    own.mkdir()
    (own / "footfall.duckdb").symlink_to(compiled / "footfall.duckdb")
    for question in QUESTIONS:
        query = (compiled / f"{question}.sql").read_text(encoding="utf-8").replace(shop.folder, files.folder)
        (own / f"{question}.sql").write_text(query, encoding="utf-8")
    monkeypatch.setattr(bench, "compile_questions", lambda *_: own)
    rows = compare_contenders(files, tmp_path, QUICK, ["sessions", "funnel"], Limits(minutes=5), print)
    assert set(outcomes(rows).values()) == {""}


def enrol(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, text: str, package: str = "duckdb") -> None:
    """Another contender, whose module is `text`."""
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setitem(CONTENDERS, name, Contender(name, name.title(), package, module=name))


@pytest.mark.usefixtures("once_compiled")
def test_another_answer_is_reported(shop: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(monkeypatch, tmp_path, "liar", LIAR)
    told: list[str] = []
    rows = compare_contenders(shop, tmp_path, ["liar"], ["funnel"], Limits(), told.append)
    assert outcomes(rows) == {("funnel", REFERENCE): "", ("funnel", "liar"): bench.WRONG}
    assert any(
        "funnel: liar answers otherwise than the first: 4 rows only in the first, 1 only" in text for text in told
    )


@pytest.mark.usefixtures("once_compiled")
@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("raise MemoryError", bench.NO_MEMORY),
        ("raise RuntimeError('DB::Exception: (total) memory limit exceeded')", bench.NO_MEMORY),
        ("keep = bytearray(10**9)\n    import time; time.sleep(30)", bench.NO_MEMORY),
        ("import os; os.kill(os.getpid(), 9)", bench.NO_MEMORY),
        ("import time; time.sleep(30)", "> 0.02 min"),
        ("raise KeyError('typo')", bench.FAILED),
    ],
)
def test_who_cannot_answer_is_reported(
    body: str, outcome: str, shop: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(
        monkeypatch, tmp_path, "weak", f"def start(task):\n    return None\n\ndef answer(session, task):\n    {body}\n"
    )
    task_limits = Limits(minutes=0.02, process_gb=0.5)
    row = bench._measure(shop, tmp_path, tmp_path, "weak", "funnel", tmp_path / "weak.parquet", task_limits, print)
    assert row.outcome == outcome
    assert "weak" in bench.line(row) and outcome in bench.line(row)


@pytest.mark.usefixtures("once_compiled")
def test_who_is_not_installed_is_reported(shop: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(monkeypatch, tmp_path, "absent", "", package="no-such-package-here")
    rows = compare_contenders(shop, tmp_path, ["absent"], ["funnel"], Limits(), print)
    assert outcomes(rows)["funnel", "absent"] == bench.NOT_INSTALLED


@pytest.mark.usefixtures("once_compiled")
@pytest.mark.parametrize(("peer", "code"), [("duckdb_sql", 0), ("liar", 1)])
def test_the_command_fails_when_answers_differ(
    peer: str, code: int, shop: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    enrol(monkeypatch, tmp_path, "liar", LIAR)
    landing = Path(shop.folder).parent / "landing"
    (tmp_path / "files_landing").symlink_to(shop.folder)
    arguments = ["--landing", str(landing), "--folder", str(tmp_path), "--peers", peer, "--questions", "funnel"]
    assert cli.main(arguments) == code
    printed = capsys.readouterr().out
    assert "| events | question | measure | Footfall |" in printed
    assert (bench.WRONG in printed) == bool(code)


def test_a_landing_that_is_none_stops_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["--landing", str(tmp_path / "nothing")]) == 1
    assert "Fix: name one that has a folder storefront." in capsys.readouterr().err


def test_worker_tells_memory_from_other_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = json.dumps(
        dict.fromkeys(
            ("question", "folder", "output", "scratch", "as_of_date", "anchor_product_id"), str(tmp_path / "x")
        )
    )
    (tmp_path / "greedy.py").write_text("def start(task):\n    raise MemoryError\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert worker.main("greedy", task) == worker.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("('a', 0.1::double)", "('a', (0.1 + 1e-11)::double)", True),
        ("('a', 0.1::double)", "('a', (0.1 + 1e-8)::double)", False),
        ("('a', 0.1::double)", "('a', null::double)", False),
        ("('a', 0.1::double)", "('a', 'nan'::double)", False),
        ("('a', 0.1::double)", "('b', 0.1::double)", False),
        ("('a', 0.1::double)", "('a', 0.1::double), ('a', 0.1::double)", False),
    ],
)
def test_scores_are_compared_within_a_billionth(left: str, right: str, equal: bool, tmp_path: Path) -> None:
    for name, values in (("left", left), ("right", right)):
        duckdb.sql(
            f"copy (from (values {values}) v(customer_id, engagement_score)) to '{tmp_path / name}.parquet' (format parquet)"
        )
    told = difference(QUESTIONS["engagement"], str(tmp_path / "left.parquet"), str(tmp_path / "right.parquet"))
    assert (told == "") == equal


def test_money_is_compared_exactly(tmp_path: Path) -> None:
    for name, revenue in (
        ("money", "12.3400::decimal(18, 4)"),
        ("double", "12.34::double"),
        ("other", "12.3401::double"),
    ):
        duckdb.sql(
            f"""copy (select 'c' as customer_id, 1 as recency_days, 1 as orders, {revenue} as revenue, 1 as recency_score,
            1 as frequency_score, 1 as monetary_score) to '{tmp_path / name}.parquet' (format parquet)"""
        )
    money, double, other = (str(tmp_path / f"{name}.parquet") for name in ("money", "double", "other"))
    assert difference(QUESTIONS["rfm"], money, double) == ""
    assert difference(QUESTIONS["rfm"], money, other) == "1 rows only in the first, 1 only in the second"


ROWS = [
    Row(1_000_000, "sessions", REFERENCE, "", 0.1, 2.0, 3.0, 0.5),
    Row(1_000_000, "sessions", "polars_lazy", "", 0.1, 4.0, 3.0, 1.0),
    Row(1_000_000, "sessions", "pandas_frames", "out of memory"),
    Row(1_000_000, "funnel", REFERENCE, "", 0.1, 2.0, 1.0, 0.25),
    Row(1_000_000, "funnel", "polars_lazy", "> 30 min"),
    Row(1_000_000, "funnel", "pandas_frames", "out of memory"),
]


def test_the_table_shows_ratios_and_who_could_not() -> None:
    lines = report.table(ROWS).splitlines()
    assert lines[0] == "| events | question | measure | Footfall | Polars | pandas |"
    assert "| 1,000,000 | sessions | wall seconds | 2.00 = 1 | 2.00 | out of memory |" in lines
    assert "| 1,000,000 | funnel | CPU seconds | 1.00 = 1 | > 30 min | out of memory |" in lines
    assert "| 1,000,000 | **all** | wall seconds | 4.00 = 1 | 2.00 (1 of 2) |  |" in lines
    assert "| 1,000,000 | **all** | peak memory, GB | 0.50 = 1 | 2.00 (1 of 2) |  |" in lines


def test_rows_are_kept_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "peers.csv"
    assert report.save(ROWS, path) == report.load(path)
    newer = Row(1_000_000, "funnel", "polars_lazy", "", 0.1, 9.0, 9.0, 9.0)
    kept = report.save([newer], path)
    assert len(kept) == len(ROWS) and newer in kept


def test_charts_are_drawn_from_the_rows(tmp_path: Path) -> None:
    paths = charts.draw([*ROWS, Row(10_000_000, "sessions", REFERENCE, "", 0.1, 20.0, 30.0, 1.5)], tmp_path)
    assert [path.name for path in paths] == ["peers_time.svg", "peers_memory.svg"]
    for path in paths:
        ElementTree.parse(path)
        text = path.read_text(encoding="utf-8")
        assert "Footfall" in text and "10 M" in text and len(text) < 60_000
    assert charts.draw([], tmp_path) == []
