"""The documentation says what the project says: columns, rules, models and names are compared with their one source.

docs/models.md is written from the models' YAML; when a model was added or its description changed, write it anew:
`python tests/python/test_docs.py`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
MODEL_SUFFIXES = (".sql", ".py")
DOCS = PROJECT / "docs"
OWN_DATA = DOCS / "bring_your_own_data.md"
PAGES = sorted([PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *DOCS.glob("*.md")])
TYPES = {
    "string": "text",
    "timestamp": "time",
    "date": "date",
    "bigint": "whole number",
    "integer": "whole number",
    "decimal(18,4)": "money",
    "double": "number",
}
DESCRIPTION = re.compile(r"(?P<what>.*?)\s*Grain: (?P<grain>.*?)\.\s+Primary key: (?P<key>.*?)\.(?:\s|$)", re.DOTALL)
LAYERS = {
    "staging": "Staging and entities: one folder per source",
    "intermediate": "Intermediate: one folder per entity",
    "marts": "Marts: one folder per subject",
    "increments": "Increments: what a run reads, and what is loaded",
}
MODELS_HEAD = """# Models

Every model with its grain and key, by layer. `make docs` shows the same with all columns, tests and the way from file
to mart. Written from the models' YAML by `python tests/python/test_docs.py`; a test compares them.

Only the models of one source are enabled in a build (`source_system`). The entities of each source
(`<source>__<entity>`) have the same columns, so everything after them is the same for all.
"""


def table_rows(text: str) -> list[list[str]]:
    """The cells of all Markdown table rows in `text`, headers and rulers left out, backticks removed."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in lines]


def section(page: Path, title: str) -> str:
    """The text below a heading, up to the next heading of its level or a higher one."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no section '{title}'"
    return found[2]


def yaml_models(pattern: str = "**/*.yml") -> Iterator[tuple[Path, dict]]:
    """(file, model) of every model described below models/."""
    for path in sorted((PROJECT / "models").glob(pattern)):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            yield path, model


def meta(node: dict) -> dict:
    """config.meta of a YAML node."""
    return node.get("config", {}).get("meta", {})


@cache
def landing_contract() -> dict[str, dict]:
    """Landed table -> its node in the storefront's sources.yml; the files of JSON lines are part of their table."""
    text = (PROJECT / "models/staging/storefront/sources.yml").read_text(encoding="utf-8")
    tables = yaml.safe_load(text)["sources"][0]["tables"]
    return {table["name"]: table for table in tables if "lines_of" not in meta(table)}


def rules_of(pattern: str) -> dict[str, list[str]]:
    """Staging model -> names of its rejection rules."""
    return {
        model["name"]: [rule["name"] for rule in meta(model)["rejection_rules"]] for _, model in yaml_models(pattern)
    }


# --- bring_your_own_data.md -------------------------------------------------------------------------------------------


def test_every_landed_table_is_told() -> None:
    titles = re.findall(r"^### (\w+) \((required|optional)\)$", OWN_DATA.read_text(encoding="utf-8"), re.MULTILINE)
    stated = [
        (name, "optional" if meta(table).get("optional") else "required") for name, table in landing_contract().items()
    ]
    assert titles == stated


@pytest.mark.parametrize("name", landing_contract())
def test_columns_types_and_needs_are_those_of_the_contract(name: str) -> None:
    table = landing_contract()[name]
    [model] = [model for _, model in yaml_models(f"staging/storefront/stg_storefront__{name}.yml")]
    types = {column["name"]: TYPES[column["data_type"]] for column in model["columns"]}
    stated = [
        [column["name"], types[column["name"]], "required" if meta(column).get("required") else "optional"]
        for column in table["columns"]
    ]
    need = "optional" if meta(table).get("optional") else "required"
    told = [row[:3] for row in table_rows(section(OWN_DATA, f"{name} ({need})"))]
    assert told == stated


def test_each_reason_is_told_with_its_tables() -> None:
    stated: dict[str, set[str]] = {}
    for model, rules in rules_of("staging/storefront/stg_*.yml").items():
        for rule in rules:
            stated.setdefault(rule, set()).add(model.removeprefix("stg_storefront__"))
    rows = table_rows(section(OWN_DATA, "Why a row is refused, and the fix"))
    told = {row[0]: set(row[1].split(", ")) for row in rows}
    assert told == stated
    assert all(len(row) == 4 and row[2] and row[3] for row in rows), "each reason has a meaning and a fix"
    assert len(rows) == len(told), "a reason stands there twice"


