# Every verb of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test test-aws test-clients client-environments check lint fmt build bench fuzz lock clean

# uv: the one on PATH, else our own copy beside the environment.
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
# CPython 3.13 by its full path where pyenv keeps one that is not active; elsewhere uv finds or downloads it.
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)
PYTHON313 := $(or $(lastword $(sort $(wildcard $(PYENV)/versions/3.13.*/bin/python3.13))),3.13)
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export UV_NO_PROGRESS := 1
# Without kept byte-code every process compiles what it imports, which triples the time of most tests.
unexport PYTHONDONTWRITEBYTECODE
ARCHITECTURE ?= $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.tools/bin/uv:
	@echo "installing uv into .tools"
	@python3 -m pip install -q --disable-pip-version-check --no-warn-script-location --target .tools "uv>=0.9" 2>/dev/null \
	  || { echo "uv is missing and python3 has no pip: install uv (https://docs.astral.sh/uv) and run make again"; exit 1; }

$(VENV)/.ready: requirements/dev.txt pyproject.toml | $(filter .tools/bin/uv,$(UV))
	@echo "environment: CPython 3.13 and the locked packages"
	@test -x $(VENV)/bin/python || $(UV) venv -q --python $(PYTHON313) $(VENV)
	@$(UV) pip sync -q --python $(VENV)/bin/python --require-hashes requirements/dev.txt
	@$(UV) pip install -q --python $(VENV)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

run: build ## a live endpoint on this machine: local cloud, sam build, sam deploy, publish, release, predict
	@$(VENV)/bin/fairlead local demo $(if $(HOST),--host $(HOST))

build: $(VENV)/.ready ## sam build: layers with byte-code, functions
	@FAIRLEAD_ARCHITECTURE=$(ARCHITECTURE) sam build --cached --parallel --parameter-overrides Architecture=$(ARCHITECTURE)

# Workers share the cores: libraries that start a thread for each core would fight over them.
check test fuzz: export OMP_NUM_THREADS := 1

WORKFLOWS := $(wildcard .github/workflows/*.yml cli/fairlead_cli/starter/workflows/*.yml)
lint: $(VENV)/.ready ## format, lint and types
	@ruff format --check -q . && ruff check -q . && mypy
	@zizmor --offline -q --no-progress --strict-collection $(WORKFLOWS)
	@check-jsonschema -q --builtin-schema vendor.github-workflows $(WORKFLOWS)

check: lint ## the inner loop: lint, types, unit tests; under a minute
	@pytest -q -n 2 tests/unit

fmt: $(VENV)/.ready ## format and fix what ruff can
	@ruff format -q . && ruff check -q --fix .

# Four workers for two cores: much of the time each waits for a cloud or a process.
test: lint build ## lint, types, and all tests but those of test-clients and test-aws
	@pytest -q -n 4 --dist loadgroup --no-loadscope-reorder tests

# One set of scenarios, two clouds: `make test` runs it on the local cloud.
test-aws: build ## the main scenarios on your AWS account: a stack of its own, removed at the end; costs cents
	@pytest -q -s -m aws tests/aws

# Clients of other projects are large and pin their own versions, so they have an environment of their own.
.venv-clients/.ready: requirements/clients.txt | $(VENV)/.ready
	@$(UV) venv -q --clear --python $(PYTHON313) .venv-clients
	@$(UV) pip sync -q --python .venv-clients/bin/python --require-hashes requirements/clients.txt
	@touch $@

# Boosters too: the newest versions on the layer's Python, the oldest on the oldest Python.
.venv-boosters/.ready: requirements/boosters.txt | $(VENV)/.ready
	@$(UV) venv -q --clear --python $(PYTHON313) .venv-boosters
	@$(UV) pip sync -q --python .venv-boosters/bin/python --require-hashes requirements/boosters.txt
	@$(UV) pip install -q --python .venv-boosters/bin/python --no-deps --no-build-isolation -e .
	@touch $@

PYTHON311 := $(or $(lastword $(sort $(wildcard $(PYENV)/versions/3.11.*/bin/python3.11))),$(wildcard /usr/bin/python3.11))
.venv-boosters-oldest/.ready: requirements/boosters-oldest.txt | $(VENV)/.ready
	@$(UV) venv -q --clear --python $(PYTHON311) .venv-boosters-oldest
	@$(UV) pip sync -q --python .venv-boosters-oldest/bin/python --require-hashes requirements/boosters-oldest.txt
	@$(UV) pip install -q --python .venv-boosters-oldest/bin/python --no-deps --no-build-isolation -e .
	@touch $@

# MLServer needs Python up to 3.12. Where none is found, the figures of `make bench` say "not measured".
PYTHON312 := $(or $(lastword $(sort $(wildcard $(PYENV)/versions/3.12.*/bin/python3.12))),$(wildcard /usr/bin/python3.12))
.venv-mlserver/.ready: requirements/mlserver.txt | $(VENV)/.ready
	@$(UV) venv -q --clear --python $(PYTHON312) .venv-mlserver
	@$(UV) pip sync -q --python .venv-mlserver/bin/python --require-hashes requirements/mlserver.txt
	@touch $@

