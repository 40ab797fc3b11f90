# Needs Python 3.11 or newer and nothing else; everything is installed into .venv.

# The first Python here that is new enough: `python3` is an older one on some systems.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# More arguments for pytest, or for the benchmarks: make test ARGS="-k floors", make bench ARGS=--quick
ARGS ?=
# How long to look for programs that the compiler gets wrong: make fuzz MINUTES=60
MINUTES ?= 10
# The build of PyTorch without GPU libraries (200 MB, not several GB); on a Mac there is only one.
TORCH ?= torch==2.13.0$(if $(filter Darwin,$(shell uname)),,+cpu)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test torch fuzz mutants bench lint format clean distclean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) \
		| while IFS='|' read -r name text; do printf '%-16s%s\n' "$$name" "$$text"; done

demo: $(VENV)/.ready-demo ## compare optimizers on handwritten digits, with five seeds each
	$(BIN)/badak compare optimizers

test: $(VENV)/.ready-dev $(VENV)/.tried-torch ## run the whole test suite, on all processors
	$(BIN)/python -m pytest --numprocesses auto $(ARGS)

fuzz: $(VENV)/.ready-dev ## run random programs compiled and in NumPy, for MINUTES=10
	$(BIN)/python scripts/fuzz.py --minutes $(MINUTES)

mutants: $(VENV)/.ready-dev $(VENV)/.tried-torch ## plant bugs, and see that the tests find each of them
	$(BIN)/python scripts/mutants.py $(ARGS)

bench: $(VENV)/.ready-dev $(VENV)/.tried-torch $(VENV)/.tried-jax ## time Badak beside PyTorch and JAX
	$(BIN)/python -m benchmarks.run --memory $(ARGS)

lint: $(VENV)/.ready-dev ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.ready-dev ## write the code in its one format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## remove caches and builds (runs and .venv stay)
	rm -rf build dist .coverage htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	rm -rf $(VENV)

$(BIN)/pip:
	@"$(or $(PYTHON),python3)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Badak needs Python 3.11 or newer; say where it is: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

# Set up once, and again when the dependencies change.
$(VENV)/.ready-demo: pyproject.toml | $(BIN)/pip
	@echo "Installing Badak into $(VENV) (the first time this takes a minute) ..."
	@$(PIP) install --editable '.[lab,plot]'
	@touch $@

$(VENV)/.ready-dev: pyproject.toml | $(BIN)/pip
	@echo "Installing Badak and its development tools into $(VENV) ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@

# PyTorch is a peer to compare with, not a dependency: the suite skips those tests without it.
$(VENV)/.tried-torch: Makefile $(VENV)/.ready-dev
	@$(MAKE) --no-print-directory torch \
		|| echo "PyTorch is not to be had here: the tests that compare with it will be skipped."
	@touch $@

# JAX is another peer, and only the benchmarks know it.
$(VENV)/.tried-jax: $(VENV)/.ready-dev
	@echo "Installing JAX ..."
	@$(PIP) install jax 2>/dev/null \
		|| echo "JAX is not to be had here: the benchmarks will do without it."
	@touch $@

torch: $(VENV)/.ready-dev ## install the PyTorch that results are compared with
	@echo "Installing $(TORCH) ..."
	@$(PIP) install '$(TORCH)' 2>/dev/null \
		|| $(PIP) install --retries 1 --timeout 60 --extra-index-url $(TORCH_INDEX) '$(TORCH)'