def test_event_names_are_those_of_the_seed() -> None:
    stated: dict[str, set[str]] = {}
    with (PROJECT / "seeds/event_names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            stated.setdefault(row["event_type"], set()).add(row["raw_name"])
    told = {row[0]: set(row[1].split(", ")) for row in table_rows(section(OWN_DATA, "Event names"))}
    assert told == stated


# --- data_quality.md --------------------------------------------------------------------------------------------------


def test_reasons_of_the_public_datasets() -> None:
    stated = {name: rules for name, rules in rules_of("staging/*/stg_*.yml").items() if "storefront" not in name}
    told = {
        row[0]: row[1].split(", ") for row in table_rows(section(DOCS / "data_quality.md", "Reasons by staging model"))
    }
    assert told == stated


# --- models.md --------------------------------------------------------------------------------------------------------


def models_page() -> str:
    """docs/models.md as the YAML has it."""
    page = MODELS_HEAD
    for layer, title in LAYERS.items():
        page += f"\n## {title}\n"
        described = sorted(yaml_models(f"{layer}/**/*.yml"), key=lambda pair: (pair[0].parent, pair[1]["name"]))
        for folder, models in groupby(described, key=lambda pair: pair[0].parent):
            part = folder.relative_to(PROJECT / "models" / layer)
            page += f"\n### {part}\n\n" if part.name else "\n"
            page += "| model | what | grain | key |\n|---|---|---|---|\n"
            page += "".join(f"| {' | '.join(model_row(model))} |\n" for _, model in models)
    return page


def model_row(model: dict) -> list[str]:
    """Name, what it is, grain and key of a model, from its description."""
    found = DESCRIPTION.match(model["description"])
    assert found, f"{model['name']}: the description does not say 'Grain: ….' and 'Primary key: ….'"
    texts = [" ".join(text.split()).replace("|", "\\|") for text in found.groups()]
    return [f"`{model['name']}`", *texts]


def test_models_page_lists_the_models_that_exist() -> None:
    told = [row[0] for row in table_rows((DOCS / "models.md").read_text(encoding="utf-8"))]
    assert len(told) == len(set(told))
    assert set(told) == {path.stem for path in (PROJECT / "models").glob("**/*.*") if path.suffix in MODEL_SUFFIXES}


def test_models_page_says_what_the_yaml_says() -> None:
    told, stated = (DOCS / "models.md").read_text(encoding="utf-8").splitlines(), models_page().splitlines()
    surplus, missing = [line for line in told if line not in stated], [line for line in stated if line not in told]
    assert (surplus, missing) == ([], []), "write it anew: python tests/python/test_docs.py"


def test_readme_lists_the_marts() -> None:
    rows = table_rows(section(PROJECT / "README.md", "The marts"))
    assert [row[0] for row in rows if not row[1]] == []
    assert {row[0] for row in rows} == {
        path.stem for path in (PROJECT / "models/marts").glob("*/*.*") if path.suffix in MODEL_SUFFIXES
    }


# --- decisions.md -----------------------------------------------------------------------------------------------------


def test_every_rule_file_is_in_the_decisions() -> None:
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    rules = [path.relative_to(PROJECT).as_posix() for path in sorted((PROJECT / "macros/rules").glob("*.sql"))]
    assert [rule for rule in rules if rule not in text] == []


@cache
def names_of_the_project() -> frozenset[str]:
    """Everything that a page may name in backticks: models, columns, macros, seeds, variables, unit tests, sources."""
    names: set[str] = set()
    for path in [*(PROJECT / "models").glob("**/*.yml"), *(PROJECT / "seeds").glob("*.yml")]:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        nodes = [*content.get("models", []), *content.get("seeds", []), *content.get("unit_tests", [])]
        for source in content.get("sources", []):
            nodes += [source, *source["tables"]]
        for node in nodes:
            names |= {node["name"], *(column["name"] for column in node.get("columns", []))}
            names |= {rule["name"] for rule in meta(node).get("rejection_rules", [])}
    for path in (PROJECT / "macros").glob("**/*.sql"):
        names |= set(re.findall(r"{% (?:macro|test) (\w+)", path.read_text(encoding="utf-8")))
    names |= set(re.findall(r"^  (\w+):", (PROJECT / "dbt_project.yml").read_text(encoding="utf-8"), re.MULTILINE))
    for path in (PROJECT / "tests").glob("**/*.sql"):
        names |= {path.stem}
    return frozenset(names)


def test_names_in_the_decisions_exist() -> None:
    """Names in backticks with an underscore are models, columns, rules, variables, macros or unit tests."""
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z][a-z0-9_]*_[a-z0-9_]+)`", text))
    assert len(named) > 80
    assert sorted(named - names_of_the_project() - {"user_session"}) == []


# --- every page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_that_a_page_names_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    paths = re.findall(r"`((?:macros|models|seeds|tests|scripts|docs|analyses|requirements)/[\w./-]*)`", text)
    paths += re.findall(r"\bpython ((?:scripts|tests)/[\w./]+\.py)", text)
    assert [path for path in paths if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


if __name__ == "__main__":
    (DOCS / "models.md").write_text(models_page(), encoding="utf-8")
