# Everything a fresh machine needs: Python >= 3.11, git and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup report test test-slow bench lab notebooks lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## the environment alone (.venv), from locked and hashed dependencies

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"evaltools needs Python 3.11 to 3.13; {sys.executable} is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

report: $(STAMP)  ## 21 city reports and the province's on the demo data, under reports/   (ARGS="--force" to redo all)
	$(BIN)/evaltools report --city all --province --data data/demo --out reports $(ARGS)

test: $(STAMP)  ## ruff, pyright, pytest and the notebook regression (nbval)
	$(BIN)/ruff check .
	$(BIN)/basedpyright --level error
	$(BIN)/python -m pytest -n 2 --dist loadfile -q --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg -p no:cacheprovider --ignore=notebooks/province_report.ipynb notebooks
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

test-slow: $(STAMP)  ## simulations, full-size runs, whole reports of more cities (about an hour)
	$(BIN)/python -m pytest -m slow $(ARGS)

bench: $(STAMP)  ## speeds, as ratios within one run
	$(BIN)/python -m benchmarks $(ARGS)

lab: $(STAMP)  ## JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir=. notebooks/tutorials/01_first_city.ipynb

notebooks: $(STAMP)  ## store the notebooks' outputs anew, after a deliberate change of numbers
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/city_report.ipynb notebooks/tutorials/*.ipynb

lock: $(STAMP)  ## resolve the dependencies anew for Python 3.11 to 3.13
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock

clean:  ## remove the environment and what runs wrote
	rm -rf .venv reports .pytest_cache .ruff_cache
