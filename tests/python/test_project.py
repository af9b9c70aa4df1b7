"""The project keeps its own rules: variables, descriptions, columns, layers, one interface for all sources."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import PROJECT

# What a run notes down about its batch, and the list of batches: the only tables that may differ from a full rebuild.
OF_A_RUN = {
    "new_files", "loaded_files", "int_events_batched", "int_events_known", "int_spans_touched", "int_visitors_seen",
    "int_visitors_reidentified", "int_shoppers_touched", "int_event_days_touched", "int_snapshots_moved", "int_orders_touched", "int_event_spans_touched",
}  # fmt: skip
SOURCES = ("storefront", "olist", "rees46", "online_retail")
META_COLUMNS = ["_source_table", "_source_file", "_landed_on", "_rejection_reasons", "_raw_row"]
# How DuckDB calls the types that the YAMLs name in words for every engine.
DUCKDB_NAMES = {"string": "VARCHAR", "int": "INTEGER", "integer": "INTEGER", "bigint": "BIGINT"}
MODEL_SUFFIXES = (".sql", ".py")
VAR_READ = re.compile(r"\b(?:whole_variable|var)\(\s*['\"](\w+)['\"]")
COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
BANNED = {
    "target.type (one model for all engines)": r"\btarget\.(type|name)\b",
    "not in (select (one NULL and no row comes back)": r"\bnot\s+in\s*\(\s*select\b",
    "minutes counted by the clock": r"date_?diff\(\s*'?(minute|hour|second)",
    "ntile (rows that are equal get different numbers)": r"\bntile\s*\(",
    "the clock": r"\b(current_date|current_timestamp|now\s*\(|get_current_timestamp|run_started_at|today\s*\()",
}


@contextmanager
def dbt_environment(scratch: str, database: str | None = None) -> Iterator[None]:
    """dbt inside this process: files in `scratch`, a throw-away database unless one is named, the linked landing."""
    patch = pytest.MonkeyPatch()
    patch.setenv("FOOTFALL_LANDING", str(linked_landing()))
    patch.setenv("FOOTFALL_DB", database or f"{scratch}/footfall.duckdb")
    patch.setenv("DBT_TARGET_PATH", f"{scratch}/target")
    patch.setenv("DBT_LOG_PATH", f"{scratch}/logs")
    patch.chdir(PROJECT)
    try:
        yield
    finally:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()
        patch.undo()


@cache
def linked_landing() -> Path:
    """A link that build_here() points to one landing after the other: paths are part of a parsed project."""
    folder = tempfile.mkdtemp(prefix="footfall-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "landing"


@cache
def manifest(source: str = "storefront") -> Any:
    """The parsed project as dbt sees it for one source; parsed once for all tests, which is what costs."""
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as scratch, dbt_environment(scratch):
        done = dbtRunner().invoke(["--quiet", "parse", "--vars", f"source_system: {source}"])
    assert done.success, done.exception
    return done.result


def build_here(
    landing: Path, database: Path, *arguments: str, source: str = "storefront", **variables: object
) -> tuple[bool, list[str]]:
    """dbt build without tests, in this process and without parsing again: did it succeed, and the errors it told.

    The landing is seen under the path linked_landing().
    """
    from dbt.cli.main import dbtRunner

    told: list[str] = []

    def listen(event: Any) -> None:
        if event.info.level == "error":
            told.append(event.info.msg)

    link = linked_landing()
    link.unlink(missing_ok=True)
    link.symlink_to(landing, target_is_directory=True)
    with dbt_environment(str(database.parent), str(database)):
        without_tests = ["--quiet", "build", "--exclude", "resource_type:unit_test", "resource_type:test"]
        runner = dbtRunner(manifest=manifest(source), callbacks=[listen])
        done = runner.invoke([*without_tests, *arguments, "--vars", repr({"source_system": source, **variables})])
    return done.success, told


def nodes(kind: str, source: str = "storefront") -> dict[str, Any]:
    """Name -> node, of the enabled models, seeds or tests of this project."""
    return {node.name: node for node in manifest(source).nodes.values() if node.resource_type == kind}


def layer(node: Any) -> str:
    """staging, intermediate or marts: the folder below models/."""
    return Path(node.original_file_path).parts[1]


def sql_files() -> list[Path]:
    """Every SQL file of models, macros, analyses and tests."""
    return sorted(
        path for folder in ("models", "macros", "analyses", "tests") for path in (PROJECT / folder).rglob("*.sql")
    )


def test_every_variable_is_explained_and_read() -> None:
    """A variable that nothing reads misleads; one that is read and not declared hides."""
    text = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    declared = set(yaml.safe_load(text)["vars"])
    lines = text.splitlines()
    for name in declared:
        (position,) = [n for n, line in enumerate(lines) if re.match(rf"  {name}:", line)]
        comment = lines[position - 1].strip()
        assert comment.startswith("#") and len(comment.split()) > 4 and comment.endswith((".", ";", ":")), name
    read = {name for path in sql_files() for name in VAR_READ.findall(path.read_text(encoding="utf-8"))}
    assert read == declared


def test_the_default_source_is_the_same_everywhere() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    default = project["vars"]["source_system"]
    staging = project["models"]["footfall"]["staging"]
    switches = {name: options["+enabled"] for name, options in staging.items() if not name.startswith("+")}
    assert switches == {name: f"{{{{ var('source_system', '{default}') == '{name}' }}}}" for name in SOURCES}
    assert {path.name for path in (PROJECT / "models/staging").iterdir() if path.is_dir()} == set(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_everything_is_described(source: str) -> None:
    """Models, seeds, sources and all their columns."""
    described = [*nodes("model", source).values(), *nodes("seed", source).values(), *manifest(source).sources.values()]
    silent = [node.name for node in described if not node.description.strip()]
    silent += [
        f"{node.name}.{c.name}" for node in described for c in node.columns.values() if not c.description.strip()
    ]
    silent += [f"{node.name} has no columns" for node in described if not node.columns]
    assert silent == []


def test_marts_say_grain_key_and_three_questions() -> None:
    incomplete = []
    for name, node in nodes("model").items():
        if layer(node) != "marts":
            continue
        text = " ".join(node.description.split())
        questions = text.partition("Questions it answers:")[2]
        if "Grain:" not in text or "Primary key:" not in text or questions.count("?") != 3:
            incomplete.append(name)
    assert incomplete == []


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_reads_upwards(source: str) -> None:
    """Marts never read staging; staging reads nothing above; only dimensions may be read from below. What is new (new_files) may
    be read by all, and what is loaded (loaded_files) is known when everything else is there."""
    found = manifest(source).nodes
    for node in nodes("model", source).values():
        parents = [found[key] for key in node.depends_on.nodes if key in found and found[key].resource_type == "model"]
        above = {parent.name for parent in parents if layer(parent) == "marts"}
        below = {parent.name for parent in parents if layer(parent) == "staging"}
        if layer(node) == "marts":
            assert not below and not node.sources, f"{node.name} reads {below or node.sources}"
        if layer(node) == "staging":
            assert {layer(parent) for parent in parents if parent.name != "new_files"} <= {"staging"}, node.name
        if layer(node) == "intermediate":
            assert not node.sources, f"{node.name} reads {node.sources}"
            assert all(name.startswith("dim_") for name in above), f"{node.name} reads {above}"


def test_each_model_and_seed_has_its_yaml_beside_it() -> None:
    """<name>.sql and <name>.yml, and no YAML without its model."""
    models = {path.with_suffix("") for path in (PROJECT / "models").rglob("*.*") if path.suffix in MODEL_SUFFIXES}
    texts = {
        path.with_suffix("")
        for path in (PROJECT / "models").rglob("*.yml")
        if path.name not in ("sources.yml", "exposures.yml")
    }
    assert models == texts
    for path in texts:
        (model,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
        assert model["name"] == path.name
    seeds = PROJECT / "seeds"
    assert {path.stem for path in seeds.glob("*.csv")} == {path.stem for path in seeds.glob("*.yml")}


def test_every_seed_column_has_a_type() -> None:
    """A type that is guessed from the rows changes when somebody edits a row."""
    for name, node in nodes("seed").items():
        header = (PROJECT / node.original_file_path).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert list(node.config.column_types) == header, name
        assert list(node.columns) == header, name


def columns_of(node: Any) -> list[tuple[str, str]]:
    """(name, type) of a model's columns as its YAML has them."""
    return [(column.name, (column.data_type or "").lower()) for column in node.columns.values()]


