# The one entry point. Logic lives in Rust: a target is a few lines, or it belongs in a test.

KERNEL     := llama70b_decode_single
LOG        := out/$(KERNEL).oplog
# A matrix product, a decode and a prefill.
EVERY_SORT := gemm llama70b_decode_multi llama70b_prefill_single

.PHONY: help run wheel python fuzz deny sbom test soak own-kernel fmt check check-apple bless bench instructions bless-instructions determinism doc ci hooks

help:           ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 20

run: out        ## time, replay and judge one kernel at full scale
	cargo run --release -p kernmesh --no-default-features -- run $(KERNEL) --set scale=full --log $(LOG)

test: determinism own-kernel python out/readers   ## every test there is: what CI runs, and nothing weaker
	READERS=$(CURDIR)/out/readers/bin/python3 INSTA_UPDATE=no cargo test --workspace

# What fails is shrunk and written to out/soak. A seed is a program; a run tries one seed after the other.
soak: SECONDS ?= 60
soak: SEED ?= 0
soak:           ## random programs in release, on every core: make soak SECONDS=600 SEED=1000000
	cargo run --release -p kernmesh-soak -- --seconds $(SECONDS) --seed $(SEED)

# Programs that read what is exported: installed by name, and only for the tests.
READER_PACKAGES := sim/kernmesh/tests/readers/requirements.txt
out/readers: $(READER_PACKAGES) | out
	python3 -m venv out/readers
	out/readers/bin/pip install --quiet -r $(READER_PACKAGES) || { rm -r out/readers; exit 1; }
	touch out/readers

