"""`vllm serve` as a child of this process: its command, its log in the terminal, its health, its death and its return.

https://docs.vllm.ai/en/latest/cli/serve/
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import httpx2

from backend.chat.errors import ModelUnusable

ROOT = Path(__file__).resolve().parents[4]
KEEPER = Path(__file__).with_name("keeper.py")
OWN = ROOT / ".servers" / "vllm" / "bin"  # where `make vllm` puts it
MISTRAL_FORMAT = ("--tokenizer_mode", "mistral", "--config_format", "mistral", "--load_format", "mistral")
RESTARTS, WITHIN_SECONDS = 3, 3600.0
PAUSE_SECONDS = 2.0  # before it is started again
POLL_SECONDS = 0.5
HEALTH_SECONDS = 5.0
END_SECONDS = 15.0  # the keeper's grace, and some more
LOADING = "Loading vLLM…"
DOUBTFUL = "Waiting for vLLM…"
AGAIN = "vLLM stopped. Restarting…"
MISSING = "vLLM isn't installed. Install it with `make vllm`."
NOT_STARTED = "vLLM stopped before it could answer (exit code {code}). Check its log above."
GIVEN_UP = "vLLM keeps stopping, so it isn't restarted. Check the app's log."


def installed() -> Path:
    """The vLLM to start: the one of `make vllm`, else that on the PATH. Raises ModelUnusable."""
    found = shutil.which("vllm", path=OWN) or shutil.which("vllm")
    if not found:
        raise ModelUnusable(MISSING)
    return Path(found)


def command(vllm: Path, model: str, gpus: int, options: Sequence[str], port: int) -> list[str]:
    """As the model card has it, and then whoever runs the app: of an option that is given twice the last counts.

    Only the address stays the app's. A folder with none of Mistral's files is one that transformers wrote.
    """
    is_mistral = not Path(model).is_dir() or (Path(model) / "params.json").is_file()
    return [
        str(vllm), "serve", model, *(MISTRAL_FORMAT if is_mistral else ()),
        "--tool-call-parser", "mistral", "--enable-auto-tool-choice", "--limit-mm-per-prompt", '{"image":10}',
        "--tensor-parallel-size", str(gpus), *options, "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip


class VllmProcess:
    """vLLM, started at once, again where it ends (RESTARTS times within WITHIN_SECONDS), and ended with this process.

    `started` holds the outcome of the first start: ModelUnusable where it failed. `ready` is set while vLLM can answer,
    `progress` says what is going on while it cannot, and `failure`, for the person, that it never will again.
    """

    def __init__(self, vllm: Path, model: str, gpus: int = 1, options: Sequence[str] = ()) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.key = secrets.token_urlsafe(32)
        self.progress, self.failure = LOADING, ""
        self.started: Future[None] = Future()
        self.ready = threading.Event()
        self._command = command(vllm, model, gpus, options, port)
        self._environment = _environment(vllm, self.key, os.environ)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="vllm", daemon=True)
        self._thread.start()

    def doubt(self) -> None:
        """Somebody got no answer: whether it can answer is asked anew."""
        if self.ready.is_set():
            self.progress = DOUBTFUL
            self.ready.clear()

    def close(self) -> None:
        """Ends it, and waits until its memory is free."""
        self._closing.set()
        self._thread.join(END_SECONDS)

    def _keep(self) -> None:
        ends: deque[float] = deque(maxlen=RESTARTS + 1)
        while not self._closing.is_set():
            code = self._run()
            self.ready.clear()
            if self._closing.is_set():
                return
            ends.append(time.monotonic())
            if not self.started.done():
                return self._give_up(NOT_STARTED.format(code=code))
            if len(ends) > RESTARTS and ends[-1] - ends[0] < WITHIN_SECONDS:
                return self._give_up(GIVEN_UP)
            self.progress = AGAIN
            _say(f"ended with exit code {code} and is started again")
            self._closing.wait(PAUSE_SECONDS)

    def _give_up(self, sentence: str) -> None:
        self.failure = GIVEN_UP
        if self.started.done():
            _say(sentence)
        else:
            self.started.set_exception(ModelUnusable(sentence))

    def _run(self) -> int:
        """One life of it: its exit code."""
        keeper = [sys.executable, "-I", str(KEEPER), *self._command]
        child = subprocess.Popen(
            keeper, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace", start_new_session=True,  # where Ctrl-C does not reach it
        )  # fmt: skip
        log = threading.Thread(target=_show, args=(child,), name="vllm-log", daemon=True)
        log.start()
        while child.poll() is None and not self._closing.wait(POLL_SECONDS):
            if not self.ready.is_set() and self._is_healthy():
                self.ready.set()
                if not self.started.done():
                    self.started.set_result(None)
        assert child.stdin
        child.stdin.close()  # by which the keeper ends it, where it has not ended
        code = child.wait()
        log.join(1)  # so that its last words come before ours
        return code

    def _is_healthy(self) -> bool:
        try:
            asked = httpx2.stream("GET", f"{self.url}/health", timeout=HEALTH_SECONDS, trust_env=False)
            with asked as answer:  # of which nothing more is read
                return answer.is_success
        except httpx2.HTTPError:
            return False


def _environment(vllm: Path, key: str, ours: Mapping[str, str]) -> dict[str, str]:
    """This process's, without the app's own settings, since a password may be among them."""
    inherited = {name: value for name, value in ours.items() if not name.startswith("MISTRAL_CHAT_")}
    path = os.pathsep.join([str(vllm.parent), *filter(None, [ours.get("PATH")])])  # for the compilers that it calls
    return {"VLLM_NO_USAGE_STATS": "1"} | inherited | {"VLLM_API_KEY": key, "PATH": path}


def _show(child: "subprocess.Popen[str]") -> None:
    assert child.stdout
    with child.stdout:
        for line in child.stdout:
            _say(line.rstrip())


def _say(line: str) -> None:
    """A line in the terminal, whatever its encoding. Where that is gone nobody reads, but vLLM must not wait for it."""
    encoding = sys.stdout.encoding or "utf-8"
    with contextlib.suppress(OSError, ValueError):
        print("vllm:", line.encode(encoding, "replace").decode(encoding), flush=True)
