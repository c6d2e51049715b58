# Everything a person or CI runs. Each target sets up what it needs in .venv; nothing else is touched.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test run lint check format models constraints clean docs coverage sbom audit fuzz soak bench bench-quick

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

.venv/bin/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

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

check: lint test docs ## what must be green before a commit

DATA ?= data

models: .venv/.app ## train, calibrate, quantise and measure the bundled weights (hours; DATA names the folder of public sets)
	$(PIP) --editable '.[train]'
	$(BIN)/python -m training all --data $(DATA) --out monitor/scorers/weights

.venv/.bench: .venv/.app
	@echo "Installing the peers to measure against (once) ..."
	$(PIP) --editable '.[bench]'
	@touch $@

bench: .venv/.bench ## measure beside peers and limits; redraws docs/benchmarks.md
	$(BIN)/python -m benchmarks

bench-quick: .venv/.bench ## the same at small sizes, and what got worse
	$(BIN)/python -m benchmarks --quick

constraints: ## pin what .venv holds now
	{ echo "# What was tested together; a fresh machine gets exactly this. Renew with: make constraints"; \
	  $(BIN)/python -m pip freeze --exclude-editable | grep -vi '^torch'; } > constraints.new && mv constraints.new constraints.txt

.venv/.docs: .venv/.app
	$(PIP) --editable '.[docs]'
	@touch $@

docs: .venv/.docs ## the documentation as a site in site/, built strictly
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --clean --quiet

sbom: .venv/.docs .venv/.test ## a CycloneDX list of what the service runs, with weights and JavaScript: sbom.cdx.json
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-format JSON --output-file sbom.cdx.json .venv/bin/python
	$(BIN)/python docs/parts.py sbom.cdx.json

audit: .venv/bin/python ## ask the advisory database about every pinned version (needs the internet)
	$(PIP) pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

COVERED ?= 95
TESTS ?= tests
coverage: .venv/.test ## lines and branches of core, services and config that the tests (TESTS) reach: COVERED per cent of each at least
	$(BIN)/python -m pytest --cov --cov-report= $(TESTS)
	@status=0; for part in core services config; do echo "monitor/$$part:"; \
	  $(BIN)/python -m coverage report --include="monitor/$$part/*" --fail-under=$(COVERED) || status=1; done; exit $$status

EXAMPLES ?= 20000
fuzz: .venv/.test ## the fuzz tests with many more examples (EXAMPLES)
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/fuzz

MINUTES ?= 30
soak: .venv/.test ## 300 feeds with faults on a fast clock (MINUTES); a plot of what grows in docs/images/soak.svg
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

clean: ## forget the environment and caches (never the archive)
	rm -rf .venv .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis
