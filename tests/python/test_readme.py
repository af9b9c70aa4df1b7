"""Every command of README.md and docs/bring_your_own_data.md runs, and shows what the page says it shows.

The commands (all fenced `sh` blocks) run in a copy of the project, one shell per page, stopping at the first that
fails. What a user has by then is put in place beforehand: the environment, generated data and the database built from
it (small ones), and Olist's files (four orders, written here). Calls of make are NOT run, only their targets are
checked to exist: `make test` would start these tests again, and `make run` has a test of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT

README = PROJECT / "README.md"
OWN_DATA = PROJECT / "docs" / "bring_your_own_data.md"
CONTRIBUTING = PROJECT / "CONTRIBUTING.md"
MAKE = re.compile(r"^(?:[A-Z_]+=\S+ )*make(?: (?P<target>[a-z-]+))?(?:\s+#.*)?$")
# What the generator is told by `make run`: its defaults.
DEMO = {"customers": 20_000, "days": 180, "seed": 42, "scenario": "gateway_incident", "clickstream_format": "mixed"}
DEMO_ROW = re.compile(r"^\| (?P<shown>[^|]+) \| (?P<what>[^|]+) \| `(?P<query>[^`]+)` \|$", re.MULTILINE)

# Four orders of three people, in the columns of the download.
OLIST = {
    "olist_customers_dataset.csv": [
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
        "oc1,p1,1001,sao paulo,SP",
        "oc2,p2,20001,rio de janeiro,RJ",
        "oc3,p1,1001,sao paulo,SP",
        "oc4,p3,30110,belo horizonte,MG",
    ],
    "olist_orders_dataset.csv": [
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
        "order_delivered_customer_date,order_estimated_delivery_date",
        "o1,oc1,delivered,2018-01-02 10:00:00,2018-01-02 10:10:00,2018-01-03 09:00:00,2018-01-06 12:00:00,2018-01-10",
        "o2,oc2,delivered,2018-01-03 11:00:00,2018-01-03 11:30:00,2018-01-04 09:00:00,2018-01-20 12:00:00,2018-01-15",
        "o3,oc3,shipped,2018-02-02 10:00:00,2018-02-02 10:10:00,2018-02-03 09:00:00,,2018-02-20 00:00:00",
        "o4,oc4,canceled,2018-02-05 10:00:00,,,,2018-02-25 00:00:00",
    ],
    "olist_order_items_dataset.csv": [
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
        "o1,1,pr1,s1,2018-01-05 00:00:00,20.00,5.00",
        "o2,1,pr2,s1,2018-01-06 00:00:00,35.50,7.25",
        "o3,1,pr1,s1,2018-02-05 00:00:00,21.00,5.00",
    ],
    "olist_order_payments_dataset.csv": [
        "order_id,payment_sequential,payment_type,payment_installments,payment_value",
        "o1,1,credit_card,2,25.00",
        "o2,1,boleto,1,42.75",
        "o3,1,voucher,1,26.00",
    ],
    "olist_products_dataset.csv": [
        "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,"
        "product_weight_g,product_length_cm,product_height_cm,product_width_cm",
        "pr1,beleza_saude,40,300,1,200,10,10,10",
        "pr2,,,,,500,20,10,15",
    ],
    "olist_sellers_dataset.csv": [
        "seller_id,seller_zip_code_prefix,seller_city,seller_state",
        "s1,13023,campinas,SP",
    ],
    "product_category_name_translation.csv": [
        "product_category_name,product_category_name_english",
        "beleza_saude,health_beauty",
    ],
}


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of the page's fenced blocks."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def make_targets() -> set[str]:
    """Targets of the Makefile that a user may call."""
    return set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def make_calls(page: Path) -> list[str]:
    """The targets that the page's commands make ('' for a bare make)."""
    lines = [line for language, text in blocks(page) if language == "sh" for line in text.splitlines()]
    return [found["target"] or "" for line in lines if (found := MAKE.match(line.strip()))]


def without_make(text: str) -> str:
    """A block without its calls of make."""
    return "".join(line for line in text.splitlines(keepends=True) if not MAKE.match(line.strip()))


def shell_script(page: Path) -> str:
    """The page's commands as one script that says on stdout where each block begins."""
    commands = [text for language, text in blocks(page) if language == "sh"]
    return "set -euo pipefail\n" + "".join(f"echo '@@ {n}'\n{without_make(text)}" for n, text in enumerate(commands))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the project as git knows it (with what is new and not ignored), with the environment."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("no git here: the list of the project's files is not at hand")
    copy = tmp_path / "project"
    for name in listed.stdout.splitlines():
        if (PROJECT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, copy / name)
    (copy / ".venv").symlink_to(PROJECT / ".venv")
    (copy / "data").mkdir(exist_ok=True)
    return copy


