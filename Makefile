# Everything begins here: `make run` to try it, `make test` to check it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run demo test bench soak check invariants gallery format openapi lint-contract clients clean
.DEFAULT_GOAL := run

$(READY): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@if command -v uv >/dev/null; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock; \
	else \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock; \
	fi
	@touch $@

run: $(READY)  ## Run everything on this machine, with sample data; FRESH=1 starts over.
	@exec $(BIN)/python -m app.cli sandbox $(if $(FRESH),--fresh)

demo: $(READY)  ## Play the main job against the running sandbox.
	@exec $(BIN)/python -m app.cli demo

check: $(READY)  ## The fast part: style, types, import contracts, the committed contract.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q -n0 tests/architecture/test_conventions.py tests/architecture/test_openapi.py

test: $(READY)  ## Everything: check, then all tests on a PostgreSQL of their own.
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered --cov-report=

bench: $(READY)  ## Measure every hot path beside a bare twin and rewrite docs/benchmarks.md; QUICK=1.
	@QUICK=$(QUICK) $(BIN)/python -m bench

soak: $(READY)  ## For longer: FUZZ_EXAMPLES requests to each route, SIM_SCHEDULES of payments, LIFE_WALKS of documents.
	FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),200) FUZZ_SEED=$(or $(FUZZ_SEED),1) \
	  $(BIN)/pytest -n 2 tests/contract/test_fuzz.py
	SIM_SCHEDULES=$(or $(SIM_SCHEDULES),10000) SIM_SEED=$(or $(SIM_SEED),$(shell date +%s)) \
	  $(BIN)/pytest -n0 tests/payments/test_simulation.py
	LIFE_WALKS=$(or $(LIFE_WALKS),200) LIFE_SEED=$(or $(LIFE_SEED),$(shell date +%s)) \
	  $(BIN)/pytest -n 2 tests/documents/test_whole_life.py

invariants: $(READY)  ## Check what must be true of every organization's rows; DATABASE_URL names the database.
	@$(BIN)/python -m app.cli check

gallery: $(READY)  ## Draw every document in every language into docs/gallery.md; needs pdftoppm.
	@$(BIN)/python -m tests.gallery

format: $(READY)
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

openapi: $(READY)  ## Write openapi/openapi.json from the code.
	$(BIN)/python -m app.cli openapi

NPX := npx --yes
CLIENTS := build/clients

lint-contract:  ## Lint openapi/openapi.json with Redocly; needs node.
	$(NPX) @redocly/cli@2 lint openapi/openapi.json

clients:  ## Generate the two TypeScript clients and drive them; needs node and `make run` elsewhere.
	tests/clients_generated/run.sh $(CLIENTS)

clean:
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
