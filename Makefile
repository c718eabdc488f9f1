# Two commands do everything on a fresh machine with Python 3.11 and make: `make matrix` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MLFLOW := $(BIN)/mlflow
# MLflow starts entry points with `python` and `bash`: they must find the environment's own.
export PATH := $(abspath $(BIN)):$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true

# Of the 19,000 files of Python in the environment few are ever imported: these are compiled then, the others never.
PIP := $(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt

# uv installs the same in a third of the time. Where it cannot (an index that only pip is told of), pip does it.
UV := $(BIN)/uv pip install --system-certs --quiet --python $(BIN)/python --constraint constraints.txt
install = $(UV) $(1) || $(PIP) $(1)

# What facenet-pytorch asks of torch and Pillow is years old, and would take the whole environment back to then;
# grad-cam, an oracle of the tests, asks for opencv-python-headless, which would overwrite opencv-python.
FACES := --no-deps facenet-pytorch
ORACLES := --no-deps grad-cam ttach
EVERYTHING := --editable '.[dev,generate,collect,faces]'

.PHONY: help matrix test test-docs test-large test-sources test-calibration test-faults bench docs notebook install faces ui check portraits clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make matrix      install if need be, then the quick study: results/quick/, mlflow.db
matrix: $(VENV)/runtime
	$(MLFLOW) run . -e matrix --env-manager local

## make test        install if need be, then all tests (under 8 minutes)
test: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

## make test-docs   every command of the documentation, run in a copy of the project: half an hour and more
test-docs: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m docs tests/docs

## make test-large  the contracts of the large backbones (vit_base, clip, dinov2), and what the quick rows learn: some minutes, 4 GB
test-large: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow tests

## make test-sources  every public data set from its own layout to a trained cell: some minutes
test-sources: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "sources or not sources" tests/test_sources.py

## make test-calibration  1,000 studies without bias, 2,000 with a planted gap, through the tables: STUDIES=1000, an hour
STUDIES ?= 1000
test-calibration: $(VENV)/dev
	OMP_NUM_THREADS=1 STUDIES=$(STUDIES) $(BIN)/python -m pytest -s -m calibration tests/calibration

## make bench       how fast it is, as ratios within one run: about ten minutes on a quiet machine
bench: $(VENV)/dev
	$(BIN)/python -m tests.benchmarks

## make test-faults  processes killed at random points of a small matrix: KILLS=200, about half an hour
KILLS ?= 200
test-faults: $(VENV)/dev
	OMP_NUM_THREADS=1 KILLS=$(KILLS) $(BIN)/python -m pytest -m faults tests/faults

## make docs        pictures and numbers of the documentation from results/quick; LOG: what `make matrix` printed
LOG ?= results/quick.log
docs: $(VENV)/dev
	$(BIN)/python -m tests.docs.refresh $(LOG)

## make install     .venv with the dev extra
install: $(VENV)/dev

## make ui          the runs in a browser: prints the addresses to open
ui: $(VENV)/runtime
	@$(BIN)/bias-exp ui

## make notebook    run docs/notebook.py on the quick study and keep it as docs/notebook.ipynb
notebook: $(VENV)/runtime
	$(call install,--editable '.[notebook]')
	$(BIN)/python analysis/make_notebook.py

## make faces       a face detector for photographs (MTCNN, weights included)
faces: $(VENV)/runtime
	$(call install,--editable '.[faces]')
	$(call install,$(FACES))

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
	-$(PIP) uv
	touch $@

$(VENV)/runtime: $(VENV)/made pyproject.toml constraints.txt
	$(call install,--editable .)
	touch $@

$(VENV)/dev: $(VENV)/made pyproject.toml constraints.txt
	$(call install,$(EVERYTHING))
	$(call install,$(FACES))
	$(call install,$(ORACLES))
	touch $(VENV)/runtime $@
