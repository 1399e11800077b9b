# make run [NAME=VALUE ...]   start everything on this machine; make run HELP=1 lists the names
# make test                   every check there is
# make lint | bench | setup | requirements | clean

SHELL := bash
.DEFAULT_GOAL := run
.PHONY: run test lint bench setup requirements clean

PYTHON ?= python3
PY := .venv/bin/python
SETUP := PYTHON="$(PYTHON)" bash launcher/setup.sh

# What was given as NAME=VALUE goes on to the launcher, quoted for the shell.
quote = '$(subst ','\'',$(1))'
given := $(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $(v))),$(v)))
words := $(foreach v,$(filter-out HELP PYTHON ARGS MAKE%,$(given)),$(call quote,$(v)=$(value $(v))))

run:
	@$(SETUP) python base
	@$(SETUP) page
	@exec $(PY) run.py $(if $(HELP),--help,$(words))

setup:
	@$(SETUP) python dev
	@$(SETUP) page
	@$(SETUP) chromium
	@$(PY) -m launcher.livekit_server

lint:
	@$(SETUP) python dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict .
	@! grep -n '"resolved"' web/ui/package-lock.json || { echo 'error: package-lock.json names download hosts'; exit 1; }

# Most tests wait more than they compute, so two processes at a time halve the wait; a file stays in
# one process, because its tests share a server.
WORKERS ?= 2

# ARGS goes to pytest: make test ARGS="tests/unit -k clock"
test: lint
	@$(SETUP) page
	cd web/ui && npm run --silent check
	@$(SETUP) chromium
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" $(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

bench:
	@$(SETUP) python dev
	@$(SETUP) page
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" $(PY) -m tests.bench $(ARGS)

# Needs uv; only for who changes requirements/*.in
requirements:
	for set in base dev; do uv pip compile -q --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean:
	rm -rf .make .venv web/ui/node_modules web/ui/dist .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
