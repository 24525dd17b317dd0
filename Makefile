# Two commands: `make score` and `make test`. Both install what they need into $(VENV) first.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

PACKAGES := robots envs policies configs benchmarks
# mypy follows files, not the import mapping of an editable install: one link gives it the namespace.
TYPED := build/typed/pilotline

.DELETE_ON_ERROR:
.PHONY: help score test lint format types unit fmt clean

help:
	@echo "make score   install into $(VENV), then score the built-in robot on the logistics line"
	@echo "make test    install into $(VENV), then run every check (lint, format, types, unit)"
	@echo "make fmt     rewrite the code in the project's format"
	@echo "make clean   remove what the other targets made"

score: $(VENV)/.installed
	$(BIN)/pilotline score line=logistics

test: lint format types unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .

format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev $(TYPED)
	$(BIN)/mypy $(addprefix $(TYPED)/,$(PACKAGES)) tests

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -q

fmt: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Pilotline needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing into $(VENV) (once; a minute or two)"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

$(TYPED):
	@mkdir -p $(@D)
	@ln -sfn ../.. $@
