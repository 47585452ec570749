# make up     everything on a fresh machine: environment, MNIST, database, web, worker
# make test   everything that is checked, with what it needs
# make doctor whether uploaded code can run safely on this machine
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: install up test doctor lint bench lock translations clean

install: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "MNIST Benchmark needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (torch is large: about 6 GB and a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

up: install
	@exec $(BIN)/mnist-benchmark up

test: install
	@tests/prepare.sh
	$(BIN)/python -m pytest -n 2 --dist loadscope

doctor: install
	@$(BIN)/mnist-benchmark doctor

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks.reference_recipe

# The lock names packages and hashes only; uv reads which registry to ask from its own environment.
lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --extra service --group dev \
	  pyproject.toml -o requirements.lock

translations: install
	$(BIN)/python -m app.web.catalog update

clean:
	rm -rf $(VENV) artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
