"""The marts as files, for whoever does not ask DuckDB: CSV and Parquet with a manifest, replaced as a whole or not at all."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import yaml

from footfall.command import Parser, one_line, read_only
from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE, PROJECT
from footfall.folder_swap import FolderInUseError, earlier_folder, replaced_folder
from footfall.mart_promises import Mart, broken_promises, described_marts, quoted, table

FINE, NOT_EXPORTED, USAGE = 0, 1, 2
MEMORY_VARIABLE = "FOOTFALL_MEMORY_LIMIT"
FORMATS = ("csv", "parquet")
MANIFEST = "manifest.json"
DEFAULT_OUT = "data/exports"
SPILL = ".spill"
LEFT_BY_SYSTEMS = {".DS_Store"}
BAR_WIDTH = 24
# NULL is nothing between two commas, empty text is "": so they differ. Times are UTC and say so.
COPY_OPTIONS = {
    "csv": "format csv, header, delimiter ',', quote '\"', escape '\"', nullstr '', "
    "dateformat '%Y-%m-%d', timestampformat '%Y-%m-%dT%H:%M:%S.%fZ'",
    "parquet": "format parquet, compression zstd",
}

EXAMPLES = """\
examples:
  python scripts/export.py                                            every mart, as CSV and Parquet
  python scripts/export.py --marts customer_360 at_risk_customers
  python scripts/export.py --format parquet --out data/for_bi
  FOOTFALL_DB=data/olist.duckdb python scripts/export.py --out data/olist_exports

The folder is replaced as a whole, after every mart was checked (keys, customers, scores within 0 and 1), or not at all.
With --marts the other marts that lie there stay as they are. manifest.json says what each file is.

exit code: 0 exported; 1 nothing was replaced, something has to be mended first; 2 wrong usage.
"""


class ExportError(Exception):
    """What keeps the export from being made; one line for the user."""

    exit_code = NOT_EXPORTED


class UsageError(ExportError):
    """The command was called with something that cannot be exported."""

    exit_code = USAGE


@dataclass(frozen=True)
class Build:
    """What the database holds: its source, the day that counts as today, and mart -> column -> type."""

    source_system: str
    as_of_date: str | None
    marts: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Exported:
    """How it went: the manifest, the marts written this time, and marts of the project that are not in the database."""

    manifest: dict
    written: tuple[str, ...]
    not_built: tuple[str, ...]


class MartLines:
    """A line per mart with a bar, on a terminal; silent elsewhere."""

    def __init__(self, count: int, silent: bool = False) -> None:
        self._count = count
        self._done = 0
        self._silent = silent or not sys.stderr.isatty()

    def done(self, entry: dict, mart: str) -> None:
        """Say that a mart is written."""
        self._done += 1
        if self._silent:
            return
        filled = BAR_WIDTH * self._done // self._count
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        size = _megabytes(sum(file["bytes"] for file in entry["files"]))
        print(
            f"[{bar}] {self._done}/{self._count}  {mart}  {entry['rows']:,} rows  {size}", file=sys.stderr, flush=True
        )


# --- the database -----------------------------------------------------------------------------------------------------


@contextmanager
def _opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only reads; errors in one line with the fix."""
    with read_only(database, ExportError, UsageError) as connection:
        limit = os.environ.get(MEMORY_VARIABLE, "4GB")
        try:
            connection.execute(f"set memory_limit = '{limit}'")
        except duckdb.Error as error:
            raise UsageError(f"{MEMORY_VARIABLE} is '{limit}'. Fix: a size such as 4GB.") from error
        yield connection


def _read_build(connection: duckdb.DuckDBPyConnection, database: Path) -> Build:
    marts: dict[str, dict[str, str]] = {}
    for mart, column, kind in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'marts' "
        "order by table_name, ordinal_position"
    ).fetchall():
        marts.setdefault(mart, {})[column] = kind
    marts = {mart: columns for mart, columns in marts.items() if mart in described_marts()}
    if not marts:
        raise ExportError(f"{database}: there are no marts in it. Fix: dbt build.")
    try:
        [(source,)] = connection.execute("select source_system from intermediate.int_sources_built").fetchall()
        [(as_of,)] = connection.execute("select as_of_date from intermediate.int_as_of_dates").fetchall()
    except (duckdb.Error, ValueError) as error:
        raise ExportError(f"{database}: does not say of which day and source it is. Fix: dbt build.") from error
    return Build(source, str(as_of) if as_of else None, marts)