def run_page(page: Path, project: Path) -> list[str]:
    """Runs the page's commands in `project`; what each block printed. Fails the test where a command fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOOTFALL_", "DBT_"))}
    done = subprocess.run(
        ["bash", "-c", shell_script(page)],
        cwd=project,
        env={**environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = re.split(r"^@@ \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert done.returncode == 0, (
        f"block {len(printed)} of {page.name} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    )
    return printed


def check_shown(page: Path, printed: list[str]) -> None:
    """A `text` block right after an `sh` block is what that block prints, line by line."""
    found = blocks(page)
    commands = iter(printed)
    output = ""
    for language, text in found:
        if language == "sh":
            output = next(commands)
        elif language == "text":
            missing = [line for line in text.splitlines() if line.strip() and line not in output.splitlines()]
            assert not missing, f"{page.name} shows lines that its command does not print: {missing}\n{output}"


@pytest.mark.parametrize("page", [README, OWN_DATA, CONTRIBUTING], ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    unknown = set(make_calls(page)) - make_targets() - {""}
    assert not unknown, f"{page.name} calls make targets that do not exist: {sorted(unknown)}"


def test_the_readme_names_run_and_test() -> None:
    assert {"run", "test"} <= set(make_calls(README))


def test_readme_commands(scratch: Path, build: Callable[[str], Path], landing: Callable[[str], Path]) -> None:
    shutil.copy2(build("storefront"), scratch / "data" / "footfall.duckdb")
    (scratch / "data" / "landing").symlink_to(landing("storefront"))
    (scratch / "datasets" / "olist").mkdir(parents=True)
    for name, lines in OLIST.items():
        (scratch / "datasets" / "olist" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    check_shown(README, run_page(README, scratch))
    with duckdb.connect(str(scratch / "data" / "olist.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_orders").fetchone() == (4,)


def test_own_data_commands(scratch: Path) -> None:
    printed = run_page(OWN_DATA, scratch)
    check_shown(OWN_DATA, printed)
    [report] = [text for text in printed if "nonpositive_quantity" in text and "event_names.csv" in text]
    assert "look" in report


def demo_numbers() -> list[tuple[str, str]]:
    """(value as shown, query) of the README's table of demo numbers."""
    table = (
        README.read_text(encoding="utf-8").partition("<!-- demo-numbers -->")[2].partition("<!-- /demo-numbers -->")[0]
    )
    return [(row["shown"].strip(" *"), row["query"]) for row in DEMO_ROW.finditer(table)]


def as_shown(value: object, shown: str) -> str:
    """A query's value in the form of the number in the README: 89.8 % or 2,801."""
    decimals = len(shown.rstrip(" %").partition(".")[2])
    return f"{100 * value:.{decimals}f} %" if shown.endswith("%") else f"{value:,.{decimals}f}"


def test_there_are_five_demo_numbers() -> None:
    assert len(demo_numbers()) == 5


def test_demo_queries_run(build: Callable[[str], Path]) -> None:
    with duckdb.connect(str(build("storefront")), read_only=True) as connection:
        for _, query in demo_numbers():
            connection.execute(query)


def test_demo_numbers_of_a_default_build() -> None:
    """Against the build of `make run` where there is one: FOOTFALL_DB, FOOTFALL_LANDING, else those under data/."""
    database = PROJECT / os.environ.get("FOOTFALL_DB", "data/footfall.duckdb")
    manifest = PROJECT / os.environ.get("FOOTFALL_LANDING", "data/landing") / "_truth" / "storefront" / "manifest.json"
    if not (database.is_file() and manifest.is_file()):
        pytest.skip("no default build at hand: `make run` makes one")
    made = json.loads(manifest.read_text(encoding="utf-8"))
    if {name: made["arguments"].get(name) for name in DEMO} != DEMO:
        pytest.skip(f"{manifest.parents[2]} was not made with the generator's defaults")
    landed = sum(table["landed_count"] for table in made["tables"].values())
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.IOException as error:
        pytest.skip(f"{database} is in use: {str(error).splitlines()[0]}")
    with connection:
        if connection.execute("select sum(landed_count) from marts.row_reconciliation").fetchone() != (landed,):
            pytest.skip(f"{database} was not built from {manifest.parents[2]}")
        found = {}
        for shown, query in demo_numbers():
            row = connection.execute(query).fetchone()
            found[query] = (shown, as_shown(row[0], shown) if row else None)
    wrong = {query: values for query, values in found.items() if values[0] != values[1]}
    assert not wrong, f"README.md shows (first) what the build no longer says (second): {wrong}"