# `cargo fmt` does not follow the lists of kernels and bugs, which are macros: their files are named.
LISTED := $(wildcard kernels/src/*.rs kernels/src/*/*.rs corpus/src/bugs/*.rs)

fmt:            ## format every file
	cargo fmt --all -- $(LISTED)
	cargo fmt --manifest-path python/Cargo.toml

check:          ## formatting and lints
	cargo fmt --all --check -- $(LISTED)
	cargo fmt --check --manifest-path python/Cargo.toml
	cargo clippy --workspace --all-targets -- -D warnings

check-apple:    ## type-check the Metal host code, on any computer
	.ci/check-apple

bless:          ## accept the goldens as they come out now, then show what changed
	INSTA_UPDATE=always cargo test -p conformance -- golden digests:: validation::
	INSTA_UPDATE=always cargo test -p kernmesh-gpu --features msl golden
	INSTA_UPDATE=always cargo test -p kernmesh --lib -- the_committed_schemas the_reference_of_keys
	git --no-pager diff --stat traces sim/gpu/golden sim/kernmesh/schemas docs/machine-keys.md

bench: out/peers    ## speed, as ratios against peers in the same run
	cargo build -q --release -p kernmesh
	PYTHON=$(CURDIR)/out/peers/bin/python3 cargo bench -p benches

# What other programs reach on the same work: installed by name, and only for the bench.
out/peers: | out
	python3 -m venv out/peers
	out/peers/bin/pip install --quiet simpy==4.1.2 jax==0.10.2

# Built together with what `determinism` runs, so that both need the same features and nothing is built twice.
instructions bless-instructions: COUNT = $${CARGO_TARGET_DIR:-target}/release/instructions
instructions:   ## instructions of fixed work under Valgrind, against benches/instructions.toml
	cargo build -q --release -p kernmesh -p benches --no-default-features --bins
	$(COUNT)

bless-instructions: ## accept the instructions as they are counted now, then show what changed
	cargo build -q --release -p kernmesh -p benches --no-default-features --bins
	$(COUNT) bless
	git --no-pager diff benches/instructions.toml

# Debug on one thread and release on two: every byte that is written must be the same.
determinism: DEBUG = cargo run -q -p kernmesh --no-default-features --
determinism: RELEASE = cargo run -q --release -p kernmesh --no-default-features --
determinism: out    ## debug and release, one thread and two: equal bytes
	set -e; for kernel in $(EVERY_SORT); do \
	  $(DEBUG) run $$kernel --threads 1 --log out/debug.oplog --out out/debug.safetensors; \
	  $(RELEASE) run $$kernel --threads 2 --log out/release.oplog --out out/release.safetensors; \
	  cmp out/debug.oplog out/release.oplog; \
	  cmp out/debug.oplog.replay out/release.oplog.replay; \
	  cmp out/debug.safetensors out/release.safetensors; \
	  $(RELEASE) diff out/debug.oplog out/release.oplog; \
	done

# A kernel in a crate of its own, as an author would build it: outside the workspace, with the same versions, so that
# what it depends on is built already.
own-kernel: export CARGO_TARGET_DIR ?= $(CURDIR)/target
own-kernel:     ## the example of docs/own-kernel.md, tested and run
	cp Cargo.lock docs/own-kernel/Cargo.lock
	cargo test -q --manifest-path docs/own-kernel/Cargo.toml
	cargo run -q --manifest-path docs/own-kernel/Cargo.toml -- run smooth

# What builds wheels, installed by name. The crate is outside the workspace, with the same profile (ADR 0062).
out/maturin: python/requirements.txt | out
	python3 -m venv out/maturin
	out/maturin/bin/pip install --quiet -r python/requirements.txt || { rm -r out/maturin; exit 1; }
	touch out/maturin

wheel python: export CARGO_TARGET_DIR ?= $(CURDIR)/target
python: export MYPY_CACHE_DIR = $(CURDIR)/out/mypy
wheel: out/maturin  ## the Python package: dist/*.whl
	out/maturin/bin/maturin build --release --manifest-path python/Cargo.toml --out dist

# The README's lines need nothing but the wheel; what runs the tests comes after them.
PYTHON := out/python/bin
python: out/maturin ## the Python package in a fresh environment: its tests, types and examples
	rm -rf out/python out/wheel
	cargo clippy --quiet --locked --manifest-path python/Cargo.toml -- -D warnings
	out/maturin/bin/maturin build --quiet --profile dev --manifest-path python/Cargo.toml --out out/wheel
	python3 -m venv out/python
	$(PYTHON)/pip install --quiet out/wheel/*.whl
	$(PYTHON)/python python/tests/first_lines.py README.md python/README.md docs/python.md docs/own-kernel.md
	$(PYTHON)/pip install --quiet -r python/tests/requirements.txt
	$(PYTHON)/stubtest --allowlist python/tests/stubtest_allow.txt kernmesh._kernmesh
	$(PYTHON)/mypy --strict -p kernmesh
	$(PYTHON)/pytest -c python/pyproject.toml --rootdir . python/tests examples/*.py

FUZZED := program machine safetensors sealed jsonl replay path
SECONDS ?= 10
TARGET  ?= $(FUZZED)

# Outside the workspace, with the same versions and profile, so that what it depends on is built already. A run that
# takes more memory than any of its inputs may is a fault.
fuzz: export CARGO_TARGET_DIR ?= $(CURDIR)/target
fuzz: out       ## mutations of fuzz/corpus for SECONDS=n each: all targets, or TARGET=t
	cp Cargo.lock fuzz/Cargo.lock
	cargo build -q --manifest-path fuzz/Cargo.toml
	set -e; ulimit -v 4000000; for target in $(TARGET); do $(CARGO_TARGET_DIR)/debug/kernmesh-fuzz $$target $(SECONDS); done

deny:           ## licences, duplicates, sources and advisories, with cargo-deny
	cargo deny check

sbom: out       ## what the binary is made of: CycloneDX in out/kernmesh.cdx.json, with jq
	cargo metadata --format-version 1 --locked | jq -f .ci/sbom.jq >out/kernmesh.cdx.json

doc:            ## the documentation of every crate, without warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The tests come last, so that the last lines of a log are their results.
ci: check check-apple doc instructions fuzz test  ## everything

hooks:          ## formatting and lints before every commit
	git config core.hooksPath .githooks

out:
	mkdir -p out
