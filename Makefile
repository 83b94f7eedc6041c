# SPDX-License-Identifier: GPL-2.0-or-later
# make demo	the main job: from mail to a verdict on booted kernels
# make test	all tests, kernels built and booted for real; TESTS=FILE for some of them
# make check	lint, format and types
# make bench	the figures of the README, measured
# make man	build/reviewtool.1 and build/reviewtool.bash, from the parsers of all commands
# make clean	what make made here; the cache is `reviewtool cache`'s

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A file's tests stay together, for what they share is made once a file; tests/conftest.py says in
# which order files are begun.
PARALLEL ?= -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
export PYTHON

.PHONY: demo test check bench man venv clean packages packages-test requirements

demo: packages venv
	@$(BIN)/reviewtool demo $(DEMO)

test: packages-test venv
	$(BIN)/python -m pytest $(if $(TESTS),,$(PARALLEL)) $(TESTS)

check: packages venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: packages-test venv
	$(BIN)/python -m tests.bench

man: packages venv
	@mkdir -p build
	$(BIN)/python -m reviewtool.cli.manual man >build/reviewtool.1
	$(BIN)/python -m reviewtool.cli.manual completion >build/reviewtool.bash

venv: $(VENV)/installed

$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11; say make PYTHON=python3.11" >&2; exit 2; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.txt
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

packages:
	@./debian-packages

packages-test:
	@./debian-packages --test

# Needs pip-tools; the file must name no registry, only versions and hashes.
requirements:
	pip-compile --quiet --generate-hashes --all-build-deps --extra dev --strip-extras \
		--allow-unsafe --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host -o requirements.txt pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
