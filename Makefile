# make quickstart   set up .venv, build the embedded benchmark, compare zero-shot CLIP with VaMP
# make test         set up .venv, run the test-suite
# make test-fast    only the unit tests, without whole runs and processes: for the loop of writing
# make coverage     the test-suite with the coverage of lines and branches, as CI runs it
# make lint         set up .venv, run the linters, the type checker and the config check
# make docs         set up .venv, build the documentation into work_dirs/site/html
# make clean        remove .venv, caches and work_dirs/quickstart
#
# PYTHON is the interpreter that .venv is made from (3.10 to 3.13):  make test PYTHON=python3.12
# PIP_FLAGS goes to every pip install.

# Threads that wait sleep instead of spinning: on a busy machine spinning makes a run many times slower.
export OMP_WAIT_POLICY ?= PASSIVE

PYTHON ?= python3
PIP_FLAGS ?=
PYTEST_FLAGS ?= -q -n 2 --dist loadfile
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: quickstart test test-fast coverage lint docs clean

quickstart: $(STAMP)
	$(BIN)/python tools/quickstart.py

test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS) tests

test-fast: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS) -m 'not slow' tests

coverage: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS) --cov --cov-report=term:skip-covered tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/pydoclint --quiet vamp_mm
	$(BIN)/codespell
	$(BIN)/python tools/check_configs.py

docs: $(STAMP)
	$(BIN)/python -m pip install -q $(PIP_FLAGS) -r requirements/docs.txt
	$(BIN)/python docs/site/build.py work_dirs/site

# The stamp is written last, so an interrupted installation is taken up again.
$(STAMP): setup.py requirements/runtime.txt requirements/mminstall.txt requirements/icons.txt requirements/tests.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	    sys.exit(0 if (3, 10) <= v < (3, 14) else "vamp_mm supports Python 3.10 to 3.13, %s is %d.%d; \
	choose another one: make PYTHON=python3.12 ..." % ((sys.executable,) + v))'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/tests.txt -e '.[icons]'
	@$(BIN)/python -c 'import cv2' 2>/dev/null || $(MAKE) --no-print-directory headless-opencv
	@touch $@

# MMEngine and MMCV ask for opencv-python, which needs the system's libGL. Where that is missing (servers,
# containers), the headless build of the same version takes its place.
.PHONY: headless-opencv
headless-opencv:
	@echo 'opencv-python does not load here (no libGL?): replacing it by opencv-python-headless'
	version=$$($(BIN)/python -c 'from importlib.metadata import version; print(version("opencv-python"))') && \
	$(BIN)/python -m pip uninstall --yes opencv-python && \
	$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps opencv-python-headless==$$version
	$(BIN)/python -c 'import cv2'

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache work_dirs/quickstart *.egg-info
	find vamp_mm tools tests -name __pycache__ -type d -prune -exec rm -rf {} +
