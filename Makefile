# Every target works from a fresh clone with python3, make and git alone: the virtual environment is made on the way.
SHELL := /bin/bash
PYTHON ?= python3
# One environment for each interpreter: `make test PYTHON=python3.14` works in .venv-3.14, beside the usual .venv.
MINOR := $(patsubst python%,%,$(notdir $(PYTHON)))
VENV := .venv$(if $(filter-out 3,$(MINOR)),-$(MINOR))
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
STAMP := $(VENV)/.set-up
DEMO_STAMP := $(VENV)/.set-up-demo
# Two more than there are processors: tests wait for disks and for processes that they start.
PROCESSORS := $(shell $(PYTHON) -c 'import os; print(os.cpu_count() or 1)')
JOBS ?= $(shell echo $$(($(PROCESSORS) + 2)))
# Processes of tests are forked after the collection where that is safe, and else collect on their own.
SPREAD = $(if $(filter Linux,$(shell uname -s)),--forks $(1),-n $(1) --dist worksteal)
# Tests start hundreds of processes: what these import is compiled once, not by each of them.
unit functional test-base test-oldest test-long types release-check compat real examples reliability: export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup lock hooks codegen codegen-check unit functional test coverage test-base test-oldest test-long mutants compat compat-environments real-environments suites lint format types layers release-check demo bench docs examples reliability cassettes smoke dist dist-binary news release bare sbom licences audit api api-check codegen-changelog clean

setup: $(STAMP)

# Remade only when its sources changed; the project is installed editable, so code changes need nothing.
$(STAMP): pyproject.toml .ci/environment.py .ci/locked/dev.txt .ci/locked/uv.txt
	@$(PYTHON) .ci/environment.py $(VENV) dev
	@touch $@ $(DEMO_STAMP)

# What the demo needs; the other targets add the rest to the same environment.
$(DEMO_STAMP): pyproject.toml .ci/environment.py .ci/locked/sandbox.txt .ci/locked/uv.txt
	@$(PYTHON) .ci/environment.py $(VENV) sandbox
	@touch $@

# The versions that setup installs, for every system and Python that we test; UPGRADE=1 takes the latest. Names no package index.
lock: $(STAMP)
	@for extra in dev sandbox test; do \
	  printf 'hatchling\neditables\n' | $(COMPILE) $(if $(UPGRADE),--upgrade) --extra $$extra pyproject.toml - -o .ci/locked/$$extra.txt || exit 1; \
	done
	@echo uv | $(COMPILE) -c .ci/locked/dev.txt - -o .ci/locked/uv.txt # what installs the others
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

hooks: $(STAMP)
	@$(BIN)/pre-commit install

codegen: $(STAMP)
	@$(BIN)/python -m omicsdk_codegen generate
	@$(BIN)/python -m omicsdk.cli.index generate
	@$(BIN)/python release/stubs.py

codegen-check: $(STAMP)
	@$(BIN)/python -m omicsdk_codegen check
	@$(BIN)/python -m omicsdk.cli.index check
	@$(BIN)/python release/stubs.py --check

# `make test COVERAGE=1` measures, which costs much processor time. The figure fails below its floor in pyproject.toml.
unit functional coverage: export COVERAGE_FILE := $(CURDIR)/.coverage
MEASURED := $(if $(COVERAGE),--cov --cov-report= --cov-fail-under=0)
coverage: $(STAMP)
	@$(BIN)/coverage report --format=total

# The folders of tests are in memory where 6 GiB of it are available, but for those of transfers, which are about disks.
# No more at once than there are processors: these wait for nothing. One that opens a socket or starts a process fails.
unit: $(STAMP)
	@$(BIN)/python tests/support/in_memory.py $(BIN)/python -m pytest -q $(call SPREAD,$(PROCESSORS)) $(MEASURED) -m "not long" tests/unit tests/cassettes

functional: $(STAMP)
	@$(BIN)/python tests/support/in_memory.py $(BIN)/python -m pytest -q $(call SPREAD,$(JOBS)) $(if $(MEASURED),$(MEASURED) --cov-append) -m "not long and not compat and not types and not release" tests/functional tests/faults

test: unit functional

# The base install alone and its tests, for an interpreter for which extras have no wheels yet: `make test-base PYTHON=python3.15`.
test-base: pyproject.toml
	@$(PYTHON) .ci/environment.py $(VENV)-base test
	@$(subst $(VENV),$(VENV)-base,$(BIN))/python -m pytest -q -n $(JOBS) --dist worksteal -m "not long and not compat and not sandbox" tests/unit/core tests/unit/transfer tests/functional/core tests/functional/transfer tests/functional/cli/test_startup.py

# The oldest versions of dependencies that pyproject.toml allows, with the tools of development as they are; the second command keeps
# what the first one installed. What is about sending, transfers and formats meets them.
OLDEST := $(VENV)-oldest
OLDEST_BIN = $(subst $(VENV),$(OLDEST),$(BIN))
test-oldest: $(STAMP)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(OLDEST)
	@$(BIN)/uv pip install --quiet --python $(OLDEST_BIN)/python --resolution lowest-direct --editable ".[all]"
	@$(BIN)/uv pip install --quiet --python $(OLDEST_BIN)/python --editable ".[dev]"
	@$(OLDEST_BIN)/python tests/support/in_memory.py $(OLDEST_BIN)/python -m pytest -q $(call SPREAD,$(PROCESSORS)) -m "not long and not compat and not types and not release" tests/unit tests/functional/core tests/functional/transfer tests/functional/fs