def _chosen(build: Build, database: Path, names: Sequence[str] | None) -> list[Mart]:
    """The marts to export, by name; all that are built when none is named."""
    described = described_marts()
    for name in names or ():
        if name not in described:
            near = difflib.get_close_matches(name, described, n=1)
            meant = f"did you mean {near[0]}?" if near else f"the marts are {', '.join(described)}."
            raise UsageError(f"there is no mart '{name}': {meant}")
        if name not in build.marts:
            raise ExportError(f"{database}: has no {name}. Fix: dbt build.")
    return [described[name] for name in sorted(set(names or build.marts))]


def _check(connection: duckdb.DuckDBPyConnection, build: Build, marts: Sequence[Mart]) -> None:
    """The final validation: raises ExportError when a mart does not keep what its YAML promises."""
    try:
        problems = [p for mart in marts for p in broken_promises(connection, mart, list(build.marts[mart.name]))]
    except duckdb.Error as error:
        raise ExportError(f"the marts cannot be checked ({one_line(error)}). Fix: dbt build.") from error
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        fix = "build again (dbt build) and see which of its tests fail"
        raise ExportError(f"{one_line(problems[0])}{more}; nothing was replaced. Fix: {fix}.")


# --- the folder -------------------------------------------------------------------------------------------------------


