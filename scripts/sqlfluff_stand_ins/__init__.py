"""What sqlfluff's jinja templater lacks of dbt, so that models can be linted without a database.

Engine macros are dispatched through `adapter`; here each becomes a function call of the macro's name, which is SQL enough
to lint the lines around it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import yaml

TEMPLATES = {
    "with_missing_columns": "select * from {0}",
    "regexp_replace_all": "regexp_replace({0}, 'pattern', 'replacement')",
    "landed_files": "select * from landed",
    "not_materialized": "",
    "number_series": "(select 0 as {1}) as {0}",
}
TYPES = {"type_string": "varchar", "type_timestamp": "timestamp"}


def _call(name: str):
    def called(*arguments: object) -> str:
        if name in TEMPLATES:
            return TEMPLATES[name].format(*arguments)
        return f"{name}({', '.join(_as_sql(argument) for argument in arguments)})"

    return called


def _as_sql(argument: object) -> str:
    return argument if isinstance(argument, str) else "null"


VARIABLES = yaml.safe_load(Path("dbt_project.yml").read_text(encoding="utf-8"))["vars"]

adapter = SimpleNamespace(
    dispatch=lambda name, *_: _call(name),
    get_relation=lambda *_, **__: None,
    get_columns_in_relation=lambda *_: [],
)
dbt = SimpleNamespace(**{name: (lambda text=text: text) for name, text in TYPES.items()})
execute = False
graph = SimpleNamespace(sources={}, nodes={})
model = SimpleNamespace(
    config=SimpleNamespace(materialized="view", meta={"rejection_rules": [{"name": "a_rule", "when": "1 = 0"}]}),
    columns={"a_column": SimpleNamespace(name="a_column", data_type="bigint")},
)
exceptions = SimpleNamespace(raise_compiler_error=lambda message: message)
flags = SimpleNamespace(WHICH="lint", FULL_REFRESH=False)
target = SimpleNamespace(database="lint", type="duckdb")
project_name = "footfall"


def env_var(name: str, default: str = "") -> str:
    """The default, whatever the environment says."""
    return default


def var(name: str, default: object = None) -> object:
    """A variable as the project declares it."""
    return VARIABLES.get(name, default)