@pytest.mark.parametrize("source", SOURCES[1:])
def test_every_source_gives_the_same_entities(source: str) -> None:
    """Same names, columns, order and types: the analyses must not see the difference."""

    def entities(of: str) -> dict[str, list[tuple[str, str]]]:
        found = {name: node for name, node in nodes("model", of).items() if name.startswith(f"{of}__")}
        return {name.removeprefix(f"{of}__"): columns_of(node) for name, node in found.items()}

    assert len(entities("storefront")) == 10
    assert entities(source) == entities("storefront")


def test_the_entities_have_the_columns_of_the_macros() -> None:
    """entity_columns() and event_columns() are the order in which versions are compared: nothing may be left out."""
    text = (PROJECT / "macros/landing/entities.sql").read_text(encoding="utf-8")
    (listed,) = re.findall(r"return\((\{\s.*?\})\[entity\]\)", text, re.DOTALL)
    by_macro = yaml.safe_load(listed)
    (event_columns,) = re.findall(
        r"return\((\[.*?\])\)", (PROJECT / "macros/rules/event_rules.sql").read_text(encoding="utf-8"), re.DOTALL
    )
    # event_type is looked up in the seed after the sources.
    by_macro["events"] = [column for column in yaml.safe_load(event_columns) if column != "event_type"]
    models = nodes("model")
    by_yaml = {entity: [name for name, _ in columns_of(models[f"storefront__{entity}"])] for entity in by_macro}
    assert by_yaml == {entity: columns + META_COLUMNS for entity, columns in by_macro.items()}