# Searches with another seed on each run; `make test-long SEED=N` repeats one.
SEED ?= $(shell $(PYTHON) -c 'import secrets; print(secrets.randbelow(2**32))')
test-long: SEED := $(SEED)
test-long: $(STAMP)
	@echo "seed of this search: $(SEED) (make test-long SEED=$(SEED) repeats it)"
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal --timeout 7200 --hypothesis-profile search --hypothesis-seed $(SEED) tests

# No more at once than there are processors: published clients have limits of time of their own. A module stays with one process:
# its scenario is run once, and the published gen3 keeps temporary files of all processes in one folder.
compat: compat-environments
	@$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not long" tests/compat tests/functional/sandbox/sb/tasks/test_cwltool.py

compat-environments: $(STAMP)
	@$(BIN)/python tests/compat/make_environments.py

real-environments: $(STAMP)
	@$(BIN)/python tests/compat/make_environments.py --for real || echo "real: tests of what could not be made are skipped"

# The own tests of a published client, from a copy of its project: make suites NAME=gen3 PUBLISHED=FOLDER.
suites: $(STAMP)
	@$(BIN)/python tests/compat/published_suites.py "$(NAME)" "$(PUBLISHED)"
	@$(BIN)/python docs/build.py

# Servers that others wrote, from pip, npm and apt: what cannot be had here is printed, and its tests are skipped with the reason. A module
# stays with one process, which starts its servers once. RESULTS=1 keeps what was tried for docs/tested-with.md.
real: real-environments
	@$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not long" tests/real $(if $(RESULTS),tests/functional/dtp/test_pacs.py --real-results tests/real/results.json)
	@$(if $(RESULTS),$(BIN)/python docs/build.py)

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff check --quiet --preview --select DOC102 .
	@$(BIN)/ruff check --quiet --preview --select PLC2701 tests # which import what modules export
	@$(BIN)/ruff format --check .
	@$(BIN)/python .ci/docstrings.py .ci benchmarks codegen docs examples extensions release tests
	@$(BIN)/zizmor --offline --quiet .github action.yml

format: $(STAMP)
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format -q .

# mypy sees what users of mypy do: the generated clients, and then, from its cache, programs that are right and wrong in tests/typing.
types: $(STAMP)
	@$(BIN)/basedpyright
	@$(BIN)/mypy -p omicsdk_api
	@$(BIN)/python -m pytest -q -m types tests/typing tests/functional

layers: $(STAMP)
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/lint-imports --no-cache --config import-cycles.toml

# The tools of releases, and what a wheel that is installed away from any checkout does.
release-check: $(STAMP)
	@$(BIN)/python -m pytest -q -m "release and not long" tests/functional

# Which changes of the code no test notices: in modules drawn by SEED, or in MODULE=omicsdk.core.retry.
mutants: $(STAMP)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python tests/mutants.py $(MODULE) $(if $(SEED),--seed $(SEED))

demo: $(DEMO_STAMP)
	@$(BIN)/omics demo

bench: $(STAMP)
	@for script in cli_startup generated codegen transfer hca sevenbridges gen3 crunch_pangea file_systems links scale millions sandbox azul; do echo "== $$script"; $(BIN)/python "benchmarks/$$script.py" || exit 1; done

cassettes: $(STAMP)
	@PYTHONPATH=tests/support $(BIN)/python tests/cassettes/record.py

# The only target that sends requests to public services.
smoke: $(STAMP)
	@$(BIN)/python .ci/smoke.py

docs: $(STAMP)
	@$(BIN)/python docs/build.py

# Every block of the manual's pages is run, and the built site is looked at in a browser. No more at once than there are processors:
# the commands of the pages keep them busy, and each process of tests starts servers of its own.
examples: $(STAMP)
	@$(BIN)/python tests/support/in_memory.py $(BIN)/python -m pytest -q -n logical --dist worksteal -m "not long" tests/docs

# `make reliability MARKS="not long"` keeps the results of long tests, and MARKS=long all others.
reliability: $(STAMP)
	@$(BIN)/python -m pytest -q -n $(JOBS) $(if $(MARKS),-m "$(MARKS)") tests/faults --deselect tests/faults/test_page.py --fault-results tests/faults/results.json
	@$(BIN)/python docs/build.py

dist: $(STAMP)
	@$(BIN)/python release/distributions.py

# `omics` for systems without Python, tried as one; pip needs where it gets packages from.
dist-binary: dist
	@$(BIN)/python release/binary.py

news: $(STAMP)
	@$(BIN)/python -m towncrier build --draft --version Unreleased

# Commits VERSION=X.Y.Z, dated today or DATE=YYYY-MM-DD, and builds it; publishes nothing.
release: $(STAMP)
	@$(BIN)/python release/release.py "$(VERSION)" $(DATE)

# What a user gets: the wheel with all extras in an environment of its own; pip needs where it gets packages from.
bare: dist
	@$(BIN)/python release/bare.py

sbom: bare
	@$(BIN)/python release/sbom.py

licences: bare
	@$(BIN)/python release/licences.py

audit: bare
	@$(BIN)/python release/audit.py

api: $(STAMP)
	@$(BIN)/python release/api.py

api-check: $(STAMP)
	@$(BIN)/python release/api.py --check

# SINCE=REVISION compares with another revision than the last release.
codegen-changelog: $(STAMP)
	@$(BIN)/python release/client_changes.py $(SINCE)

clean:
	rm -rf .venv .venv-* .peers dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
