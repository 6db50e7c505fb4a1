.DEFAULT_GOAL := help
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED := $(PIP) install --no-compile --require-hashes --requirement
OURSELVES := $(PIP) install --no-compile --no-deps --no-build-isolation --editable .
SERVE := $(VENV)/serve.stamp
DEVELOP := $(VENV)/develop.stamp
PEERS := build/peers/bin/python

# The tests start the server some thirty times; without its bytecode each start compiles it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: $(SERVE) ## Serve the demo on http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(BIN)/cds-hooks serve --demo --port $(PORT)

.PHONY: test
test: $(DEVELOP) ## Run the tests
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

.PHONY: test-long
test-long: $(DEVELOP) ## Run the campaigns that take minutes, then the mutation test
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m long --timeout 3600
	@$(MAKE) --no-print-directory mutation

.PHONY: check
check: $(DEVELOP) ## Check format, lint, types and architecture
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@told=$$($(BIN)/lint-imports --no-cache --no-logo) || { echo "$$told"; exit 1; }
	@$(BIN)/python -m pytest -q tests/test_architecture.py

.PHONY: bench
bench: $(DEVELOP) $(PEERS) ## Compare with other servers, side by side (ROUNDS=3 SECONDS=4): about ten minutes
	@$(BIN)/python -m tools.benchmark --peers $(PEERS) --rounds $(or $(ROUNDS),3) --seconds $(or $(SECONDS),4)

.PHONY: bench-store
bench-store: $(DEVELOP) ## Time what remembering a call adds (URL=postgresql://... for a server too)
	@$(BIN)/python tools/bench_store.py $(URL)

.PHONY: bench-load
bench-load: $(DEVELOP) ## Call without pause, and count what was not recorded (SECONDS=600 DELAY_MS=20 URL=postgresql://...)
	@$(BIN)/python -m tools.bench_load --seconds $(or $(SECONDS),30) --delay-ms $(or $(DELAY_MS),0) --url '$(URL)'

.PHONY: bench-population
bench-population: $(DEVELOP) ## Run populations of several sizes, on one worker, two and Dask (PATIENTS="500 2000")
	@$(BIN)/python -m tools.bench_population --patients $(or $(PATIENTS),500 1000 2000)

.PHONY: demo-data
demo-data: $(SERVE) ## Fill a store with 90 simulated days, in FOLDER=build/demo-data
	@$(BIN)/python -m tools.demo_data $(or $(FOLDER),build/demo-data)

.PHONY: bench-fetch
bench-fetch: $(DEVELOP) ## Time calls that fetch everything from a FHIR server that fails half of the time
	@$(BIN)/python -m tools.bench_fetch

.PHONY: train
train: $(DEVELOP) ## Train the models again: make train DATA=folder of the data sets
	@test -n "$(DATA)" || { echo 'Say where the data sets are: make train DATA=folder' >&2; exit 1; }
	@$(BIN)/cds-hooks train sepsis-risk --data '$(DATA)'
	@$(BIN)/cds-hooks train icu-mortality-risk --data '$(DATA)'
	@$(BIN)/cds-hooks train readmission-risk --data '$(DATA)'
	@$(BIN)/cds-hooks train readmission-risk-planned --data '$(DATA)'
	@$(BIN)/cds-hooks train serious-illness-mortality --data '$(DATA)'
	@$(BIN)/cds-hooks train breast-cancer-recurrence

.PHONY: models-doc
models-doc: $(DEVELOP) ## Validate the models and print the tables into docs/models.md
	@test -n "$(DATA)" || { echo 'Say where the data sets are: make models-doc DATA=folder' >&2; exit 1; }
	@$(BIN)/python tools/models_doc.py '$(DATA)' $(MODELS)

.PHONY: research-note
research-note: $(DEVELOP) ## Write docs/research/nki70.md: make research-note NKI70=nki70.pickle of SurvSet
	@test -n "$(NKI70)" || { echo 'Say where the file is: make research-note NKI70=file' >&2; exit 1; }
	@$(BIN)/python tools/nki70_note.py '$(NKI70)'

.PHONY: fuzz
fuzz: $(DEVELOP) ## Send broken inputs (INPUTS=10000000 FIRST=0 for a campaign, in parts if need be)
	@$(BIN)/python -m tests.fuzzing --inputs $(or $(INPUTS),20000) --first $(or $(FIRST),0)

.PHONY: mutation
mutation: $(DEVELOP) ## Break a sample of four rooms; fail if tests notice less than 85 % (ROOMS="cds_hooks/auth")
	@$(BIN)/python tools/mutation.py $(ROOMS)

.PHONY: locks
locks: $(DEVELOP) ## Lock the newest dependencies, with their hashes, in locks/
	@$(PIP) install --no-compile 'uv>=0.9'
	@$(BIN)/python tools/locks.py

.PHONY: sbom
sbom: $(DEVELOP) ## Write the bill of materials of what serves, dist/sbom.cdx.json (CycloneDX)
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.cdx.json locks/serve.txt

.PHONY: release
release: sbom ## Build the sdist and the wheel, with their hashes and the notes of the version, in dist/
	@$(BIN)/python -m build --no-isolation --outdir dist
	@$(BIN)/python tools/release.py dist

.PHONY: clean
clean: ## Remove the virtual environment and everything generated
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* dist mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@for candidate in $(PYTHONS); do \
		$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
			2>/dev/null && chosen=$$candidate && break; \
	done; \
	if [ -z "$$chosen" ]; then \
		echo "Python 3.11 to 3.14 is needed; this is $$($(firstword $(PYTHONS)) --version 2>&1)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; \
	fi; \
	if ! $$chosen -c 'import ensurepip' 2>/dev/null; then \
		version=$$($$chosen -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "$$chosen cannot make a virtual environment. On Debian or Ubuntu:" >&2; \
		echo "  sudo apt-get install python$$version-venv" >&2; exit 1; \
	fi; \
	$$chosen -m venv --clear $(VENV)

# LightGBM's trees are read by the GNU OpenMP library, which a minimal Debian does not have.
.PHONY: openmp
openmp:
	@[ "$$(uname)" != Linux ] || /sbin/ldconfig -p | grep -q 'libgomp\.so\.1' || { \
		echo "Installing libgomp1, which the trained models need ..."; \
		root=; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
		{ $$root apt-get update -qq && $$root apt-get install -qq -y libgomp1; } >/dev/null 2>&1 || \
			echo "Without it they are off: sudo apt-get install libgomp1" >&2; }

$(SERVE): $(BIN)/python pyproject.toml locks/serve.txt | openmp
	@echo "Installing into $(VENV) (once; a minute or two) ..."
	@$(LOCKED) locks/serve.txt
	@$(OURSELVES)
	@touch $@

$(DEVELOP): $(BIN)/python pyproject.toml locks/develop.txt | openmp
	@echo "Installing into $(VENV) for development (once; a minute or two) ..."
	@$(LOCKED) locks/develop.txt
	@$(OURSELVES)
	@touch $(SERVE) $@

# HealthChain needs other versions of what we use, so it has an environment of its own.
$(PEERS): $(BIN)/python
	@$(BIN)/python -m venv build/peers
	@$(PEERS) -m pip --disable-pip-version-check -qq install 'healthchain==0.16.1' uvicorn uvloop httptools
