# Every artefact by one word. Bare `make` prints this list.
# Tools are kept under target/ and made once: wasm-bindgen in target/tools, Python in target/venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# The version that Cargo.lock pins: the program and the library must be of one release.
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
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
	install="cargo install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --root $(WASM_BINDGEN_ROOT) \
	  --bin wasm-bindgen --no-default-features --debug"; \
	$$install --locked || $$install

$(VENV)/installed: tests/python/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
	touch $@

tests/browser/node_modules/installed: tests/browser/package-lock.json
	cd tests/browser && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# What comes from Debian's packages, by a file that it brings: each target that needs one names its rule. `make` installs
# where it may.
define debian
@test -e $(1) || { apt-get update -qq && apt-get install -y -qq $(2) >/dev/null; } \
  || { echo "make: $(1) is needed (Debian: apt-get install $(2))" >&2; exit 1; }
endef

.PHONY: chromium qemu-user aarch64-gcc
chromium:  # for the tests that open pages
	$(call debian,/usr/bin/chromium,chromium)
qemu-user:  # for the tests of other machines
	$(call debian,/usr/bin/qemu-aarch64,qemu-user)
aarch64-gcc:
	$(call debian,/usr/bin/aarch64-linux-gnu-gcc,gcc-aarch64-linux-gnu)
	$(call debian,/usr/aarch64-linux-gnu/lib/crt1.o,libc6-dev-arm64-cross)

# What comes from rustup, which does not install by itself everywhere what rust-toolchain.toml names: the standard
# libraries of other machines, and the programs that lint.
RUST_TARGETS := wasm32-unknown-unknown wasm32-wasip1 wasm32-unknown-emscripten aarch64-unknown-linux-gnu
.PHONY: $(RUST_TARGETS) rust-lints
$(RUST_TARGETS):
	@test -d "$$(rustc --print target-libdir --target $@)" || rustup --quiet target add $@ \
	  || { echo "make: Rust's standard library for $@ is needed; rustup (https://rustup.rs) can add it" >&2; exit 1; }
rust-lints:
	@{ cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 || rustup --quiet component add rustfmt clippy \
	  || { echo "make: rustfmt and clippy are needed; rustup (https://rustup.rs) can add them" >&2; exit 1; }

# ---- build -------------------------------------------------------------------------------------

# The kernels: of everything, and of each half. A set of features has a folder of its own, as all would write the same file.
FEATURES_nearfold := wasm
FEATURES_fold := wasm-face,fold
FEATURES_near := wasm-face,near
.PHONY: kernel-nearfold kernel-fold kernel-near
kernel-nearfold kernel-fold kernel-near: kernel-%: wasm32-unknown-unknown $(WASM_BINDGEN)
	cargo build --release --locked --target wasm32-unknown-unknown --target-dir target/kernels/$* \
	  --no-default-features --features $(FEATURES_$*)
	$(WASM_BINDGEN) --target web --omit-default-module-path --no-typescript --remove-name-section --remove-producers-section \
	  --out-name nearfold --out-dir target/kernels/$*/out target/kernels/$*/wasm32-unknown-unknown/release/nearfold.wasm
	node tools/npm.mjs kernel $*
kernel-fold kernel-near: kernel-nearfold # whose glue serves them too: it is compared with theirs

.PHONY: wasm
wasm: kernel-nearfold kernel-fold kernel-near  ## pkg/wasm: the WebAssembly kernels and their glue
	@node tools/npm.mjs sizes

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
pyodide: $(VENV)/installed wasm32-unknown-emscripten  ## the Pyodide wheel, in target/pyodide
	rm -f target/pyodide/*.whl
	MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION=2026_0 $(VENV)/bin/maturin build --quiet --release --locked \
		--target wasm32-unknown-emscripten --features python --out target/pyodide

.PHONY: cli
cli:  ## target/release/nearfold: the command line
	cargo build --release --features cli

SITE := target/site
DEMO_VECTORS := www/data/debian20k.npy
DEMO_INDEX := target/debian20k.nearfold

# The package with the one kernel that the page loads, the index as the command line builds it, and the page.
.PHONY: site
site: kernel-nearfold cli  ## target/site: the demo page with all that it needs
	rm -rf $(SITE)
	mkdir -p $(SITE)/data
	cp www/index.html www/style.css www/favicon.svg $(SITE)/
	cp -R www/js $(SITE)/js
	cp -R pkg $(SITE)/nearfold
	cp www/data/* $(SITE)/data/
	test $(DEMO_INDEX) -nt target/release/nearfold -a $(DEMO_INDEX) -nt $(DEMO_VECTORS) || \
	  target/release/nearfold build $(DEMO_VECTORS) --output $(DEMO_INDEX) --metric cosine --storage i8
	cp $(DEMO_INDEX) $(SITE)/data/

.PHONY: demo
demo:  ## build the demo page and serve it on this machine (PORT=8080)
	@$(MAKE) --no-print-directory --jobs=2 site
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

# One answer everywhere: the same suite, the same golden bits, in the other builds of the same source and on other machines.
# A build's flags have their own target folder: they do not push each other's artefacts out.
# What each prints is kept: its line `digest …` says which machine the program found itself on, and which bits came out.
.PHONY: test-variants test-avx2 test-baseline test-debug test-wasm test-wasm-scalar test-wasm-simd
test-variants: test-avx2 test-baseline test-debug test-wasm test-x86-64-v1 test-aarch64  ## the Rust suite on all machines and builds: one digest
	node tools/digests.mjs target/digests

KEEP = (mkdir -p target/digests; tee target/digests/$@)

GOLDEN := golden index_files digest

test-avx2:  # the program of test-rust; what it has of golden vectors and index files
	cargo test --features $(NATIVE_FEATURES) --test conformance -- $(GOLDEN) | $(KEEP)

# Left to test-rust: tests that take long as they measure recall over many rows, change an index thousands of times or build graphs
# of thousands of parts; the kernels that they call are those of the tests that run.
LONG := $(addprefix --skip ,calibration:: recall:: kept:: ids::twenty ids::an_index_with_links hostile::clusters hostile::graphs \
  hostile::one_dimension hostile::vectors_repeated extremes::vectors_at_both near::a_radius truth::the_number_of_threads)
# And to machines that are not emulated: those that open thousands of damaged files, reduce thousands of shapes or build many graphs.
LONG_EMULATED := $(addprefix --skip ,hostile:: extremes:: near:: format::a_hostile_file format::a_file_with_any_one_byte fold::columns_and_short)

test-baseline:  # x86-64 with SSE2 only, optimised as released
	RUSTFLAGS="--cfg nearfold_baseline" CARGO_TARGET_DIR=target/baseline \
		cargo test --profile test-release --features parallel,ingest --lib --test conformance -- $(LONG) | $(KEEP)

test-debug:  # nothing optimised; the long tests are left to the others
	cargo test --profile test-debug --test conformance -- $(GOLDEN) | $(KEEP)

test-wasm: test-wasm-scalar test-wasm-simd  ## the Rust suite as WebAssembly, with and without SIMD

WASI_RUNNER := CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings tools/wasi-run.mjs"

test-wasm-scalar: wasm32-wasip1
	$(WASI_RUNNER) cargo test --target wasm32-wasip1 --features ingest --lib --test conformance -- --nocapture $(LONG) | $(KEEP)

test-wasm-simd: wasm32-wasip1
	$(WASI_RUNNER) RUSTFLAGS="-C target-feature=+simd128" CARGO_TARGET_DIR=target/simd128 NEARFOLD_TEST_SIMD128=1 \
		cargo test --profile test-release --target wasm32-wasip1 --features ingest --lib --test conformance -- --nocapture $(LONG) | $(KEEP)

# Machines that are not this one, by qemu.
.PHONY: test-x86-64-v1 test-aarch64

# The program of test-rust on the first x86-64: nothing beyond SSE2, so that it must choose other instructions when it runs.
test-x86-64-v1: qemu-user
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="qemu-x86_64 -cpu qemu64,-sse3,-cx16" \
		cargo test --features $(NATIVE_FEATURES) --test conformance -- $(GOLDEN) --skip this_machine_has | $(KEEP)

test-aarch64: qemu-user aarch64-gcc aarch64-unknown-linux-gnu  ## the Rust suite as aarch64, with NEON
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
		cargo test --profile test-release --target aarch64-unknown-linux-gnu --features parallel,ingest \
		--lib --test conformance -- $(LONG) $(LONG_EMULATED) | $(KEEP)

CARGO_DENY := target/tools/cargo-deny/bin/cargo-deny
$(CARGO_DENY):
	cargo install cargo-deny --version 0.20.2 --root target/tools/cargo-deny --locked --debug

# Advisories need a database of their own, from a place that is no registry: `cargo deny check advisories` where it can be had.
.PHONY: deny
deny: $(CARGO_DENY)  ## licences, bans and sources of all crates that are linked
	$(CARGO_DENY) check licenses bans sources

# tests/fuzz/README.md says what they do. Neither is part of `make test`, which runs a slice of the same mutants.
.PHONY: mutants fuzz
mutants:  ## a long campaign of mutants of index files (MUTANTS="10000000 1": how many, which seed)
	CARGO_TARGET_DIR=target/fuzz cargo run --release --manifest-path tests/fuzz/Cargo.toml --bin campaign -- $(MUTANTS)

fuzz:  ## cargo-fuzz on index files, until it is stopped (nightly Rust and cargo-fuzz)
	mkdir -p target/fuzz/corpus
	CARGO_TARGET_DIR=target/fuzz cargo +nightly fuzz run --fuzz-dir tests/fuzz --features libfuzzer-sys index target/fuzz/corpus -- \
	  -max_len=200000 -timeout=10 $(FUZZ)

.PHONY: lint
lint: rust-lints wasm32-unknown-unknown  ## format and lints of the Rust code; the golden vectors are what generate.py makes
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
test-browser: npm site chromium tests/browser/node_modules/installed  ## the page and the package in Chromium
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

include benches/Makefile
