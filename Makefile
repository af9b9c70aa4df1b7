# `make run` and `make test` are the two to know; `make help` lists them all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LINT_BIN := .venv-lint/bin
SPARK_BIN := .venv-spark/bin
UV ?= uv
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help run test test-all test-browser test-spark spark spark-setup lint format docs export cards publish dashboard report pictures clean lock setup

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.base ## Set up, make demo data (once), build and test every table, say what was found
	@$(BIN)/python scripts/run.py

test: $(VENV)/.test ## Run the fast tests (10 to 16 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not large and not spark and not browser"

test-all: $(VENV)/.test ## Run all tests, the large ones too
	$(BIN)/python -m pytest -m "not spark and not browser"
	$(MAKE) test-browser
	$(MAKE) test-spark SPARK_TESTS=spark

test-browser: $(VENV)/.browser ## Run the dashboard's tests in a real browser (Chromium)
	@scripts/chromium.sh
	$(BIN)/python -m pytest -m browser

# Which of Spark's tests: "spark" has the large ones too.
SPARK_TESTS ?= spark and not large
test-spark: .venv-spark/.spark ## Run the tests on Apache Spark (Java 17; about 20 minutes on 2 cores)
	$(SPARK_BIN)/python -m pytest -m "$(SPARK_TESTS)"

spark: .venv-spark/.spark ## Build and test every table on Apache Spark, in this process (Java 17)
	$(SPARK_BIN)/dbt build --exclude resource_type:unit_test --target spark

lint: .venv-lint/.lint ## Check the style of Python, SQL and YAML
	$(LINT_BIN)/ruff check .
	$(LINT_BIN)/ruff format --check .
	$(LINT_BIN)/yamllint --strict .
	$(LINT_BIN)/sqlfluff lint --processes 2 models tests analyses
	$(LINT_BIN)/sqlfluff lint --templater placeholder dashboard/sql

format: .venv-lint/.lint ## Mend what the linters can mend
	$(LINT_BIN)/ruff check --fix .
	$(LINT_BIN)/ruff format .
	$(LINT_BIN)/sqlfluff fix --force models tests analyses
	$(LINT_BIN)/sqlfluff fix --force --templater placeholder dashboard/sql

docs: $(VENV)/.base ## Write the documentation of all tables as one page: target/static_index.html
	$(BIN)/dbt docs generate --static
	@echo "Open target/static_index.html in a browser."

export: $(VENV)/.base ## Write every mart as CSV and Parquet into data/exports
	@$(BIN)/python scripts/export.py

cards: $(VENV)/.base ## Write a card for each prediction of what was built: docs/model_cards
	@$(BIN)/python scripts/model_cards.py

publish: $(VENV)/.base ## Publish what was built: the dashboard shows it within seconds
	@$(BIN)/python scripts/publish.py

dashboard: $(VENV)/.dashboard ## Open the dashboard on what is published: http://localhost:8501
	$(BIN)/streamlit run dashboard/app.py

report: $(VENV)/.dashboard ## Write the dashboard's pages as one HTML file to mail: data/report.html
	@$(BIN)/python dashboard/report.py

pictures: $(VENV)/.browser ## Take the README's pictures anew from what is published (Chromium)
	@scripts/chromium.sh
	$(BIN)/python scripts/pictures.py

spark-setup: .venv-spark/.spark ## Set up the environment for Apache Spark (Java 17)

setup: $(VENV)/.test .venv-lint/.lint ## Set up both environments

lock: ## Renew the locked requirements (needs uv)
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-strip-extras --upgrade -q --custom-compile-command "make lock" -o requirements/base.txt
	$(UV) pip compile pyproject.toml --extra test -c requirements/base.txt --universal --generate-hashes --no-strip-extras -q --custom-compile-command "make lock" -o requirements/test.txt
	$(UV) pip compile pyproject.toml --extra dashboard -c requirements/base.txt -c requirements/test.txt --universal --generate-hashes --no-strip-extras -q --custom-compile-command "make lock" -o requirements/dashboard.txt
	$(UV) pip compile pyproject.toml --extra browser -c requirements/base.txt -c requirements/test.txt -c requirements/dashboard.txt --universal --generate-hashes --no-strip-extras -q --custom-compile-command "make lock" -o requirements/browser.txt
	$(UV) pip compile pyproject.toml --extra spark --extra test -c requirements/base.txt -c requirements/test.txt --universal --generate-hashes --no-strip-extras -q --custom-compile-command "make lock" -o requirements/spark.txt
	$(UV) pip compile pyproject.toml --extra benchmark -c requirements/base.txt --universal --generate-hashes --no-strip-extras -q --custom-compile-command "make lock" -o requirements/benchmark.txt
	$(UV) pip compile --group lint --universal --generate-hashes --no-strip-extras --upgrade -q --custom-compile-command "make lock" -o requirements/lint.txt

clean: ## Remove what a build makes: data, target, logs (not the environments)
	rm -rf data/* target logs .pytest_cache .ruff_cache .hypothesis

$(VENV)/.base: requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit("Footfall needs Python 3.11 or newer: set PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@test -d $(VENV) || (echo "Making the environment .venv (once, about a minute) ..." && $(PYTHON) -m venv $(VENV))
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dashboard: $(VENV)/.base requirements/dashboard.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dashboard.txt
	@touch $@

$(VENV)/.browser: $(VENV)/.test requirements/browser.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

$(VENV)/.test: $(VENV)/.dashboard requirements/test.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

.venv-spark/.spark: requirements/spark.txt
	@command -v java >/dev/null || (echo "Java is missing. Fix: install Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)." >&2; exit 1)
	@test -d .venv-spark || (echo "Making the environment .venv-spark (once, about two minutes) ..." && $(PYTHON) -m venv .venv-spark)
	@$(SPARK_BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/spark.txt
	@touch $@

.venv-lint/.lint: requirements/lint.txt
	@test -d .venv-lint || $(PYTHON) -m venv .venv-lint
	@$(LINT_BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/lint.txt
	@touch $@
