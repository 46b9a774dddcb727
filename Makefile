# The doors. `make up` and `make test` do all their own set-up on a machine with Python 3.11+ and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help up down test lint bench soak postgresql peers engines docs clean lock

help:  ## what can be done here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

up: $(VENV)/.runtime  ## install into .venv, start Garrison in the background, say what to do next
	@$(BIN)/garrison up --detach $(ARGS)

down: $(VENV)/.runtime  ## stop it
	@$(BIN)/garrison down

test: $(VENV)/.dev  ## every test but the soak ones
	$(BIN)/pytest -m "not soak and not peer and not engine" -n 2 --dist loadgroup $(ARGS)

lint: $(VENV)/.dev  ## style, types, floors, generated documents up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.build_coverage --check
	$(BIN)/python -m scripts.build_checks --check

bench: $(VENV)/.dev  ## measured beside named peers, printed as ratios
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.dev  ## kill loops, floods, fuzzing: minutes to an hour
	$(BIN)/pytest -m soak -n 0 $(ARGS)

postgresql: $(VENV)/.dev  ## what real clients do, against servers on PostgreSQL
	TEST_DATABASE=postgresql $(BIN)/pytest tests/clients -m "not soak and not peer" -n 2 --dist loadgroup $(ARGS)

peers: $(VENV)/.dev  ## other people's tools against it: Ansible, cloud-custodian, Prowler (installs them: gigabytes)
	$(BIN)/pytest -m peer -n 0 $(ARGS)

engines: $(VENV)/.engines  ## detectors on ClickHouse and Spark (needs Java) beside DuckDB, on the same events
	GARRISON_TEST_ENGINES="chdb spark" $(BIN)/pytest -m engine -n 0 tests/detect $(ARGS)

docs: $(VENV)/.dev  ## write the generated documents anew
	$(BIN)/python -m scripts.build_coverage
	$(BIN)/python -m scripts.build_checks

clean:  ## remove what the other doors made
	rm -rf $(VENV) .venv-peers .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis tests/clients/node_modules

lock: $(VENV)/.dev  ## pin the newest versions pyproject.toml admits
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url --no-header \
	  --no-annotate --all-extras --group build pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url --no-header \
	  --no-annotate --all-extras --group build --group dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url --no-header \
	  --no-annotate --group engines --constraint requirements/dev.txt | grep -vxFf requirements/dev.txt \
	  > requirements/engines.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Garrison needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python requirements/runtime.txt pyproject.toml
	@echo "Installing Garrison into $(VENV) (once) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "Installing what tests and benchmarks need ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@touch $@

$(VENV)/.engines: $(VENV)/.dev requirements/engines.txt
	@echo "Installing ClickHouse and Spark (once, 1 GB) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/engines.txt
	@touch $@
