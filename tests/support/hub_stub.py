"""A small server that speaks the hub's protocol for one repository, and that can break it in every way."""

import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "c0ffee" + "0" * 34
DEMO = Path("assets/demo-model")
# What a repository has beside, and what nobody asked for.
BESIDE = {"README.md": b"# A model", "pytorch_model.bin": b"pickled", "consolidated.safetensors": b"other weights"}


class Hub:
    """The files that the server has, what it was asked, and how it breaks."""

    def __init__(self, repository: str) -> None:
        self.repository = repository
        self.files = {path.name: path.read_bytes() for path in DEMO.iterdir()} | BESIDE
        self.sizes: dict[str, int] = {}  # stated sizes that are not the true ones
        self.asked: list[tuple[str, str, str, str]] = []  # method, path, Range and Authorization
        self.refusal: tuple[int, str, str] | None = None  # status and X-Error-Code, for paths that hold the third
        self.cuts: list[int] = []  # the next answers with more weights than this end after so many bytes
        self.resets = False  # whether a cut resets the connection, where it else just ends
        self.xet = False  # whether it says that its weights lie in Xet storage, which it then has not
        self.url = ""

    def refuse(self, status: int, code: str = "", where: str = "") -> None:
        """From now on every path that holds `where` gets this status and this X-Error-Code, and no JSON."""
        self.refusal = status, code, where

    def got(self, file: str) -> list[str]:
        """The ranges in which a file was downloaded; an empty one is the whole file."""
        return [span for method, path, span, _ in self.asked if method == "GET" and path.endswith(f"/{file}")]


@contextmanager
def hub_server(repository: str) -> Iterator[Hub]:
    """A running one."""
    hub = Hub(repository)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    yield hub
    server.shutdown()
    server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            path = self.path.partition("?")[0]
            hub.asked.append((self.command, path, self.headers["Range"] or "", self.headers["Authorization"] or ""))
            if hub.refusal and hub.refusal[2] in path:
                self.send(hub.refusal[0], b"<html>", {"X-Error-Code": hub.refusal[1]})
            elif path == f"/api/models/{hub.repository}/revision/main":
                self.send(200, json.dumps({"id": hub.repository, "sha": COMMIT, "siblings": []}).encode())
            elif path == f"/api/models/{hub.repository}/tree/{COMMIT}":
                self.send(200, json.dumps([self.entry(name) for name in hub.files]).encode())
            elif path == f"/api/models/{hub.repository}/xet-read-token/{COMMIT}":
                access = {"X-Xet-Cas-Url": hub.url, "X-Xet-Access-Token": "x", "X-Xet-Token-Expiration": "4102444800"}
                self.send(200, b"{}", access)
            elif (name := path.removeprefix(f"/{hub.repository}/resolve/{COMMIT}/")) in hub.files:
                self.send_file(name)
            else:
                self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

        def size(self, name: str) -> int:
            return hub.sizes.get(name, len(hub.files[name]))

        def entry(self, name: str) -> dict[str, object]:
            entry: dict[str, object] = {"type": "file", "path": name, "size": self.size(name), "oid": name}
            if hub.xet and name.startswith("model-"):
                stored = {"oid": sha256(hub.files[name]).hexdigest(), "size": self.size(name), "pointerSize": 100}
                entry |= {"lfs": stored, "xetHash": "a" * 64}
            return entry

        def send_file(self, name: str) -> None:
            body = hub.files[name]
            headers = {"ETag": f'"{sha256(body).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if self.command == "HEAD":
                headers["Content-Length"] = str(self.size(name))
                self.send(200, b"", headers)
            elif asked := re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or ""):
                start = int(asked[1])
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                self.send(206, body[start:], headers, cut=name.startswith("model-"))
            else:
                self.send(200, body, headers, cut=name.startswith("model-"))

        def send(self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: bool = False) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            if not (cut and hub.cuts and hub.cuts[0] < len(body)):
                self.wfile.write(body)
                return
            self.wfile.write(body[: hub.cuts.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            if hub.resets:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
