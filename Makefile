# make run · make test: both set everything up by themselves on a fresh machine with Python 3.11.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: run test
run: .venv/run
	@$(BIN)/python app.py

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict backend
	$(BIN)/python -m pytest

.venv/run: requirements.txt
	@echo "Installing the requirements into .venv; the first time takes some minutes…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/test: .venv/run requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
