# Every artefact by one word. Bare `make` prints this list.
# Tools are kept under target/ and made once: wasm-bindgen in target/tools, Python in target/venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

WASM_BINDGEN_VERSION := $(shell sed -n 's/^wasm-bindgen = { version = "=\([^"]*\)".*/\1/p' Cargo.toml)
WASM_BINDGEN_ROOT := target/tools/wasm-bindgen-$(WASM_BINDGEN_VERSION)
WASM_BINDGEN := $(WASM_BINDGEN_ROOT)/bin/wasm-bindgen
NATIVE_FEATURES := cli,hnsw_rs
VENV := target/venv
PYTHON := $(VENV)/bin/python

.PHONY: help
help:  ## print this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

# ---- tools -------------------------------------------------------------------------------------

# Unoptimised: it runs once a build, and so it is made in a third of the time. Unlocked where the
# registry lacks what the tool's lock file names.
$(WASM_BINDGEN):
	export CARGO_PROFILE_DEV_DEBUG=0; \
	install="cargo install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --root $(WASM_BINDGEN_ROOT) --debug"; \
	$$install --locked || $$install

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

# The standard libraries of the WebAssembly targets that rust-toolchain.toml names.
.PHONY: rust-targets
rust-targets:
	@rustup --quiet target add wasm32-unknown-unknown wasm32-wasip1 wasm32-unknown-emscripten

# ---- build -------------------------------------------------------------------------------------

# $(call kernel,features,folder): a kernel of these features and its glue. The variable gives each set of features files
# of its own: all other crates are shared, and none is built anew because another set was built last.
#
# The standard library is built with it, for size and with panics as bare traps: a tenth of the bytes
# (benches/records/2026-11-28-wasm-size.md). These flags are not stable yet, hence RUSTC_BOOTSTRAP. Where another rustc
# does not know them PLAIN=1 takes the library that came with it.
, := ,
SMALL := $(if $(PLAIN),,-Z build-std=std$(,)panic_abort -Z build-std-features=optimize_for_size \
  --config 'target.wasm32-unknown-unknown.rustflags=["-Zunstable-options"$(,) "-Cpanic=immediate-abort"]')
define kernel
$(if $(PLAIN),,RUSTC_BOOTSTRAP=1) __CARGO_DEFAULT_LIB_METADATA=kernel cargo build --release --target wasm32-unknown-unknown \
  --no-default-features --features $(1) $(SMALL)
	$(WASM_BINDGEN) --target web --omit-default-module-path --no-typescript --remove-producers-section \
	  --out-name nearfold --out-dir $(2) target/wasm32-unknown-unknown/release/nearfold.wasm
	node tools/shrink.mjs $(2)/nearfold_bg.wasm $(2)/nearfold_bg.wasm
endef

.PHONY: wasm
wasm: $(WASM_BINDGEN) rust-targets  ## pkg/wasm: the WebAssembly kernels and their glue
	$(call kernel,wasm-face$(,)fold,target/halves/fold)
	$(call kernel,wasm-face$(,)near,target/halves/near)
	$(call kernel,wasm,pkg/wasm)
	node tools/npm.mjs shorten
	node tools/npm.mjs inline
	@node tools/npm.mjs sizes

.PHONY: wasm-owners
wasm-owners: wasm  ## what each function adds to the compressed kernel
	$(WASM_BINDGEN) --target web --no-typescript --out-dir target/named target/wasm32-unknown-unknown/release/nearfold.wasm
	node tools/shrink.mjs target/named/nearfold_bg.wasm target/named/nearfold_bg.wasm names
	node tools/owners.mjs target/named/nearfold_bg.wasm

.PHONY: npm
npm: wasm  ## target/npm/nearfold-*.tgz: the npm package
	mkdir -p target/npm
	node tools/npm.mjs pack

