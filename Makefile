# Two commands: `make demo` runs the main job, `make test` passes the tests. Both need Python 3.11+, pip, make and git only.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Where the CPU build of PyTorch is offered, if your index has none: make TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
TORCH := $(shell grep -m1 '^torch==' constraints.txt)
DEMO_HOME ?= warehouse
SEED ?= 7

export DAGSTER_HOME := $(CURDIR)/dagster_home

.PHONY: demo test check bench clean install

demo: $(STAMP)
	$(BIN)/lineweight demo --home $(DEMO_HOME) --seed $(SEED)

test: check
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m benchmarks

install: $(STAMP)

# Without a GPU the CPU build of PyTorch is taken where the index offers one: it is a tenth of the size.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	command -v nvidia-smi >/dev/null 2>&1 \
	  || $(BIN)/python -m pip install -q $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) "$(TORCH)+cpu" 2>/dev/null \
	  || echo "No CPU build of PyTorch on this index: taking the default build."
	$(BIN)/python -m pip install -q $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt \
	  -e '.[pipelines,training,console,postgres,dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist
