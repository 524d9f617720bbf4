# make app    set up .venv and open the app on http://127.0.0.1:7860
# make test   the same set-up, then the linters and the tests
# make lint   ruff and deno alone   make format   let them fix and format

PYTHON ?= $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
APP_STAMP := $(VENV)/.requirements-installed
DEV_STAMP := $(VENV)/.requirements-dev-installed

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export GRADIO_ANALYTICS_ENABLED := False

.DEFAULT_GOAL := app
.PHONY: app test lint format

app: $(APP_STAMP)
	$(BIN)/python app.py $(ARGS)

test: lint
	$(BIN)/python -m pytest $(ARGS)

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deno lint --quiet
	$(BIN)/deno fmt --quiet --check

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/deno lint --quiet --fix
	$(BIN)/deno fmt --quiet

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Latentscape needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is touched only after pip succeeded, so an interrupted installation is taken up again.
$(APP_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing what the app needs into $(VENV); this happens once and may take a few minutes."
	$(BIN)/python -m pip install -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(APP_STAMP)
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@