def _earlier_manifest(out: Path) -> dict:
    """The manifest of the export that lies in `out`, {} where there is none. Raises UsageError for any other folder."""
    folder = out if out.exists() else earlier_folder(out)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{out}: is a file. Fix: name a folder with --out.")
    if not folder.exists() or all(path.name in LEFT_BY_SYSTEMS for path in folder.iterdir()):
        return {}
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        known = {file["path"] for entry in manifest["marts"].values() for file in entry["files"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{out}: holds other files than an export. Fix: name a new folder with --out.") from error
    files = (path for path in folder.rglob("*") if not path.is_dir() and path.name not in LEFT_BY_SYSTEMS)
    strange = sorted({path.relative_to(folder).as_posix() for path in files} - known - {MANIFEST})
    if strange:
        raise UsageError(f"{out}: {strange[0]} is no file of this export and would be lost. Fix: move it away.")
    return manifest


def _kept(earlier: dict, build: Build, written: Sequence[Mart], out: Path, partial: Path) -> dict[str, dict]:
    """The entries of the earlier marts that are not written now, their files linked into the new folder."""
    names = {mart.name for mart in written}
    kept = {name: entry for name, entry in earlier.get("marts", {}).items() if name not in names}
    if kept and earlier.get("source_system") != build.source_system:
        sources = f"marts of {earlier.get('source_system')}, and this database is of {build.source_system}"
        raise UsageError(f"{out}: holds {sources}. Fix: name another folder with --out.")
    for file in (file for entry in kept.values() for file in entry["files"]):
        source, copy = out / file["path"], partial / file["path"]
        if not source.is_file() or _sha256(source) != file["sha256"]:
            raise ExportError(f"{source}: is not what {MANIFEST} says. Fix: export all marts, without --marts.")
        copy.parent.mkdir(exist_ok=True)
        _link(source, copy)
    return kept


def _link(source: Path, copy: Path) -> None:
    """The same file once more without its bytes; a copy where the disk knows no links."""
    try:
        copy.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, copy)


# --- writing ----------------------------------------------------------------------------------------------------------


def export(
    database: Path,
    out: Path,
    marts: Sequence[str] | None = None,
    formats: Sequence[str] = FORMATS,
    silent: bool = True,
) -> Exported:
    """Write marts of `database` (all, or those named) into the folder `out`; raises ExportError when nothing was."""
    if out.is_symlink() or out.name in ("", ".."):
        out = out.resolve()  # what is renamed is the folder itself
    with _opened(database) as connection:
        build = _read_build(connection, database)
        chosen = _chosen(build, database, marts)
        earlier = _earlier_manifest(out)
        with _replaced(out) as partial:
            connection.execute(f"set temp_directory = '{_escaped(partial / SPILL)}'")
            _check(connection, build, chosen)
            entries = {} if marts is None else _kept(earlier, build, chosen, out, partial)
            lines = MartLines(len(chosen), silent)
            for mart in chosen:
                entries[mart.name] = _write(connection, build, mart, formats, partial)
                lines.done(entries[mart.name], mart.name)
            manifest = _manifest(build, entries)
            _write_manifest(manifest, partial)
            connection.close()  # it may still hold its spill folder
            shutil.rmtree(partial / SPILL, ignore_errors=True)
    not_built = [name for name in described_marts() if name not in build.marts] if marts is None else []
    return Exported(manifest, tuple(mart.name for mart in chosen), tuple(not_built))


@contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    """replaced_folder, its errors and those of writing in one line."""
    try:
        with replaced_folder(out) as partial:
            yield partial
    except FolderInUseError as error:
        raise ExportError(f"{out}: another export is being written there. Fix: wait for it.") from error
    except (OSError, duckdb.Error) as error:
        fix = "see that there is space and that you may write there, or name another folder with --out"
        raise ExportError(f"{out}: cannot be written ({one_line(error)}); nothing was replaced. Fix: {fix}.") from error


def _write(
    connection: duckdb.DuckDBPyConnection, build: Build, mart: Mart, formats: Sequence[str], partial: Path
) -> dict:
    """Writes a mart in each format, ordered by its key, and returns its entry in the manifest."""
    rows = _count(connection, table(mart.name))
    key = ", ".join(f"{quoted(name)} asc nulls last" for name in mart.key)
    ordered = f"select * from {table(mart.name)} order by {key}"
    files = []
    for kind in sorted(formats):
        path = partial / kind / f"{mart.name}.{kind}"
        path.parent.mkdir(exist_ok=True)
        copied = connection.execute(f"copy ({ordered}) to '{_escaped(path)}' ({COPY_OPTIONS[kind]})").fetchone()
        if copied != (rows,) or (kind == "parquet" and _count(connection, f"'{_escaped(path)}'") != rows):
            raise ExportError(
                f"{path.name}: has not the {rows:,} rows of the mart; nothing was replaced. Fix: try again."
            )
        files.append(_file_entry(path, partial, kind))
    return {
        "rows": rows,
        "as_of_date": build.as_of_date,
        "project_version": project_version(),
        "primary_key": list(mart.key),
        "columns": [{"name": name, "type": kind} for name, kind in build.marts[mart.name].items()],
        "files": files,
    }


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    (rows,) = connection.execute(f"select count(*) from {relation}").fetchone() or (0,)
    return rows


def _file_entry(path: Path, folder: Path, kind: str) -> dict:
    return {
        "path": path.relative_to(folder).as_posix(),
        "format": kind,
        "bytes": path.stat().st_size,
        "sha256": _sha256(path),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(build: Build, entries: dict[str, dict]) -> dict:
    """What the folder holds. `as_of_date` is NULL when its marts are of different days; each mart has its own."""
    days = {entry["as_of_date"] for entry in entries.values()}
    return {
        "project": "footfall",
        "source_system": build.source_system,
        "as_of_date": days.pop() if len(days) == 1 else None,
        "marts": dict(sorted(entries.items())),
    }


def _write_manifest(manifest: dict, partial: Path) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (partial / MANIFEST).write_text(f"{text}\n", encoding="utf-8")


@cache
def project_version() -> str:
    """The version in dbt_project.yml."""
    return str(yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["version"])


# --- the command ------------------------------------------------------------------------------------------------------


def _summary(done: Exported, out: Path, seconds: float) -> str:
    entries = [done.manifest["marts"][name] for name in done.written]
    files = [file for entry in entries for file in entry["files"]]
    rows = sum(entry["rows"] for entry in entries)
    of_day = f" as of {entries[0]['as_of_date']}" if entries[0]["as_of_date"] else ""
    text = (
        f"{_plural(len(entries), 'mart')}{of_day}, {rows:,} rows: {_plural(len(files), 'file')} "
        f"({_megabytes(sum(file['bytes'] for file in files))}) in {out}, {seconds:.1f} s"
    )
    if len(done.manifest["marts"]) > len(entries):
        text += f"\n{_plural(len(done.manifest['marts']) - len(entries), 'other mart')} in it stayed as they were"
    if done.not_built:
        text += f"\nNot in the database, so not exported: {', '.join(done.not_built)}"
    return text


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _escaped(path: Path) -> str:
    """A path within a SQL text."""
    return path.as_posix().replace("'", "''")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="export.py",
        description="Write the marts of a built database as CSV and Parquet files, with a manifest.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--marts", nargs="+", metavar="MART", help="which marts (all that are built)")
    parser.add_argument("--format", nargs="+", choices=FORMATS, default=list(FORMATS), help="csv, parquet (both)")
    parser.add_argument("--out", type=Path, default=Path(DEFAULT_OUT), help=f"the folder ({DEFAULT_OUT})")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: writes the export, says what is in it, returns the exit code."""
    chosen = _parser().parse_args(arguments)
    database = Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    began = time.monotonic()
    try:
        done = export(database, chosen.out, chosen.marts, tuple(dict.fromkeys(chosen.format)), silent=False)
    except ExportError as error:
        print(f"export.py: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("export.py: stopped; nothing was replaced", file=sys.stderr)
        return NOT_EXPORTED
    print(_summary(done, chosen.out, time.monotonic() - began))
    return FINE