@pytest.mark.parametrize("what", BANNED)
def test_no_sql_that_went_wrong_elsewhere(what: str) -> None:
    """In models and macros; comments may speak of it, macros/dialect may know its engines."""
    found = []
    for path in sql_files():
        if path.is_relative_to(PROJECT / "tests") and what == "the clock":
            continue
        code = COMMENTS.sub("", path.read_text(encoding="utf-8"))
        if re.search(BANNED[what], code, re.IGNORECASE):
            found.append(path.relative_to(PROJECT).as_posix())
    assert found == []


def test_models_name_no_engine() -> None:
    """Engine differences live in macros/dialect."""
    engine = re.compile(r"\b(duckdb|spark)\b", re.IGNORECASE)
    paths = [p for p in sql_files() if not p.is_relative_to(PROJECT / "macros/dialect")]
    assert [p.name for p in paths if engine.search(COMMENTS.sub("", p.read_text(encoding="utf-8")))] == []


@pytest.fixture(scope="module")
def catalog(build: Callable[[str], Path]) -> dict[str, list[tuple[str, str]]]:
    """Relation -> (column, type), of the built database."""
    with duckdb.connect(str(build("storefront")), read_only=True) as connection:
        rows = connection.execute(
            """
            select table_schema || '.' || table_name, column_name, data_type from information_schema.columns
            where table_catalog = current_database() order by table_schema, table_name, ordinal_position
            """
        ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for relation, column, kind in rows:
        found.setdefault(relation, []).append((column, kind))
    return found


def test_the_database_holds_the_models_and_nothing_else(catalog: dict[str, list[tuple[str, str]]]) -> None:
    built = {f"{node.schema}.{node.name}" for kind in ("model", "seed") for node in nodes(kind).values()}
    # How the tests ended is written by the run itself.
    assert set(catalog) - {"operations.test_results"} == built


def test_yaml_columns_are_the_built_columns(catalog: dict[str, list[tuple[str, str]]]) -> None:
    """Names, order and types: documentation that lies is a defect."""
    different = {}
    for kind in ("model", "seed"):
        for node in nodes(kind).values():
            actual = catalog.get(f"{node.schema}.{node.name}", [])
            stated = [(column, in_duckdb(kind)) for column, kind in columns_of(node)]
            typed = [
                (name, kind if stated_kind else "")
                for (name, kind), (_, stated_kind) in zip(actual, stated, strict=False)
            ]
            if [name for name, _ in actual] != [name for name, _ in stated] or typed != stated:
                different[node.name] = sorted(set(stated) ^ set(actual)) or "order"
    assert different == {}


def test_staging_and_marts_state_every_type() -> None:
    untyped = [
        f"{node.name}.{name}"
        for node in nodes("model").values()
        for name, kind in columns_of(node)
        if layer(node) in ("staging", "marts") and not kind
    ]
    assert untyped == []


def in_duckdb(kind: str) -> str:
    """A YAML's type as DuckDB's catalog spells it."""
    return DUCKDB_NAMES.get(kind, kind.upper()).replace(" ", "")


def test_a_run_is_finished_by_its_last_model() -> None:
    """loaded_files comes after every incremental model: what it lists is in all of them."""
    found = manifest().nodes
    before: set[str] = set()
    waiting = ["model.footfall.loaded_files"]
    while waiting:
        parents = set(found[waiting.pop()].depends_on_nodes) & set(found) - before
        before |= parents
        waiting += parents
    growing = {key for key, node in found.items() if node.config.materialized == "incremental"}
    assert growing - before == {"model.footfall.loaded_files"}


def test_settings_of_increments_are_complete() -> None:
    """A variable or seed that an incremental table depends on, itself or by a macro or view, and that is not in the list could
    change unnoticed."""
    project = manifest()
    texts = {name: macro.macro_sql for name, macro in project.macros.items()}

    def reads(node: Any) -> set[str]:
        """Variables that a model reads, by its SQL and by all macros below it."""
        seen: set[str] = set()
        waiting = [name for name in node.depends_on.macros if name.startswith("macro.footfall.")]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += [
                    macro for macro in project.macros[name].depends_on.macros if macro.startswith("macro.footfall.")
                ]
        return {variable for text in (node.raw_code, *map(texts.get, seen)) for variable in VAR_READ.findall(text)}

    variables: set[str] = set()
    seeds: set[str] = set()
    for node in project.nodes.values():
        if node.resource_type == "model" and node.config.materialized == "incremental":
            sources = [node, *(project.nodes[key] for key in passed_through(project, node))]
            variables |= {name for source in sources for name in reads(source)}
            seeds |= {
                key.split(".")[-1] for source in sources for key in source.depends_on_nodes if key.startswith("seed.")
            }
    text = (PROJECT / "macros/increments/settings.sql").read_text(encoding="utf-8")
    listed = [set(re.findall(r"'(\w+)'", part)) for part in re.findall(r"return\(\[(.*?)\]\)", text, re.DOTALL)]
    assert listed == [variables - {"source_system", "events_per_bucket"}, seeds]


def passed_through(project: Any, node: Any) -> set[str]:
    """Views and whole tables that a model reads, and those below them up to incremental ones: their rules are the model's."""
    found: set[str] = set()
    waiting = list(node.depends_on_nodes)
    while waiting:
        key = waiting.pop()
        parent = project.nodes.get(key)
        if parent and key not in found and key.startswith("model.") and parent.config.materialized != "incremental":
            found.add(key)
            waiting += parent.depends_on_nodes
    return found
