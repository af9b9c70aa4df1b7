"""What a build would make of a landing folder, said before the build: problems, refused rows and why, ranges, names.

The rules are not written here. dbt compiles the source's staging views for the folder, and this module counts what they
say about each row (`_rejection_reasons`), so a rule that is edited in a YAML is the rule that is checked.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import textwrap
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb

from footfall.command import one_line
from footfall.contract import LANDING_VARIABLE, PROJECT, LandedTable, known_sources, landed_tables, landing_root
from footfall.landing_checks import Problem, landing_problems

FINE, MUST_BE_MENDED, USAGE = 0, 1, 2
# Stands for the landing folder while dbt compiles: the compiled rules serve every folder.
ROOT_PLACEHOLDER = "landing-folder-to-check"
LAST_SELECT = "select * from final"
LATE_DAYS = 31
LATE_SHARE = 0.05
SHOWN = 5
ROW_WIDTH = 90
# What to do about refused rows, by the beginning of the reason's name.
ADVICE = {
    "malformed_json": "write one JSON object per line",
    "missing_": "fill it, or leave such rows out of the export",
    "unparseable_": "times as ISO 8601 (2025-03-01T12:34:56Z), numbers as plain digits with a point",
    "future_": "name the folder by the day of arrival, or mend the sender's clock",
    "nonpositive_": "export sales only; returns go into orders as status returned",
    "implausible_": "mend the value, or move the bound that docs/bring_your_own_data.md names",
    "negative_": "export amounts as positive numbers",
    "unknown_payment_result": "map it to approved, declined, error, timeout or abandoned",
    "score_": "scores are whole numbers from 1 to 5",
}

EXAMPLES = """\
examples:
  python scripts/validate.py                        the folder that FOOTFALL_LANDING names, else data/landing
  python scripts/validate.py data/landing           a landing root (it holds storefront/)
  python scripts/validate.py data/landing/storefront
  python scripts/validate.py ../datasets --source olist

exit code: 0 a build may start; 1 something has to be mended first; 2 wrong usage.
docs/bring_your_own_data.md says what the files have to look like.
"""


class UsageError(Exception):
    """The command was called with something that cannot be checked; one line for the user."""


@dataclass(frozen=True)
class StagingRules:
    """The compiled staging view of a landed table, with its columns and their types as its YAML gives them."""

    sql: str
    columns: dict[str, str]

    def select(self, what: str, cte: str) -> str:
        """The view's SQL with its last line replaced: `what` from one of its CTEs."""
        return f"{self.sql}\nselect {what} from {cte}"

    def has(self, column: str) -> bool:
        """Is it a column of the view?"""
        return column in self.columns

    @property
    def time_column(self) -> str | None:
        """The table's own time: its first timestamp."""
        return next((name for name, kind in self.columns.items() if kind.startswith("timestamp")), None)


@dataclass(frozen=True)
class Refusal:
    """Rows that one set of rules refuses: the reasons, how many, and one of them."""

    reasons: str
    row_count: int
    file: str
    row: str


@dataclass(frozen=True)
class Unparsed:
    """Values of a column that are there and are no value of its type."""

    column: str
    count: int
    filled: int
    kept: int


