# make run [NAME=VALUE ...]   start everything on this machine; make run HELP=1 lists the names
# make doctor                 whether make run will work here, and what to do where not
# make standalone SOURCE=…    the same without LiveKit: one source, for viewers by HTTP
# make test                   every check that needs no gigabytes
# make test-all               the same, then the engines on torch
# make engine-minicpmo | engine-vlm | voice-piper | stt   what ENGINE=…, TTS=piper and STT=whisper need on top
# make test-sources           every source and every fault at length, against real peers
# make test-peer-engines      the adapters against other projects' own engines, which are built at the first time
# make test-monitoring        a running stack under a real Prometheus; needs Debian's prometheus
# make test-containers        docker-compose.yml and its images; needs Docker
# make audit | release       licences and known flaws of what it depends on | what a release needs, in dist/
# make docs | reference       the documentation as a site, in build/site | what it draws from the code, renewed
# make lint | lint-page | version | test-engine | bench | bench-engine | setup | requirements | clean

SHELL := bash
.DEFAULT_GOAL := run
.PHONY: run standalone test test-all test-sources test-engine lint bench bench-engine setup requirements clean
.PHONY: doctor test-monitoring docs reference lint-page audit version release test-ingress-service test-peer-engines test-containers
.PHONY: engine-minicpmo engine-vlm voice-piper stt test-minicpmo test-vlm

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

# Whether make run will work here, with the same settings, and what to do where not
doctor:
	@$(SETUP) python base
	@$(PY) -m launcher.doctor $(words)

standalone:
	@$(SETUP) python base
	@exec $(PY) -m web --standalone $(words)

setup:
	@$(SETUP) python dev
	@$(SETUP) page
	@$(SETUP) chromium
	@$(SETUP) docs
	@$(PY) -m launcher.livekit_server

engine-minicpmo:
	@$(SETUP) engine minicpmo

engine-vlm:
	@$(SETUP) engine vlm

# Piper and a voice for it: make voice-piper VOICE=de_DE-thorsten-medium
voice-piper:
	@$(SETUP) python base
	@$(SETUP) piper
	@$(PY) -m models pull $(call quote,$(or $(VOICE),en_US-lessac-medium))

stt:
	@$(SETUP) python base
	@$(SETUP) stt

lint:
	@$(SETUP) python dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict .
	$(PY) -m release audit --here
	@git ls-files -z 2>/dev/null | xargs -0r $(PY) -m pre_commit_hooks.detect_private_key
	@git ls-files -z 2>/dev/null | xargs -0r $(PY) -m pre_commit_hooks.check_added_large_files --enforce-all --maxkb 500

lint-page:
	@$(SETUP) page
	cd web/ui && npm run --silent lint

# Licences, pins and versions as in make lint, and known vulnerabilities, for which it asks services
audit:
	@$(SETUP) python dev
	@$(SETUP) release
	@$(PY) -m release audit

# make version VERSION=1.2.3: sets it everywhere; what is unreleased becomes its section of the changelog
version:
	@$(SETUP) python dev
	@$(PY) -m release version $(call quote,$(VERSION))

# Fills dist/ from the newest commit and publishes nothing; IMAGES=off leaves the container images out
release: audit
	@bash release/make.sh $(if $(filter off,$(IMAGES)),--no-images)

# Most tests wait more than they compute, so two processes at a time halve the wait; a file stays in
# one process, because its tests share a server. Files are begun in the order of tests/conftest.py.
WORKERS ?= 2

# ARGS goes to pytest: make test ARGS="tests/unit -k clock"
test: lint
	@$(SETUP) page
	cd web/ui && npm run --silent check
	@$(SETUP) chromium
	@$(SETUP) docs
	@$(SETUP) peers >/dev/null
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" $(PY) -m pytest -n $(WORKERS) --dist loadfile \
	  --no-loadscope-reorder --ignore tests/room/test_minicpmo_room.py $(ARGS)

# TESTED=1: make test has just passed, and is not run again.
test-all:
	$(if $(TESTED),,@$(MAKE) --no-print-directory test)
	@$(MAKE) --no-print-directory test-engine

