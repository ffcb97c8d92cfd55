# `make` alone prints the targets. Everything runs from .venv, which is made on first use.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# make PYTHON=python3.13
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
PORT ?= 3000
# make bench SCALE="20 60 200" YEARS="1 2 3"
SCALE ?= 1
YEARS ?= 1 2 3
# make mutation SEEDS=20 tries as many clean companies for false alarms
SEEDS ?= 2
# make ui COMPANY=data/companies/yours.yml
COMPANY ?= data/demo/company.yml
HISTORY = $(shell $(BIN)/python -c 'import sys; from pathlib import Path; \
	from pipelines.settings import load_company; \
	print(load_company(Path(sys.argv[1])).paths.warehouse / "dagster")' $(COMPANY))
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --group dev --generate-hashes --universal \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header
export DAGSTER_HOME ?= $(CURDIR)
export DAGSTER_DISABLE_TELEMETRY = yes

.PHONY: help run test test-slow test-endurance ui lint docs bench mutation lock outdated clean

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: $(INSTALLED) ## Write the demo company's extracts, load, check and publish them
	$(BIN)/salesops demo
	$(BIN)/salesops run

test: $(INSTALLED) ## Run the tests
	$(BIN)/pytest -n 2 --dist loadgroup

test-slow: $(INSTALLED) ## Run the tests that take minutes
	$(BIN)/pytest -n 2 --dist loadgroup -m "slow and not endurance"

test-endurance: $(INSTALLED) ## Run lives of companies against rebuilds, every seeded defect, an upgrade
	$(BIN)/pytest -m endurance

ui: $(INSTALLED) ## Start the Dagster UI on http://127.0.0.1:3000 (PORT=... for another port)
	@mkdir -p "$(HISTORY)"
	SALESOPS_COMPANY=$(COMPANY) SALESOPS_DAGSTER_STORAGE="$(HISTORY)" \
	$(BIN)/python -m pipelines.ui -w workspace.yaml -h 127.0.0.1 -p $(PORT)

lint: $(INSTALLED) ## Check style and types: ruff, mypy, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models

docs: $(INSTALLED) ## Write the reference pages of docs/reference that are made of the program
	$(BIN)/python -m pipelines.pages

mutation: $(INSTALLED) ## Spoil the demo company in every known way and see which checks stop it
	$(BIN)/python -m tests.mutation.matrix --seeds $(SEEDS)

bench: $(INSTALLED) ## Time the run's parts against bare DuckDB and print ratios
	$(BIN)/python -m tests.bench.run --scale $(SCALE) --years $(YEARS)

lock: $(INSTALLED) ## Resolve requirements.lock after a change of pyproject.toml
	$(COMPILE) --output-file requirements.lock

outdated: $(INSTALLED) ## List what a newer set of dependencies that resolves would change
	$(COMPILE) --upgrade --output-file $(VENV)/newest.lock
	@diff <(grep -o '^[a-z0-9.-]*==[^ ]*' requirements.lock) \
		<(grep -o '^[a-z0-9.-]*==[^ ]*' $(VENV)/newest.lock) && echo "all are the newest that resolve" || true

clean: ## Remove the demo company's landing, warehouse and published folders
	rm -rf data/landing/demo data/warehouse/demo data/published/demo

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit(f"Python 3.11, 3.12 or \
	3.13 is needed, and $(PYTHON) is {sys.version.split()[0]}. Name another one: make PYTHON=python3.13")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	# dbt reads its project once here, so that the first run finds it read.
	$(BIN)/python -c "from pipelines.transform.dbt_project import DbtProject; \
	from pipelines.settings import Settings, load_company; \
	DbtProject(load_company(Settings().company)).manifest()"
	touch $(INSTALLED)