@dataclass
class TableReport:
    """What the staging view says about a landed table."""

    name: str
    file_count: int
    row_count: int = 0
    refused_count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    first_landed: date | None = None
    last_landed: date | None = None
    late_count: int = 0
    visitor_count: int | None = None
    unknown_names: dict[str, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    unparsed: list[Unparsed] = field(default_factory=list)
    empty_columns: list[str] = field(default_factory=list)

    @property
    def accepted_count(self) -> int:
        """Rows that break no rule."""
        return self.row_count - self.refused_count


@dataclass
class Report:
    """All findings about a landing folder. `problems` have to be mended before a build, `notes` need not."""

    source: str
    root: str
    tables: list[TableReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """FINE or MUST_BE_MENDED."""
        return MUST_BE_MENDED if self.problems else FINE


class Steps:
    """Says on stderr what is being done: at once on a terminal, elsewhere after two seconds."""

    def __init__(self, silent: bool = False) -> None:
        self._silent = silent
        self._began = time.monotonic()
        self._width = 0

    def say(self, text: str) -> None:
        """Show the step that begins now."""
        on_terminal = sys.stderr.isatty()
        if self._silent or (not on_terminal and time.monotonic() - self._began < 2):
            return
        line = f"{text.ljust(self._width)}\r" if on_terminal else f"{text}\n"
        print(line, end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def close(self) -> None:
        """Wipe the last step off the terminal."""
        if not self._silent and self._width and sys.stderr.isatty():
            print(" " * self._width, end="\r", file=sys.stderr, flush=True)


def resolve_root(folder: str, source: str) -> str:
    """The landing root that `folder` means: itself, or its parent when it is the source's own folder."""
    if source not in known_sources():
        raise UsageError(f"source '{source}' has no adapter. Fix: --source {' or '.join(known_sources())}.")
    path = Path(folder)
    if "'" in folder:
        raise UsageError(f"{folder}: a quote in the folder's name. Fix: rename the folder.")
    if not path.is_dir():
        raise UsageError(f"{folder}: there is no such folder. Fix: name the landing folder, see --help.")
    if not (path / source).is_dir() and path.absolute().name == source:
        path = path.parent if path.name == source else path.absolute().parent
    return path.as_posix()


def validate(folder: str, source: str = "storefront", steps: Steps | None = None) -> Report:
    """Check what has landed in `folder`. Raises UsageError when there is nothing that could be checked."""
    steps = steps or Steps(silent=True)
    root = resolve_root(folder, source)
    report = Report(source, root)
    steps.say("looking at the files …")
    report.problems = landing_problems(source, root)
    tables = landed_tables(source, root)
    report.notes += _files_out_of_place(source, root, tables)
    broken = [problem.file for problem in report.problems]
    checkable = [table for table in tables if table.files() and not _has_any(table, broken)]
    if checkable:
        steps.say("reading the rules …")
        _check_rows(report, checkable, steps)
    report.problems += _visitor_problems(report)
    report.notes += _notes(report, tables)
    steps.close()
    return report


def _has_any(table: LandedTable, broken: Sequence[str]) -> bool:
    """Is one of the broken files or folders the table's?"""
    return any(path == place or path.startswith(f"{place}/") for path in table.files() for place in broken)


# --- the rules --------------------------------------------------------------------------------------------------------


def staging_rules(source: str, root: str) -> dict[str, StagingRules]:
    """The staging view of each landed table of `source`, compiled for the files under `root`."""
    return {
        table: StagingRules(sql.replace(ROOT_PLACEHOLDER, root), dict(columns))
        for table, (sql, columns) in _compiled_staging(source).items()
    }


@cache
def _compiled_staging(source: str) -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Landed table -> (the staging view's SQL without its last line, its columns and types)."""
    from dbt.cli.main import dbtRunner  # takes seconds: only when it comes to rows

    with tempfile.TemporaryDirectory(prefix="footfall-validate-") as scratch, _dbt_environment(Path(scratch)):
        options = ["--quiet", "--no-use-colors", "--log-level-file", "none", "compile"]
        places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", f"{scratch}/target"]
        chosen = ["--select", f"stg_{source}__*", "--vars", f"source_system: {source}"]
        done = dbtRunner().invoke([*options, *places, *chosen])
        if not done.success:
            reason = one_line(done.exception)
            raise UsageError(f"dbt cannot compile the rules of '{source}' ({reason}). Fix: see what `dbt parse` says.")
        nodes = [run.node for run in done.result.results if run.node.resource_type == "model"]
    return {node.sources[0][1]: (_without_last_select(node.name, node.compiled_code), _types(node)) for node in nodes}


@contextmanager
def _dbt_environment(scratch: Path) -> Iterator[None]:
    """dbt finds a throw-away database and the placeholder instead of a folder; everything is put back afterwards."""
    set_for_dbt = {LANDING_VARIABLE: ROOT_PLACEHOLDER, "FOOTFALL_DB": str(scratch / "footfall.duckdb")}
    before = {name: os.environ.get(name) for name in set_for_dbt}
    folder = Path.cwd()
    os.environ.update(set_for_dbt)
    try:
        os.chdir(PROJECT)
        yield
    finally:
        os.chdir(folder)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        _close_dbt_database()


def _close_dbt_database() -> None:
    with suppress(ImportError):
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()


def _without_last_select(model: str, sql: str) -> str:
    body, last, rest = sql.rpartition(LAST_SELECT)
    if not last or rest.strip():
        raise UsageError(f"{model}: does not end in '{LAST_SELECT}'. Fix: end every staging model so.")
    return body


def _types(node: object) -> tuple[tuple[str, str], ...]:
    columns = node.columns.values()  # type: ignore[attr-defined]
    return tuple((column.name, (column.data_type or "").lower()) for column in columns)


# --- rows -------------------------------------------------------------------------------------------------------------


def _check_rows(report: Report, tables: Sequence[LandedTable], steps: Steps) -> None:
    rules = staging_rules(report.source, report.root)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        for number, table in enumerate(tables, start=1):
            steps.say(f"reading {table.name} ({number} of {len(tables)}) …")
            try:
                report.tables.append(_table_report(connection, table, rules[table.name]))
            except duckdb.Error as error:
                report.problems += _unreadable(connection, table, error)
    report.problems += [
        Problem(f"{report.root}/{report.source}", table.name, _only_refused(table), "see the reasons below")
        for table in report.tables
        if table.row_count and not table.accepted_count
    ]


def _only_refused(table: TableReport) -> str:
    return f"all {table.row_count:,} rows of this table would be refused"


def _table_report(connection: duckdb.DuckDBPyConnection, table: LandedTable, rules: StagingRules) -> TableReport:
    """One pass over the table's files; a second one, over the refused rows, when there are any."""
    measures = _measures(table, rules)
    selected = ",\n".join(f"{expression} as {_quoted(name)}" for name, expression in measures.items())
    cursor = connection.execute(rules.select(selected, "judged"))
    found = dict(zip(measures, cursor.fetchone() or (), strict=True))
    report = TableReport(table.name, len(table.files()))
    for name in ("row_count", "refused_count", "first_at", "last_at", "first_landed", "last_landed", "late_count"):
        setattr(report, name, found[name])
    if rules.has("visitor_id"):
        report.visitor_count = found["visitor_count"]
    report.unknown_names = dict(found.get("unknown_names") or {})
    report.unparsed = [
        Unparsed(column, found[f"unparsed {column}"], found[f"filled {column}"], found[f"kept {column}"])
        for column in _typed_columns(table, rules)
        if found[f"unparsed {column}"]
    ]
    if report.row_count:
        report.empty_columns = [c for c in table.columns if f"filled {c}" in found and not found[f"filled {c}"]]
    if report.refused_count:
        report.refusals = _refusals(connection, rules)
    return report


def _measures(table: LandedTable, rules: StagingRules) -> dict[str, str]:
    """Name -> aggregate over the judged rows of the staging view."""
    good = "_rejection_reasons = ''"
    at = rules.time_column or "cast(null as timestamp)"
    is_log = rules.has("visitor_id")
    too_late = f"{str(is_log).lower()} and _landed_on > cast({at} as date) + {LATE_DAYS}"
    measures = {
        "row_count": "count(*)",
        "refused_count": "count(*) filter (where _rejection_reasons <> '')",
        "first_at": f"min({at}) filter (where {good})",
        "last_at": f"max({at}) filter (where {good})",
        "first_landed": "min(_landed_on)",
        "last_landed": "max(_landed_on)",
        "late_count": f"count(*) filter (where {good} and {too_late})",
    }
    if is_log:
        measures["visitor_count"] = f"count(visitor_id) filter (where {good})"
    if rules.has("event_name"):
        known = ", ".join("'" + name.replace("'", "''") + "'" for name in _known_event_names())
        name = "coalesce(event_name, '(none)')"
        measures["unknown_names"] = f"histogram({name}) filter (where {good} and lower({name}) not in ({known}))"
    typed = set(_typed_columns(table, rules))
    for column in (name for name in table.columns if rules.has(name)):
        landed = f"nullif(trim(cast(_row.{_quoted(column)} as varchar)), '')"
        measures[f"filled {column}"] = f"count({landed})"
        if column in typed:
            unparsed = f"{landed} is not null and {_quoted(column)} is null"
            measures[f"unparsed {column}"] = f"count(*) filter (where {unparsed})"
            measures[f"kept {column}"] = f"count(*) filter (where {unparsed} and {good})"
    return measures


def _typed_columns(table: LandedTable, rules: StagingRules) -> list[str]:
    """Columns that land as text and are something else in the staging view."""
    texts = ("string", "varchar", "text", "")
    return [column for column in table.columns if rules.columns.get(column, "") not in texts]


def _refusals(connection: duckdb.DuckDBPyConnection, rules: StagingRules) -> list[Refusal]:
    what = "_rejection_reasons, count(*) as row_count, min((_source_file, _raw_row)) as example"
    query = rules.select(what, "final where _rejection_reasons <> '' group by all order by row_count desc, 1")
    return [
        Refusal(reasons, row_count, file, row or "")
        for reasons, row_count, (file, row) in connection.execute(query).fetchall()
    ]


@cache
def _known_event_names() -> tuple[str, ...]:
    """The raw names that the seed event_names maps."""
    with (PROJECT / "seeds" / "event_names.csv").open(encoding="utf-8", newline="") as file:
        return tuple(row["raw_name"] for row in csv.DictReader(file))


def _unreadable(connection: duckdb.DuckDBPyConnection, table: LandedTable, error: duckdb.Error) -> list[Problem]:
    """Which files the failing query failed on: each is read by itself, all its columns."""
    problems = [problem for path in table.files() if (problem := _file_problem(connection, path))]
    what = f"its files cannot be read together ({one_line(error)})"
    return problems or [Problem(table.patterns[0], "", what, "give all files the same types")]


def _file_problem(connection: duckdb.DuckDBPyConnection, path: str) -> Problem | None:
    try:
        if path.endswith(".parquet"):
            connection.execute("select sum(hash(t)::hugeint) from read_parquet($path) as t", {"path": path}).fetchone()
        elif path.endswith((".jsonl", ".csv")):
            with Path(path).open(encoding="utf-8") as file:
                deque(file, maxlen=0)
    except duckdb.Error as error:
        return Problem(path, "", f"cannot be read ({one_line(error)})", "land it again, whole")
    except UnicodeDecodeError:
        return Problem(path, "", "is no UTF-8 text", "write it as UTF-8")
    return None


# --- findings over several tables -------------------------------------------------------------------------------------


def _visitor_problems(report: Report) -> list[Problem]:
    """Either all logs of a source carry a visitor or none does: else one person's visits fall apart."""
    logs = [table for table in report.tables if table.visitor_count is not None and table.accepted_count]
    with_visitor = [table.name for table in logs if table.visitor_count]
    fix = "give every log a visitor_id, or none (then the customer is the visitor)"
    return [
        Problem(f"{report.root}/{report.source}/{table.name}", "visitor_id", _no_visitor(with_visitor), fix)
        for table in logs
        if with_visitor and not table.visitor_count
    ]


def _no_visitor(others: list[str]) -> str:
    return f"no row has a visitor, while {' and '.join(others)} {'has' if len(others) == 1 else 'have'}"


def _notes(report: Report, tables: Sequence[LandedTable]) -> list[str]:
    notes = []
    left_out = [table.name for table in tables if table.is_optional and not table.files()]
    if left_out:
        notes.append(f"optional tables that did not land: {', '.join(left_out)}; their marts stay empty")
    for table in report.tables:
        notes += _table_notes(table)
    return notes


def _table_notes(table: TableReport) -> list[str]:
    notes = []
    if not table.row_count:
        notes.append(f"{table.name}: its files have no rows")
    if table.empty_columns:
        notes.append(
            textwrap.shorten(f"{table.name}: no value in {', '.join(table.empty_columns)}", 110, placeholder=" …")
        )
    if table.visitor_count and table.visitor_count < table.accepted_count:
        missing = table.accepted_count - table.visitor_count
        notes.append(f"{table.name}: {missing:,} rows have a customer and no visitor_id; the customer is their visitor")
    if table.accepted_count and table.late_count > LATE_SHARE * table.accepted_count:
        share = _percent(table.late_count, table.accepted_count)
        notes.append(
            f"{table.name}: {share} landed more than {LATE_DAYS} days after they happened; right for a first load of "
            "history, else check that landed_on is the day of arrival"
        )
    return notes


def _files_out_of_place(source: str, root: str, tables: Sequence[LandedTable]) -> list[str]:
    """Files below the source's folder that no table reads."""
    read = {Path(path) for table in tables for path in table.files()}
    folder = Path(root) / source
    ignored = sorted(
        path.relative_to(folder).as_posix()
        for path in (folder.rglob("*") if folder.is_dir() else ())
        if path.is_file() and path not in read and not any(part.startswith((".", "_")) for part in path.parts[-3:])
    )
    if not ignored:
        return []
    more = f" and {len(ignored) - 3} more" if len(ignored) > 3 else ""
    return [f"files that no table reads (folder or ending is not as in the contract): {', '.join(ignored[:3])}{more}"]


# --- the text ---------------------------------------------------------------------------------------------------------


def render(report: Report) -> str:
    """The report as a reader wants it: overview, what would be refused, what to mend, what to do next."""
    parts = [f"{report.source} in {report.root}\n"]
    if report.tables:
        parts.append(_overview(report.tables))
    parts += _refused_part(report) + _unparsed_part(report) + _names_part(report)
    parts += _list_part("Notes", [f"- {note}" for note in report.notes])
    parts += _list_part("To mend before a build", [f"{n}. {p}" for n, p in enumerate(report.problems, start=1)])
    parts.append(_what_to_do(report))
    return "\n".join(parts)


def _overview(tables: Sequence[TableReport]) -> str:
    header = ("table", "files", "rows", "refused", "from", "to", "landed from", "to")
    lines = [header, *(_overview_line(table) for table in tables)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    """Counts to the right, words and dates to the left."""
    numbers = {1, 2, 3}
    pairs = enumerate(zip(line, widths, strict=True))
    return "  ".join(text.rjust(w) if n in numbers else text.ljust(w) for n, (text, w) in pairs).rstrip()


def _overview_line(table: TableReport) -> tuple[str, ...]:
    days = [table.first_at, table.last_at, table.first_landed, table.last_landed]
    counts = (f"{table.file_count:,}", f"{table.row_count:,}", _percent(table.refused_count, table.row_count))
    return (table.name, *counts, *(f"{day:%Y-%m-%d}" if day else "-" for day in days))


def _refused_part(report: Report) -> list[str]:
    lines = []
    advised: dict[str, str] = {}
    all_refusals = [(table, refusal) for table in report.tables for refusal in table.refusals]
    for table, refusal in sorted(all_refusals, key=lambda pair: -pair[1].row_count)[:SHOWN]:
        share = _percent(refusal.row_count, table.row_count)
        lines.append(f"{table.name}: {refusal.reasons}: {refusal.row_count:,} ({share}), such as")
        lines.append(f"    {refusal.file}: {_row_text(refusal.row)}")
    for reason in (reason for _, refusal in all_refusals for reason in refusal.reasons.split(",")):
        advised |= {begin: text for begin, text in ADVICE.items() if reason.startswith(begin)}
    lines += _more(len(all_refusals), "more kinds")
    lines += [f"{begin.strip('_')}: {text}" for begin, text in advised.items()]
    return _list_part("Rows that would be refused (the others are built; these go to marts.quarantined_rows)", lines)


def _row_text(row: str) -> str:
    """A refused row in few words: JSON without its empty fields, cut."""
    with suppress(json.JSONDecodeError):
        fields = json.loads(row)
        if isinstance(fields, dict):
            row = json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)
    return row if len(row) <= ROW_WIDTH else row[: ROW_WIDTH - 1] + "…"


def _unparsed_part(report: Report) -> list[str]:
    lines = [_unparsed_line(table, unparsed) for table in report.tables for unparsed in table.unparsed]
    return _list_part("Values that do not parse", lines[:SHOWN] + _more(len(lines), "more columns"))


def _unparsed_line(table: TableReport, unparsed: Unparsed) -> str:
    share = f"{unparsed.count:,} of {unparsed.filled:,} ({_percent(unparsed.count, unparsed.filled)})"
    return (
        f"{table.name}.{unparsed.column}: {share}, {'kept as missing' if unparsed.kept else 'their rows are refused'}"
    )


def _names_part(report: Report) -> list[str]:
    names = [(table.name, name, n) for table in report.tables for name, n in table.unknown_names.items()]
    names.sort(key=lambda found: (-found[2], found[1]))
    lines = [f"{table}: {name} {count:,}" for table, name, count in names[:SHOWN]] + _more(len(names), "more names")
    title = "Event names that seeds/event_names.csv does not know (add a line there, else they count as 'other')"
    return _list_part(title, lines)


def _more(count: int, what: str) -> list[str]:
    return [f"and {count - SHOWN} {what}"] if count > SHOWN else []


def _list_part(title: str, lines: Sequence[str]) -> list[str]:
    return [f"\n{title}", *(f"  {line}" for line in lines)] if lines else []


def _what_to_do(report: Report) -> str:
    is_default = report.source == "storefront"
    if report.problems:
        count = len(report.problems)
        again = f"python scripts/validate.py {report.root}{'' if is_default else f' --source {report.source}'}"
        return f"\n{count} problem{'s' if count > 1 else ''}. Mend {'them' if count > 1 else 'it'}, then: {again}"
    variables = "" if is_default else f" --vars 'source_system: {report.source}'"
    return f"\nA build may start: {LANDING_VARIABLE}={report.root} dbt build{variables}"


def _percent(part: int, whole: int) -> str:
    if not part:
        return "0 %"
    share = 100 * part / whole
    return f"{share:.2f} %" if share >= 0.01 else "<0.01 %"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: prints the report, returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="validate.py",
        description="Check a landing folder before any build: files, columns, types, refused rows and why.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", default=landing_root(), help="landing root or the source's folder in it")
    parser.add_argument("--source", default="storefront", help="storefront (default), olist, rees46 or online_retail")
    chosen = parser.parse_args(arguments)
    try:
        report = validate(chosen.folder, chosen.source, Steps())
    except UsageError as error:
        print(f"validate.py: {error}", file=sys.stderr)
        return USAGE
    print(render(report))
    return report.exit_code