# One wheel for every CPython from 3.11 on (abi3).
.PHONY: wheel
wheel: $(VENV)/installed  ## the native Python wheel, in target/wheels
	rm -f target/wheels/*.whl
	$(VENV)/bin/maturin build --quiet --release --locked --features python,parallel --out target/wheels

# For Pyodide 314 (Python 3.14). The version names the platform, so that maturin need not ask emcc.
.PHONY: pyodide
pyodide: $(VENV)/installed rust-targets  ## the Pyodide wheel, in target/pyodide
	rm -f target/pyodide/*.whl
	MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION=2026_0 $(VENV)/bin/maturin build --quiet --release --locked \
		--target wasm32-unknown-emscripten --features python --out target/pyodide

.PHONY: cli
cli:  ## target/release/nearfold: the command line
	cargo build --release --features cli

SITE := target/site
DEMO_VECTORS := www/data/debian20k.npy
DEMO_INDEX := target/debian20k.nearfold

# The package as its users install it, the index as the command line builds it, and the page.
.PHONY: site
site: npm cli  ## target/site: the demo page with all that it needs
	rm -rf $(SITE)
	mkdir -p $(SITE)/nearfold $(SITE)/data
	cp www/index.html www/style.css www/favicon.svg $(SITE)/
	cp -R www/js $(SITE)/js
	tar -xzf target/npm/nearfold-*.tgz -C $(SITE)/nearfold --strip-components=1
	cp www/data/* $(SITE)/data/
	test $(DEMO_INDEX) -nt target/release/nearfold -a $(DEMO_INDEX) -nt $(DEMO_VECTORS) || \
	  target/release/nearfold build $(DEMO_VECTORS) --output $(DEMO_INDEX) --metric cosine --storage i8
	cp $(DEMO_INDEX) $(SITE)/data/

.PHONY: demo
demo: site  ## build everything and serve the demo page on this machine (PORT=8080)
	@node tools/serve.mjs $(SITE) --name "nearfold demo" $(if $(PORT),--port $(PORT))

.PHONY: lite
lite: pyodide tests/pyodide/node_modules/installed  ## the JupyterLite site with the notebook, in target/lite
	$(PYTHON) tools/lite.py tests/pyodide/node_modules/pyodide target/pyodide/*.whl

# ---- test --------------------------------------------------------------------------------------

.PHONY: test
test: lint test-rust test-variants  ## everything, on every surface

# Native, with AVX2 where the machine has it, debug assertions on; then the documentation's examples.
.PHONY: test-rust
test-rust:  ## the Rust suite, native
	cargo test --features $(NATIVE_FEATURES) --lib --bins --tests --examples
	cargo build --quiet --profile test --features $(NATIVE_FEATURES) --example quickstart
	target/debug/examples/quickstart | diff - examples/quickstart.txt
	cargo test --features $(NATIVE_FEATURES) --doc

# One answer everywhere: the same suite, the same golden bits, in the other builds of the same source.
# A build's flags have their own target folder: they do not push each other's artefacts out.
.PHONY: test-variants test-baseline test-debug test-wasm test-wasm-scalar test-wasm-simd
test-variants: test-baseline test-debug test-wasm  ## the Rust suite without AVX2, unoptimised, and as wasm

test-baseline:  # x86-64 with SSE2 only, optimised as released
	RUSTFLAGS="--cfg nearfold_baseline" CARGO_TARGET_DIR=target/baseline \
		cargo test --profile test-release --features parallel,ingest --lib --test conformance

test-debug:  # nothing optimised; the long tests are left to the others
	cargo test --profile test-debug --test conformance golden

test-wasm: test-wasm-scalar test-wasm-simd  ## the Rust suite as WebAssembly, with and without SIMD

WASI_RUNNER := CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings tools/wasi-run.mjs"

test-wasm-scalar: rust-targets
	$(WASI_RUNNER) cargo test --target wasm32-wasip1 --features ingest --lib --test conformance -- --nocapture

test-wasm-simd: rust-targets
	$(WASI_RUNNER) RUSTFLAGS="-C target-feature=+simd128" CARGO_TARGET_DIR=target/simd128 NEARFOLD_TEST_SIMD128=1 \
		cargo test --profile test-release --target wasm32-wasip1 --features ingest --lib --test conformance -- --nocapture

.PHONY: lint
lint: rust-targets  ## format and lints of the Rust code; the golden vectors are what generate.py makes
	cargo fmt --check
	cargo clippy --quiet --all-targets --features $(NATIVE_FEATURES) -- -D warnings
	cargo clippy --quiet --features python,parallel -- -D warnings
	for features in wasm wasm-face,fold wasm-face,near; do \
	  cargo clippy --quiet --no-default-features --features $$features --target wasm32-unknown-unknown -- -D warnings; \
	done
	python3 tests/vectors/generate.py --check

tests/js/node_modules/installed: tests/js/package-lock.json
	cd tests/js && npm ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: test-js
test-js: npm tests/js/node_modules/installed  ## the npm package, packed and installed elsewhere
	cd tests/js && node --test --test-reporter=dot

test: test-js

.PHONY: test-browser
test-browser: site chromium tests/browser/node_modules/installed  ## the page and the package in Chromium
	cd tests/browser && node --test --test-reporter=dot

test: test-browser

# `npm ci` wants an entry for every platform's binaries; a registry may lack some. Versions are the lock file's.
tests/bundlers/node_modules/installed: tests/bundlers/package-lock.json
	cd tests/bundlers && npm install --no-save --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: test-bundlers
test-bundlers: npm chromium tests/browser/node_modules/installed tests/bundlers/node_modules/installed  ## the package and the examples through Vite, webpack, esbuild, Rollup, Next.js, workerd, Deno, Bun
	cd tests/bundlers && node --test --test-reporter=dot

test: test-bundlers

.PHONY: test-python
test-python: wheel  ## the native wheel, installed, in CPython
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps target/wheels/*.whl
	$(PYTHON) -m pytest --quiet

tests/pyodide/node_modules/installed: tests/pyodide/package-lock.json
	cd tests/pyodide && npm ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: test-pyodide
test-pyodide: pyodide tests/pyodide/node_modules/installed  ## the Pyodide wheel in the real Pyodide, under Node
	cd tests/pyodide && node --no-warnings --test pyodide.test.mjs

.PHONY: test-lite
test-lite: lite chromium  ## the notebook, run by JupyterLite in Chromium
	cd tests/pyodide && node --test lite.test.mjs

test: test-python test-pyodide test-lite


# ---- bench -------------------------------------------------------------------------------------

# Peers have a Python, a Cargo folder and node_modules of their own: benches/README.md.
BENCH_VENV := target/bench-venv

$(BENCH_VENV)/installed: benches/requirements.txt
	python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check -r benches/requirements.txt
	touch $@

benches/js/node_modules/installed: benches/js/package-lock.json
	cd benches/js && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cd benches/js && npm rebuild hnswlib-node --loglevel=error \
	  || echo "hnswlib-node: skipped, it could not be compiled here"
	touch $@

.PHONY: bench-near
bench-near: wheel wasm $(BENCH_VENV)/installed  ## the index, native and in Node, beside hnswlib, usearch, FAISS and hnsw_rs
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall target/wheels/*.whl
	cd benches/hnsw_rs && CARGO_TARGET_DIR=../../target/bench-hnsw-rs cargo build --quiet --release --locked
	$(BENCH_VENV)/bin/python benches/near_peers.py $(BENCH_NEAR)
	cargo bench --quiet --features parallel --bench near -- $(BENCH_NEAR_OWN)
	cat target/bench/near-own.jsonl >> target/bench/near.jsonl

.PHONY: bench-recall
bench-recall: wheel $(BENCH_VENV)/installed  ## what each storage finds on misleading data, and what it says of itself, beside the peers
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall target/wheels/*.whl
	$(BENCH_VENV)/bin/python benches/recall.py $(BENCH_RECALL)

.PHONY: bench-js
bench-js: npm chromium benches/js/node_modules/installed  ## the npm package beside its peers, in Node and Chromium
	rm -rf benches/js/node_modules/nearfold && mkdir -p benches/js/node_modules/nearfold
	tar xzf target/npm/nearfold-*.tgz -C benches/js/node_modules/nearfold --strip-components=1
	node benches/js/main.mjs $(BENCH_JS)

.PHONY: bench-fold
bench-fold: wheel $(BENCH_VENV)/installed  ## reductions beside NumPy's and polars': a table, and target/bench/fold.jsonl
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps target/wheels/*.whl
	$(BENCH_VENV)/bin/python benches/fold_numpy.py $(BENCH_FOLD)

.PHONY: bench-pyodide
bench-pyodide: pyodide tests/pyodide/node_modules/installed  ## reductions of array.array in the real Pyodide beside Python's own
	node --no-warnings benches/pyodide.mjs

.PHONY: bench-sum
bench-sum: wheel npm $(BENCH_VENV)/installed  ## the exact sum beside NumPy's, math.fsum and a JavaScript loop
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps target/wheels/*.whl
	$(BENCH_VENV)/bin/python benches/fold_numpy.py --only sum fsum
	node benches/sum.mjs