# The servers that docs/explanation/compared.md sets beside Fairlead.
.venv-peers/.ready: requirements/peers.txt | $(VENV)/.ready
	@$(UV) venv -q --clear --python $(PYTHON313) .venv-peers
	@$(UV) pip sync -q --python .venv-peers/bin/python --require-hashes requirements/peers.txt
	@touch $@

# Spark, Dask and Ray too. Spark needs Java (apt install default-jre-headless).
.venv-engines/.ready: requirements/engines.txt | $(VENV)/.ready
	@$(UV) venv -q --clear --python $(PYTHON313) .venv-engines
	@$(UV) pip sync -q --python .venv-engines/bin/python --require-hashes requirements/engines.txt
	@touch $@

client-environments: $(if $(PYTHON312),.venv-mlserver/.ready) .venv-clients/.ready .venv-engines/.ready .venv-boosters/.ready $(if $(PYTHON311),.venv-boosters-oldest/.ready)

test-clients: build client-environments ## clients and estimators of other projects, unchanged
	@pytest -q -m clients tests/clients
	@OMP_NUM_THREADS=1 .venv-boosters/bin/python -m pytest -q -n 2 -m boosters tests/boosters
	@$(if $(PYTHON311),OMP_NUM_THREADS=1 .venv-boosters-oldest/bin/python -m pytest -q -n 2 -m boosters tests/boosters/test_booster_zoo.py,echo "no Python 3.11 is found: the oldest boosters are NOT tested")

fuzz: $(VENV)/.ready ## tests with generated input, with thousands of examples each: half an hour
	@pytest -q -n 2 -m hypothesis --hypothesis-profile thorough tests/unit tests/functional

bench: build $(if $(PYTHON312),.venv-mlserver/.ready) ## figures of docs/reference/performance.md
	@python -m benchmarks

compare: build .venv-peers/.ready $(if $(PYTHON312),.venv-mlserver/.ready) ## figures of docs/explanation/compared.md: vetiver, BentoML, MLflow and MLServer beside Fairlead
	@OMP_NUM_THREADS=1 python -m benchmarks.peers

lock: $(VENV)/.ready ## resolve requirements/*.in and the layers' again, with hashes
	@$(UV) pip compile -q --upgrade --generate-hashes --no-annotate --custom-compile-command "make lock" \
	  --no-emit-package playwright --no-emit-package pyee --no-emit-package greenlet requirements/dev.in -o requirements/dev.txt
	@for python in 3.11 3.13; do $(UV) pip compile -q --upgrade --generate-hashes --no-annotate --custom-compile-command "make lock" \
	  --resolution lowest-direct --only-binary :all: --python-version $$python --extra publish pyproject.toml -o requirements/oldest-$$python.txt; done
	@$(UV) pip compile -q --upgrade --python-version 3.13 --generate-hashes --no-annotate --custom-compile-command "make lock" requirements/clients.in -o requirements/clients.txt
	@$(UV) pip compile -q --upgrade --python-version 3.13 --generate-hashes --no-annotate --custom-compile-command "make lock" -c requirements/dev.txt requirements/engines.in -o requirements/engines.txt
	@$(UV) pip compile -q --upgrade --python-version 3.13 --generate-hashes --no-annotate --custom-compile-command "make lock" -c requirements/dev.txt requirements/boosters.in -o requirements/boosters.txt
	@$(UV) pip compile -q --upgrade --generate-hashes --no-annotate --custom-compile-command "make lock" --resolution lowest-direct --only-binary :all: \
	  --python-version 3.11 --extra catboost --extra lightgbm --extra publish pyproject.toml requirements/boosters-oldest.in -o requirements/boosters-oldest.txt
	@$(UV) pip compile -q --upgrade --python-version 3.13 --generate-hashes --no-annotate --custom-compile-command "make lock" requirements/peers.in -o requirements/peers.txt
	@$(UV) pip compile -q --upgrade --python-version 3.12 --generate-hashes --no-annotate --custom-compile-command "make lock" requirements/mlserver.in -o requirements/mlserver.txt
	@for layer in common onnx sklearn aws parquet; do $(UV) pip compile -q --universal --python-version 3.13 --generate-hashes --no-annotate --no-header \
	  --no-emit-package flatbuffers --no-emit-package packaging --no-emit-package protobuf \
	  -c requirements/dev.txt layers/$$layer/requirements.in -o layers/$$layer/requirements.txt; done
	@$(UV) pip compile -q --universal --python-version 3.13 --generate-hashes --no-annotate --no-header \
	  -c requirements/dev.txt layers/train/requirements.in -o layers/train/requirements.txt

clean: ## remove what the verbs made (not the environment)
	@rm -rf .aws-sam .fairlead .pytest_cache .mypy_cache .ruff_cache .benchmarks
