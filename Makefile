# Every command of the project. `make help` lists them.

# The first of these that runs and is new enough: a name on the path may be an empty shim.
PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11; do \
    "$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$one"; break; }; done)
BIN := .venv/bin
STAMP := .venv/.ready
CONSOLE := tocsin/api/static/index.html
CONSOLE_SOURCES := $(shell find console -type f -not -path 'console/node_modules/*' -not -path 'console/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup run test check console bench eval lock docs format test-all mutants

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with .venv/bin/tocsin

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it (Debian: apt install python3 python3-venv), or say make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up .venv (once; about two minutes)"
	@if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
	    uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	    "$(PYTHON)" -m venv .venv || { rm -rf .venv; echo "this Python lacks venv: apt install python3-venv (Debian, Ubuntu), or install uv"; exit 1; } ; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

console: $(CONSOLE) ## build the web client (Node comes from a Python wheel)

$(CONSOLE): $(STAMP) $(CONSOLE_SOURCES)
	@echo "Building the console (once; about a minute)"
	@$(BIN)/python -m tocsin.console build

run: $(STAMP) $(CONSOLE) ## set up, build the console, start the demo village
	@$(BIN)/tocsin demo $(ARGS)

test: $(STAMP) ## the fast tests, on the embedded database and broker
	@$(BIN)/python -m pytest -n 2 -m "not heavy" $(ARGS)

mutants: $(STAMP) ## plant every known fault in a copy of the core; each must be caught
	@$(BIN)/python -m tests.mutants $(ARGS)

test-all: $(STAMP) ## every test; .ci/run prepares what they need
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(STAMP) ## ruff, mypy, import contracts, the web client's types and lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tocsin.console check

bench: $(STAMP) ## measure: readings per second, path, response, pictures
	@$(BIN)/tocsin bench ingest --json
	@$(BIN)/tocsin bench path --json
	@$(BIN)/tocsin bench response --json
	@$(BIN)/tocsin bench pictures --json

CLIPS ?= ../shared/data/video/clips.yaml
eval: $(STAMP) ## measure the detectors on clips whose truth is known; writes evaluation.html (CLIPS=list.yaml)
	@test -f "$(CLIPS)" || { echo "There is no list of clips at $(CLIPS): say make eval CLIPS=path/to/clips.yaml"; exit 1; }
	@$(BIN)/tocsin eval "$(CLIPS)" --every 0.2 --burst --html evaluation.html

docs: $(STAMP) ## write the generated pages of docs/
	@$(BIN)/tocsin docs write

format: $(STAMP) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only --quiet .

lock: $(STAMP) ## write requirements.lock anew (needs uv)
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --all-extras --group dev --universal --python-version 3.11 pyproject.toml -o requirements.lock
