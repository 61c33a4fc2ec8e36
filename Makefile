# Everything a developer or a CI machine runs. Needs Rust, one CPython from 3.11 on, pip and make;
# whatever else a target needs it installs into virtual environments inside this folder.
#
#   make demo     the demo programs in plain Python and compiled: table, plot, pictures
#   make test     Rust tests, then pytest on the CPython at hand and on each other one that is found
#   make bench    looplift against Numba; BENCH="--quick" takes about a minute
#   make dev      a quick incremental build for the CPython at hand, importable from .venv-dev-*
#   make wheel    a release wheel in dist/
#   make lint     formatting, clippy, ruff
#   make clean    remove everything that can be made again
#
# PYTHON=... chooses the interpreter at hand; PYTHONS="... ..." the list that `make test` runs on; JOBS=... the number of
# processes that pytest uses (0: none besides itself).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
CARGO ?= cargo
# The profile of extension modules: for tests (shares its crates with `cargo test`), and for development.
TEST_PROFILE ?= dev
DEV_PROFILE ?= fast
NUMBA_VERSION ?= 0.68.1
DEMO ?=
BENCH ?=
PYTEST ?=
JOBS ?= auto

export CARGO_TARGET_DIR ?= $(CURDIR)/target
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A shell that sits in another virtual environment or conda environment must not confuse maturin.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME

PYVER := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# What users get (a release wheel), what developers get (an editable build), and the peer.
VENV := .venv-$(PYVER)
VENV_DEV := .venv-dev-$(PYVER)
VENV_NUMBA := .venv-numba-$(PYVER)
SOURCES := Cargo.toml Cargo.lock pyproject.toml README.md $(shell find crates python -type f \
	-not -name '*.so' -not -path '*/__pycache__/*' -not -path '*/tests/*' 2>/dev/null)
# The dependencies that pyproject.toml states, without building the package.
REQUIREMENTS = import sys, tomllib; t = tomllib.load(open("pyproject.toml", "rb")); p = t["project"]; \
	print(*p["dependencies"], *[r for e in sys.argv[1:] for r in p["optional-dependencies"][e]], \
	*t["build-system"]["requires"], sep="\n")

.PHONY: help demo test test-rust test-python bench dev wheel lint clean pythons

help:
	@sed -n 's/^#   //p' Makefile

# --- Environments -------------------------------------------------------------------------------------------

define make_venv
	$(PYTHON) -m venv --clear $(1)
	$(1)/bin/python -m pip install --quiet --upgrade pip
	$(1)/bin/python -c '$(REQUIREMENTS)' $(2) > $(1)/requirements.txt
	$(1)/bin/python -m pip install --quiet -r $(1)/requirements.txt
endef

$(VENV)/.made: pyproject.toml
	$(call make_venv,$(VENV),demo bench)
	@touch $@

$(VENV_DEV)/.made: pyproject.toml
	$(call make_venv,$(VENV_DEV),test)
	@touch $@

# Numba chooses its NumPy; `bench` then puts the same one into ours.
$(VENV_NUMBA)/.made: Makefile
	$(PYTHON) -m venv --clear $(VENV_NUMBA)
	$(VENV_NUMBA)/bin/python -m pip install --quiet numba==$(NUMBA_VERSION)
	@touch $@

# --- Builds -------------------------------------------------------------------------------------------------

# A release wheel, built as pip builds it for a user: isolated, by maturin.
dist/.wheel-$(PYVER): $(SOURCES) $(VENV)/.made
	mkdir -p dist
	rm -f dist/looplift-*-cp$(subst .,,$(PYVER))-*.whl
	$(VENV)/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@touch $@

wheel: dist/.wheel-$(PYVER)
	@ls -l dist/looplift-*-cp$(subst .,,$(PYVER))-*.whl

$(VENV)/.installed: dist/.wheel-$(PYVER)
	$(VENV)/bin/python -m pip install --quiet --force-reinstall --no-deps dist/looplift-*-cp$(subst .,,$(PYVER))-*.whl
	@touch $@

dev: $(VENV_DEV)/.made
	VIRTUAL_ENV=$(CURDIR)/$(VENV_DEV) $(VENV_DEV)/bin/maturin develop --quiet --profile $(DEV_PROFILE)
	@echo "looplift is importable from $(VENV_DEV)/bin/python"

# --- What to run --------------------------------------------------------------------------------------------

demo: $(VENV)/.installed
	$(VENV)/bin/python examples/demo.py $(DEMO)

bench: $(VENV)/.installed $(VENV_NUMBA)/.made
	numpy=$$($(VENV_NUMBA)/bin/python -c 'import numpy; print(numpy.__version__)'); \
	$(VENV)/bin/python -m pip install --quiet "numpy==$$numpy"
	$(VENV)/bin/python benchmarks/run.py --peer-python $(VENV_NUMBA)/bin/python --wheel dist $(BENCH)

test: test-rust test-python

# All crates that need no Python; the other two are covered by the Python tests.
RUST_TESTS := --workspace --exclude looplift-python --exclude looplift-capi
test-rust:
	if $(CARGO) nextest --version > /dev/null 2>&1; then \
		$(CARGO) nextest run $(RUST_TESTS) --no-tests=pass --no-fail-fast; \
	else \
		$(CARGO) test $(RUST_TESTS) --quiet --no-fail-fast; \
	fi

# Each interpreter gets an environment and an extension module of its own; all are run even if one fails.
test-python:
	failed=""; \
	while read -r version path; do \
		if [ "$$path" = absent ]; then echo "== CPython $$version: not found, not tested"; continue; fi; \
		echo "== CPython $$version: $$path"; \
		$(MAKE) --no-print-directory test-one PYTHON="$$path" < /dev/null || failed="$$failed $$version"; \
	done < <($(PYTHON) tests/interpreters.py $(PYTHONS)); \
	if [ -n "$$failed" ]; then echo "== failed on CPython$$failed"; exit 1; fi

.PHONY: test-one
test-one: $(VENV_DEV)/.made
	VIRTUAL_ENV=$(CURDIR)/$(VENV_DEV) $(VENV_DEV)/bin/maturin develop --quiet --profile $(TEST_PROFILE)
	$(VENV_DEV)/bin/python -m pytest -q -n $(JOBS) --dist worksteal $(PYTEST)

pythons:
	@$(PYTHON) tests/interpreters.py $(PYTHONS)

lint: $(VENV_DEV)/.made
	$(CARGO) fmt --all --check
	PYO3_PYTHON=$(CURDIR)/$(VENV_DEV)/bin/python $(CARGO) clippy --workspace --all-targets -- -D warnings
	$(VENV_DEV)/bin/python -m pip install --quiet ruff
	$(VENV_DEV)/bin/ruff check python examples benchmarks tests

clean:
	rm -rf $(CARGO_TARGET_DIR) .venv-* dist build examples/out benchmarks/out python/looplift/*.so .pytest_cache .hypothesis
	find python tests examples benchmarks -name __pycache__ -prune -exec rm -rf {} +
