# Everything a person or CI runs. Each target sets up what it needs in .venv; nothing else is touched.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test run lint check format models constraints clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.app: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing the service into .venv (once) ..."
	$(PIP) --editable '.[demo]'
	@touch $@

.venv/.test: .venv/.app
	@echo "Installing what the tests need (once) ..."
	$(PIP) --editable '.[test]'
	@touch $@

demo: .venv/.app ## show the main job on bundled news: collect, score, alert
	$(BIN)/monitor demo

run: .venv/.app ## the real service on feeds.yaml and rules/
	$(BIN)/monitor run

test: .venv/.test ## all tests
	$(BIN)/python -m pytest

lint: .venv/.test ## ruff, mypy strict, import contracts, hadolint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

format: .venv/.test ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint test ## what must be green before a commit

DATA ?= data

models: .venv/.app ## train, calibrate, quantise and measure the bundled weights (hours; DATA names the folder of public sets)
	$(PIP) --editable '.[train]'
	$(BIN)/python -m training all --data $(DATA) --out monitor/scorers/weights

constraints: ## pin what .venv holds now
	{ echo "# What was tested together; a fresh machine gets exactly this. Renew with: make constraints"; \
	  $(BIN)/python -m pip freeze --exclude-editable | grep -vi '^torch'; } > constraints.new && mv constraints.new constraints.txt

clean: ## forget the environment and caches (never the archive)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