# Every source that there is, and every fault, at length. Writes the table of docs/sources.md to TABLE.
test-sources:
	@$(SETUP) python dev
	@$(SETUP) peers >/dev/null
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" PRESSBOX_FULL_MATRIX=1 \
	  PRESSBOX_SOURCES_TABLE="$(TABLE)" $(PY) -m pytest tests/sources $(ARGS)

# The engines' own tests, each in the engine's own environment. PRESSBOX_TEST_MODEL=DIR takes a real
# checkpoint of MiniCPM-o instead of the tiny one that the tests make.
test-engine: engine-minicpmo engine-vlm
	@$(SETUP) python dev
	@$(MAKE) --no-print-directory -j2 --output-sync=target test-minicpmo test-vlm
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" $(PY) -m pytest tests/room/test_minicpmo_room.py

test-minicpmo test-vlm:
	.venv-$(@:test-%=%)/bin/python -m pytest --confcutdir=tests/$(@:test-%=%) tests/$(@:test-%=%) $(ARGS)

# Against the real LiveKit Ingress, which is built at the first time; not part of make test.
test-ingress-service:
	@$(SETUP) python dev
	@$(SETUP) ingress
	@$(SETUP) peers >/dev/null
	@$(PY) -m tests.peers.ingress_service
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" \
	  PRESSBOX_TEST_INGRESS_SERVICE=1 $(PY) -m pytest tests/ingress_service $(ARGS)

# Against llama.cpp's own server and Ollama, which are built at the first time; not part of make test.
test-peer-engines: engine-vlm
	@$(SETUP) python dev
	@$(PY) -m tests.peer_engines.ollama_server
	server=$$($(PY) -m launcher.livekit_server) && llama=$$($(SETUP) llama) && PRESSBOX_LIVEKIT_SERVER="$$server" \
	  PRESSBOX_TEST_LLAMA_CPP="$$llama" $(PY) -m pytest tests/peer_engines $(ARGS)

# docker-compose.yml as it is, on images built here; not part of make test.
test-containers:
	@docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || \
	  { echo "make test-containers needs Docker with its compose plugin, and a daemon that this user reaches"; exit 1; }
	@$(SETUP) python dev
	@$(SETUP) chromium
	@$(SETUP) peers >/dev/null
	server=$$($(PY) -m launcher.livekit_server) && mediamtx=$$($(PY) -m launcher.mediamtx) && \
	  PRESSBOX_LIVEKIT_SERVER="$$server" PRESSBOX_MEDIAMTX="$$mediamtx" PRESSBOX_TEST_CONTAINERS=1 \
	  $(PY) -m pytest -x -s tests/containers $(ARGS)

# NO_MKDOCS_2_WARNING: an advertisement for the theme's successor is no warning about docs/
docs:
	@$(SETUP) docs
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict $(ARGS)

reference:
	@$(SETUP) python dev
	@$(PY) -m reference

# The Helm chart, by helm and Kubernetes' own schemas; make test leaves it out where helm is not on PATH.
test-chart:
	@$(SETUP) python dev
	@$(SETUP) release
	helm=$$($(SETUP) helm) && PATH="$$helm:$$PATH" $(PY) -m pytest tests/unit/release/test_chart.py $(ARGS)

# A running stack, scraped by a real Prometheus (Debian's package prometheus); not part of make test.
test-monitoring:
	@$(SETUP) python dev
	@$(SETUP) page
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" \
	  PRESSBOX_TEST_MONITORING=1 $(PY) -m pytest tests/monitoring $(ARGS)

bench:
	@$(SETUP) python dev
	@$(SETUP) page
	server=$$($(PY) -m launcher.livekit_server) && PRESSBOX_LIVEKIT_SERVER="$$server" $(PY) -m tests.bench $(ARGS)

# make bench-engine ARGS="--model DIR --device cuda:0"
bench-engine: engine-minicpmo
	.venv-minicpmo/bin/python -m tests.bench.engine_speed $(ARGS)

# Needs uv; only for who changes requirements/*.in
COMPILE = uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
  requirements/$$set.in -o requirements/$$set.txt

requirements:
	for set in base dev piper stt docs release minicpmo vlm uv; do $(COMPILE) || exit 1; done
	for set in common web ingress engine worker; do $(COMPILE) -c requirements/base.txt || exit 1; done

clean:
	rm -rf .make build dist .venv .venv-docs .venv-minicpmo .venv-vlm web/ui/node_modules web/ui/dist .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
