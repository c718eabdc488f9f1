# Two commands do everything on a fresh machine with Python 3.11 and make: `make matrix` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MLFLOW := $(BIN)/mlflow
# MLflow starts entry points with `python` and `bash`: they must find the environment's own.
export PATH := $(abspath $(BIN)):$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help matrix test test-large test-faults bench install ui check portraits clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make matrix      install if need be, then the quick study: results/quick/, mlflow.db
matrix: $(VENV)/runtime
	$(MLFLOW) run . -e matrix --env-manager local

## make test        install if need be, then all tests (under 8 minutes)
test: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

## make test-large  the contracts of the large backbones (vit_base, clip, dinov2): some minutes, 4 GB
test-large: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow tests

## make bench       how fast it is, as ratios within one run: about ten minutes on a quiet machine
bench: $(VENV)/dev
	$(BIN)/python -m tests.benchmarks

## make test-faults  processes killed at random points of a small matrix: KILLS=200, about half an hour
KILLS ?= 200
test-faults: $(VENV)/dev
	OMP_NUM_THREADS=1 KILLS=$(KILLS) $(BIN)/python -m pytest -m faults tests/faults

## make install     .venv with the dev extra
install: $(VENV)/dev

## make ui          the runs in a browser, at http://127.0.0.1:5000
ui: $(VENV)/runtime
	@echo "Open http://127.0.0.1:5000, choose an experiment, tick runs, press Compare. Ctrl-C ends it."
	$(MLFLOW) ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port 5000

## make check       style and types
check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

## make portraits   real photographs: ROOT=<folder with man/ and woman/>
ROOT ?= ../shared/portraits
portraits: $(VENV)/runtime
	$(BIN)/bias-exp data --source folder --root $(ROOT) --out data/portraits
	$(BIN)/bias-exp matrix --study portraits

## make clean       remove what runs leave here, .venv excepted
clean:
	rm -rf mlflow.db mlflow.db.lock mlruns mlartifacts runs results cache data

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/runtime: $(VENV)/made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/dev: $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	# An oracle of the tests. Its own requirements include opencv-python-headless, which would overwrite opencv-python.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps grad-cam ttach
	touch $@
