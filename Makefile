# One way to install, run and check the project; CI runs `make test` and nothing else.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install compare atlas-core atlas test lint types arrows docs tests quick pythons format bench gallery hooks clean

BIN := .venv/bin
# A stamp bears the time its install began, and exists only once the install has succeeded.
RUNTIME := .venv/.installed
DEV := .venv/.installed-dev

SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
# The first that runs: a shim on the PATH may exist and still fail.
PYTHON ?= $(shell for candidate in python3.13 python3.12 python3.11 python3; do \
	if $$candidate -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$candidate; break; fi; done)

PYTHONS ?= python3.11 python3.12 python3.13
PROBLEM ?=
ARGS ?=
DASK ?=
# for words that make runs
CLUSTER = $(if $(DASK),--dask $(DASK))
WORKERS ?= auto

# Data downloaded once for several checkouts lies beside them.
ifndef FREQUENCY_HARNESS_DATA
ifneq ($(wildcard $(abspath ../shared/data)/.),)
export FREQUENCY_HARNESS_DATA := $(abspath ../shared/data)
endif
endif

# One thread per worker, or the workers fight for the cores; no window for figures.
tests quick pythons bench: export OMP_NUM_THREADS := 1
tests quick pythons bench: export OPENBLAS_NUM_THREADS := 1
tests quick pythons bench: export MKL_NUM_THREADS := 1
tests quick pythons bench: export MPLBACKEND := Agg

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: $(DEV)  ## create .venv and install the project with everything that develops and checks it

compare: $(RUNTIME)  ## compare optimizers on one problem: make compare PROBLEM=sin135 [ARGS="--seeds 8"]
	@test -n "$(PROBLEM)" || { echo 'Name a problem, such as: make compare PROBLEM=sin135' >&2; exit 2; }
	$(BIN)/python -m harness compare --problem $(PROBLEM) $(ARGS)

# types take one core for a minute or two: beside the others
test: $(DEV)  ## everything that must hold: lint, types, arrows, site, tests
	@$(MAKE) --no-print-directory types & types=$$!; \
	$(MAKE) --no-print-directory lint arrows docs tests; code=$$?; \
	wait $$types && exit $$code

lint: $(DEV)  ## style: ruff's rules and its formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV)  ## mypy on the packages
	$(BIN)/mypy

arrows: $(DEV)  ## imports point one way: the contracts of import-linter
	$(BIN)/lint-imports

docs: export NO_MKDOCS_2_WARNING := 1
docs: $(DEV)  ## the site, into build/site; a warning is an error
	$(BIN)/python -m mkdocs build

tests: $(DEV)  ## all tests, the slow ones too [ARGS="-k meter"]
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

quick: $(DEV)  ## the tests that end in two minutes
	$(BIN)/pytest -n $(WORKERS) -m 'not slow' $(ARGS)

pythons:  ## the quick tests on each supported Python that is here, in environments of their own [PYTHONS="python3.12"]
	@for python in $(PYTHONS); do \
		"$$python" -c '$(SUITABLE)' >/dev/null 2>&1 || { echo "$$python is not here, or older than 3.11"; continue; }; \
		own=build/pythons/$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') && \
		"$$python" -m venv "$$own" && \
		"$$own/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[dev]' && \
		"$$own/bin/python" -m pytest -n $(WORKERS) -m 'not slow' $(ARGS) || exit 1; \
	done

format: $(DEV)  ## put the code in shape, with ruff's safe fixes
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

atlas-core: $(RUNTIME)  ## make the core of the Atlas, its tables, its figure and its page
	$(BIN)/python -m harness sweep atlas/core.toml --out results/atlas-core $(CLUSTER) $(ARGS)
	$(BIN)/python -m harness tune atlas/core.toml --out results/atlas-core-tuning --write atlas/tuned.toml $(CLUSTER)
	$(BIN)/python -m harness sweep atlas/tuned.toml --out results/atlas-core-tuned $(CLUSTER) $(ARGS)
	$(BIN)/python -m harness atlas results/atlas-core --tuned results/atlas-core-tuned --atlas results/core \
	    --page results/core.md --verify 12

atlas: $(RUNTIME)  ## the full Atlas, which takes a cluster or patience [DASK=tcp://...]
	$(BIN)/python -m harness sweep atlas/atlas.toml --out results/atlas $(CLUSTER) $(ARGS)
	$(BIN)/python -m harness tune atlas/atlas.toml --out results/atlas-tuning --write atlas/atlas-tuned.toml $(CLUSTER)
	$(BIN)/python -m harness sweep atlas/atlas-tuned.toml --out results/atlas-tuned $(CLUSTER) $(ARGS)
	$(BIN)/python -m harness atlas results/atlas --tuned results/atlas-tuned --verify 12

claim-%: $(RUNTIME)  # of docs/claims.md: make claim-a [ARGS="--jobs 2"]
	$(BIN)/python -m benchmarks.claims $* $(ARGS)

bench: $(DEV)  ## measure this project against the usual ways, on an idle machine [ARGS="--quick --out DIR"]
	$(BIN)/python -m benchmarks.costs $(ARGS)
	$(BIN)/python -m benchmarks $(ARGS)

gallery: $(DEV)  ## the pictures of the gallery, from committed tables [ARGS="--out DIR"]
	$(BIN)/python -m benchmarks.gallery $(ARGS)

hooks: $(DEV)  ## check each of your commits, and each push, with the above
	$(BIN)/pre-commit install

clean:  ## remove what tools left behind; results and .venv stay
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -path ./.venv -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# $(call install,REQUIREMENT): .venv is made anew unless its interpreter is whole and recent enough.
# A small study then compiles what every study runs, so that the first one that somebody waits for finds it on disk;
# the packages themselves are compiled first, as containers often forbid that what is imported is (PYTHONDONTWRITEBYTECODE),
# and those of others on all cores, where pip takes one; some of their files are no Python of this version.
define install
@$(BIN)/python -c 'import pip; $(SUITABLE)' >/dev/null 2>&1 || { \
	python='$(PYTHON)'; \
	"$$python" -c '$(SUITABLE)' >/dev/null 2>&1 || { \
		echo "Python 3.11 or newer with venv is required; got '$$python'. Name one: make install PYTHON=/path/to/python3.11" >&2; \
		exit 1; }; \
	"$$python" -m venv --clear .venv; }
@touch $@.begun
$(BIN)/python -m pip install --disable-pip-version-check --no-compile -c constraints.txt -e '$(1)'
@$(BIN)/python -m compileall -qq -j 0 .venv/lib || true
@$(BIN)/python -m compileall -q harness optimizers problems benchmarks tests
@$(BIN)/python -m harness compare --problem sin135 --seeds 1 --budget 300 --out .venv/first >.venv/first.log 2>&1 || { \
	cat .venv/first.log >&2; exit 1; }
@rm -rf .venv/first .venv/first.log
@mv $@.begun $@
endef

$(RUNTIME): pyproject.toml constraints.txt
	$(call install,.)

$(DEV): pyproject.toml constraints.txt
	$(call install,.[dev])
	@cp -p $@ $(RUNTIME)
