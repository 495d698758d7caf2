# The two commands of README.md, `make demo` and `make test`. Both set up .venv themselves.
# Other targets: `make sweep`, `make format`, `make clean`.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TORCH := 2.13.0

.PHONY: demo test sweep format clean
.DELETE_ON_ERROR:

demo: .venv/.installed
	$(BIN)/passband demo

# The files of tests go to two processes; more threads than cores would only wait for one another.
test: .venv/.test-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

# Every page and control with studies of every shape, in a real browser: about a quarter of an hour.
sweep: .venv/.test-installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -m sweep -n 2 --dist loadfile

format: .venv/.test-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Passband needs Python 3.11 or newer; name one with: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

# torch for the CPU: a local or configured build if pip finds one, else PyTorch's own by way of uv, else the default build.
.venv/.torch: | .venv/bin/python
	$(PIP) uv
	$(PIP) 'torch==$(TORCH)+cpu' 2> /dev/null \
	  || $(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend=cpu torch==$(TORCH) \
	  || $(PIP) torch==$(TORCH)
	touch $@

.venv/.installed: pyproject.toml .venv/.torch
	$(PIP) --editable '.[generation]'
	touch $@

.venv/.test-installed: pyproject.toml tests/setup/vllm.sh tests/setup/browser.sh tests/setup/sandbox.sh .venv/.installed
	$(PIP) --editable '.[generation,test,training]'
	sh tests/setup/vllm.sh
	sh tests/setup/browser.sh
	sh tests/setup/sandbox.sh
	touch $@
