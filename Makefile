# Every artefact by one word. Bare `make` prints this list.
# Tools are kept under target/ and made once: wasm-bindgen in target/tools, Python in target/venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

WASM_BINDGEN_VERSION := $(shell sed -n 's/^wasm-bindgen = { version = "=\([^"]*\)".*/\1/p' Cargo.toml)
WASM_BINDGEN := target/tools/bin/wasm-bindgen
VENV := target/venv
PYTHON := $(VENV)/bin/python

.PHONY: help
help:  ## print this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

# ---- tools -------------------------------------------------------------------------------------

$(WASM_BINDGEN): Cargo.toml
	cargo install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --locked --root target/tools
	touch $@

$(VENV)/installed: tests/python/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
	touch $@

tests/browser/node_modules/installed: tests/browser/package-lock.json
	cd tests/browser && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Debian's Chromium, for the tests that open pages.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; }

# ---- build -------------------------------------------------------------------------------------

# ---- test --------------------------------------------------------------------------------------

.PHONY: test
test:  ## everything, on every surface

# ---- bench -------------------------------------------------------------------------------------

