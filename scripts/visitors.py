"""A visitor without a browser: speaks Gradio's own protocol to the running app. Used by load.py and soak.py."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
from gradio_client.utils import apply_diff  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.transcript import drawn  # noqa: E402

Json = dict[str, Any]
START = (sys.executable, "app.py")


@contextlib.contextmanager
def running_app(
    *options: str,
    log: Path | None = None,
    model: tuple[str, ...] = ("--model", "demo"),
    start: tuple[str, ...] = START,
    **environment: str,
) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of an app, ready to answer. `log` takes what it prints.

    `model` are the options that say what answers, `start` is the command that they and the others are given to, and
    the environment is changed by what else is named.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*start, *model, "--port", str(port), *options]
    with contextlib.ExitStack() as files:
        out = files.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        err, environ = out if log else None, os.environ | environment
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=err)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if process.poll() is not None:
                raise RuntimeError(f"the app ended at once, with {process.returncode}")
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{url}/health", timeout=25).status_code == 200:
                    break
            time.sleep(0.5)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


@dataclass
class Outcome:
    """What one message came to. `seconds` is the time to the first update, which may say that the answer waits in the
    queue, `whole` that to the end of the answer; `shown` is the conversation then."""

    state: str  # "completed", "refused" with a notice, "failed"
    seconds: float | None = None
    shown: str = ""
    notice: str = ""
    whole: float | None = None


@dataclass
class Visitor:
    """One page: its session, the page's events as its configuration has them, the place that it was told, and what its
    conversation shows.
    """

    url: str
    config: Json
    client: httpx2.AsyncClient
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    place: str = ""
    entries: list[Any] = field(default_factory=list)

    async def say(self, text: str, **settings: Any) -> Outcome:
        """Sends a message and waits for the end of its answer and of what the page does then."""
        changed = {"message": {"text": text, "files": []}} | settings
        step: Json | None = self.event("message", "submit")
        begun, first, before = time.monotonic(), None, self.entries
        whole = begun
        while step:
            async for event in self.call(self.body(step, changed)):
                if event["msg"] == "log":
                    return Outcome("refused", notice=event["log"])
                if event["msg"] == "process_completed" and not event["success"]:
                    return Outcome("failed", notice=json.dumps(event["output"]))
                if first is None and self.entries is not before and self._has_answer:
                    first = time.monotonic() - begun
                if event["msg"] == "process_generating":
                    whole = time.monotonic()
            step = self.after(step)
        return Outcome("completed", first, json.dumps(self.entries, ensure_ascii=False), whole=whole - begun)

    @property
    def _has_answer(self) -> bool:
        return bool(self.entries) and self.entries[-1][1] == "assistant"

    def component(self, name: str) -> int:
        """The id of the component with this element id."""
        return int(next(c["id"] for c in self.config["components"] if c["props"].get("elem_id") == name))

    def event(self, name: str, trigger: str) -> Json:
        """What the page does when this happens to the component with this element id, such as "submit"."""
        target = [self.component(name), trigger]
        found: Json = next(d for d in self.config["dependencies"] if target in [list(t) for t in d["targets"]])
        return found

    def after(self, dependency: Json) -> Json | None:
        """What the page does when this is done."""
        return next((d for d in self.config["dependencies"] if d.get("trigger_after") == dependency["id"]), None)

    def body(self, dependency: Json, changed: Json) -> Json:
        """A call as the page would send it; `changed` are values by element id. The server keeps what is in a State."""
        values = {c["id"]: c["props"].get("value") for c in self.config["components"]}
        values |= {self.component(name): value for name, value in changed.items()}
        if self.place:
            values[self.component("place")] = self.place
        states = {c["id"] for c in self.config["components"] if c["type"] == "state"}
        data = [None if i in states else values.get(i) for i in dependency["inputs"]]
        return {"data": data, "fn_index": dependency["id"], "session_hash": self.session, "trigger_id": None}

    async def call(self, body: Json) -> AsyncIterator[Json]:
        """What the server says to one call."""
        content, headers = json.dumps(body), {"Content-Type": "application/json"}  # with NaN, which httpx2 would refuse
        joined = await self.client.post(f"{self.url}/gradio_api/queue/join", content=content, headers=headers)
        if joined.status_code != 200:
            yield {"msg": "log", "log": joined.text[:200]}
            return
        event_id, told = joined.json()["event_id"], list[Any]()
        address = f"{self.url}/gradio_api/queue/data?session_hash={self.session}"
        async with self.client.stream("GET", address) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                event: Json = json.loads(line[5:])
                if event.get("event_id") != event_id:
                    continue
                if data := (event.get("output") or {}).get("data"):
                    differs = told and event["msg"] == "process_generating"  # from the update before
                    told = [apply_diff(*pair) for pair in zip(told, data, strict=True)] if differs else data
                    self._hears(body["fn_index"], told)
                yield event
                if event["msg"] == "process_completed":
                    return

    def _hears(self, index: int, told: list[Any]) -> None:
        outputs: list[int] = next((d["outputs"] for d in self.config["dependencies"] if d["id"] == index), [])
        names = {each["id"]: each["props"].get("elem_id") for each in self.config["components"]}
        values = dict(zip(map(names.get, outputs), told, strict=False))
        place, shown = values.get("place"), values.get("conversation")
        self.place = place if isinstance(place, str) else self.place
        if shown and not (isinstance(shown, dict) and "__type__" in shown):  # which would leave it as it is
            entries: list[Any] | None = drawn(self.entries, shown)
            self.entries = self.entries if entries is None else entries


async def configuration(url: str) -> Json:
    """The page's components and events."""
    async with httpx2.AsyncClient(timeout=60) as client:
        config: Json = (await client.get(f"{url}/config")).json()
        return config


def memory(process: psutil.Process) -> float:
    """Resident megabytes of the app and its helper process."""
    return sum(p.memory_info().rss for p in (process, *process.children(recursive=True))) / 1e6


def client(address: str | None = None) -> httpx2.AsyncClient:
    """Connections enough for many visitors, from this address of the machine's (Linux has all of 127/8)."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
    transport = httpx2.AsyncHTTPTransport(local_address=address, limits=limits)
    return httpx2.AsyncClient(timeout=httpx2.Timeout(600, connect=30), transport=transport)
