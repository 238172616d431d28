# Everything a newcomer types: `make run`, `make test`, `make check`. Needs Python >= 3.11, git and make.

VENV := .venv
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PYTHON ?= python3
BIN := $(VENV)/bin
# Start-up time is a feature: bytecode is compiled at set-up, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=
export NO_ALBUMENTATIONS_UPDATE := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow check docs format lint types imports spelling clean

help: ## show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s'|'

setup: $(VENV)/.ready ## prepare .venv from uv.lock (fetches uv when it is missing)

$(VENV)/.ready: uv.lock pyproject.toml $(wildcard plugins/*/pyproject.toml) | uv
	$(UV) sync --locked --compile-bytecode
	$(BIN)/python -m compileall -q emobench plugins
	@touch $@

.PHONY: uv
uv:
	@command -v $(UV) >/dev/null || { echo "fetching uv into .tools"; \
	  $(PYTHON) -m venv .tools && .tools/bin/pip install --quiet uv; }

run: setup ## train and score recipes/enhanced.yaml on the embedded data, then print the board
	$(BIN)/emobench run recipes/enhanced.yaml
	$(BIN)/emobench leaderboard

test: setup ## the default test lane
	$(BIN)/python -m pytest -m "not slow"

test-slow: setup ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

check: setup ## format, lint, types, imports, spelling, docs, boards: what CI runs beside the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python docs/generate.py --check
	$(BIN)/emobench leaderboard --check

format: setup ## put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## regenerate the tables in docs/ and the component catalogue
	$(BIN)/python docs/generate.py

clean: ## remove the environment and caches (runs stay)
	rm -rf $(VENV) .tools .pytest_cache .mypy_cache .ruff_cache
