"""Where an attack takes place: a running app, its process, its log, and visitors from addresses of their own."""

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil

from scripts.attack.upstream import Upstream
from scripts.visitors import Json, Visitor, memory

ATTACKER, ORDINARY, ANOTHER = "127.0.0.66", "127.0.0.7", "127.0.0.8"  # Linux lets all of 127/8 ask
META = {"_type": "gradio.FileData"}


@dataclass(frozen=True)
class Seen:
    """What came of an attack, as far as the attacker can tell; time, memory and the log are judged beside it."""

    note: str
    holds: bool


@dataclass
class Arena:
    """One app. `log` and `folder` (of its temporary files) are None where they cannot be found."""

    url: str
    process: psutil.Process | None = None
    log: Path | None = None
    folder: Path | None = None
    upstream: Upstream | None = None
    config: Json | None = None
    login: dict[str, str] | None = None
    usual: dict[str, float] = field(default_factory=dict)  # seconds that an ordinary visitor waits while nobody attacks

    @classmethod
    def at(cls, url: str) -> "Arena":
        """The app that runs at an address of this machine. Raises ValueError for any other."""
        parts = urlsplit(url)
        host = socket.gethostbyname(parts.hostname or "")
        if parts.scheme != "http" or not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{url} is not on this machine: only http:// at loopback is attacked.")
        process = next(
            (psutil.Process(one.pid) for one in psutil.net_connections("tcp")
             if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == parts.port and one.pid), None
        )  # fmt: skip
        log = Path(f"/proc/{process.pid}/fd/2").resolve() if process else Path()
        return cls(url.rstrip("/"), process, log if log.is_file() else None)

    @property
    def place(self) -> tuple[str, int]:
        """The app's host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def printed(self) -> str:
        """All of the log so far."""
        return self.log.read_text("utf-8", "replace") if self.log else ""

    def megabytes(self) -> float:
        """Resident memory of the app and its helper processes; 0 where it is not known, or gone."""
        with contextlib.suppress(psutil.Error):
            return memory(self.process) if self.process else 0.0
        return 0.0

    def on_disk(self) -> float:
        """Megabytes in the app's temporary folder."""
        paths = self.folder.rglob("*") if self.folder else ()
        total = 0
        for path in paths:
            with contextlib.suppress(OSError):
                total += path.stat().st_size if path.is_file() else 0
        return total / 1e6

    @contextlib.asynccontextmanager
    async def client(self, address: str = ATTACKER, **options: Any) -> AsyncIterator[httpx2.AsyncClient]:
        """A client with an address of its own, that has as many connections as it likes."""
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
        transport = httpx2.AsyncHTTPTransport(local_address=address, limits=limits)
        async with httpx2.AsyncClient(base_url=self.url, transport=transport, timeout=30, **options) as client:
            yield client

    @contextlib.asynccontextmanager
    async def page(self, address: str = ATTACKER) -> AsyncIterator[Visitor]:
        """A page of the app, opened from this address."""
        async with self.client(address) as client:
            if self.login:
                await client.post("/login", data=self.login)
            if self.config is None:
                self.config = (await client.get("/config")).json()
            yield Visitor(self.url, self.config, client)

    def request(self, path: str = "/", *headers: str, host: str = "", method: str = "GET") -> bytes:
        """The bytes of a request without a body."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or ':'.join(map(str, self.place))}", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def post(self, path: str, body: bytes, kind: str = "multipart/form-data; boundary=b", length: int = -1) -> bytes:
        """The bytes of a request with a body, which may say that it is longer."""
        size = f"Content-Length: {len(body) if length < 0 else length}"
        return self.request(path, f"Content-Type: {kind}", size, "Connection: close", method="POST") + body

    async def raw(self, data: bytes, seconds: float = 5, address: str = ATTACKER) -> bytes:
        """What the app answers to these bytes, until it closes or the time is over."""
        reader, writer = await asyncio.open_connection(*self.place, local_addr=(address, 0))
        answer = b""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                writer.write(data)
                await writer.drain()
                while piece := await reader.read(65_536):
                    answer += piece
        writer.close()
        return answer


@dataclass(frozen=True)
class Case:
    """One row. `app` says which app it needs (apps.py); `seconds` is how long it may take."""

    section: str
    name: str
    attack: Callable[[Arena], Awaitable[Seen]]
    app: str = "plain"
    seconds: float = 20
    growth: float = 300  # MB that the app may grow by, at its highest


def status(answer: bytes) -> int:
    """Of a raw answer; 0 where there is none."""
    found = re.match(rb"HTTP/1\.\d (\d{3})", answer)
    return int(found[1]) if found else 0


def as_file(path: str, **more: Any) -> Json:
    """An upload as the page names it."""
    return {"path": path, "orig_name": path.rsplit("/", 1)[-1], "meta": META, **more}


def body_named(page: Visitor, api_name: str, fields: Json) -> Json:
    """The event that has this name in the page's configuration, as it would be sent."""
    return page.body(next(one for one in page.config["dependencies"] if one["api_name"] == api_name), fields)


async def told(page: Visitor, name: str, trigger: str, fields: Json | None = None, data: Any = None) -> list[Json]:
    """What the server says to one event of this component."""
    return [event async for event in page.call(body_of(page, name, trigger, fields, data))]


def body_of(page: Visitor, name: str, trigger: str, fields: Json | None = None, data: Any = None) -> Json:
    """That event, as it would be sent."""
    body = page.body(page.event(name, trigger), fields or {})
    return body | ({} if data is None else {"event_data": data})


async def commanded(page: Visitor, how: str = "select", **command: Any) -> list[Json]:
    """What the server says to a command of the page's script; `how` is "submit" where an answer may follow."""
    return await told(page, "channel", how, None, command)


def sentence(events: list[Json]) -> str:
    """What a person is told at the end of an event: a notice or an error."""
    for event in reversed(events):
        if event["msg"] == "log":
            return str(event["log"])
        if event["msg"] == "process_completed" and not event["success"]:
            return str((event.get("output") or {}).get("error"))
    return ""


async def uploaded(page: Visitor, data: bytes, name: str) -> str:
    """The path of what was uploaded, or the status of the refusal as a text."""
    answer = await page.client.post("/gradio_api/upload", files={"files": (name, data)})
    return str(answer.json()[0]) if answer.status_code == 200 else f"refused: {answer.status_code}"


async def imported(page: Visitor, data: bytes, name: str = "chat.json") -> list[Json]:
    """What the server says to an import of this file."""
    path = await uploaded(page, data, name)
    return await told(page, "import", "upload", {"import": as_file(path)})


async def sent_picture(page: Visitor, data: bytes, name: str) -> list[Json]:
    """What the server says to a message with this picture."""
    path = await uploaded(page, data, name)
    return await told(
        page, "message", "submit", {"message": {"text": "Look", "files": [as_file(path)]}, "max-tokens": 1}
    )


async def many(deeds: Sequence[Coroutine[Any, Any, Any]], at_once: int = 40) -> list[Any]:
    """What came of each, its error where it failed."""
    slots = asyncio.Semaphore(at_once)

    async def one(deed: Coroutine[Any, Any, Any]) -> Any:
        async with slots:
            return await deed

    try:
        return await asyncio.gather(*map(one, deeds), return_exceptions=True)
    finally:
        for deed in deeds:
            deed.close()  # those that were not begun


def counted(results: list[Any]) -> str:
    """How many of each: statuses, or the names of errors."""
    names = [type(one).__name__ if isinstance(one, BaseException) else str(one) for one in results]
    return ", ".join(f"{names.count(name)}× {name}" for name in sorted(set(names)))
