"""A small server that speaks OpenAI's protocol, and that can break it in every way."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


class Stub:
    """What the server was asked, and what it does next."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.answers: list[Answer] = []
        self.gone = threading.Event()
        # What it tells beside answers, by the address: JSON, or what makes it of what was posted there.
        self.told: dict[str, Any] = {"/v1/models": {"object": "list", "data": [{"id": "tiny", "object": "model"}]}}
        self.questions: list[tuple[str, Any]] = []  # what it was asked there
        self.url = ""
        self.listing: Answer | None = None  # in place of the list of its one model
        self.asked: list[tuple[str, str]] = []  # the paths, and the authorization that came with each


@contextmanager
def stub_server(port: int = 0, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Stub]:
    """A running one, at this port or a free one."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stub.asked.append((self.path, self.headers.get("Authorization", "")))
            if stub.listing and self.path.endswith("/models"):
                self.close_connection = True
                return stub.listing(self)
            return self.tell(None)

        def do_POST(self) -> None:
            stub.asked.append((self.path, self.headers.get("Authorization", "")))
            self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self.path.endswith("/chat/completions"):
                return self.tell(self.body)
            stub.bodies.append(self.body)
            stub.headers.append(self.headers)
            self.close_connection = True
            with suppress(OSError):
                stub.answers.pop(0)(self)

        def tell(self, asked: Any) -> None:
            stub.questions.append((self.path, asked))
            told = stub.told.get(self.path)
            body = json.dumps(told(asked) if callable(told) else told).encode()
            self.send_response(404 if told is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # of connections not yet taken; five, Python's choice, are too few for many at once

    Server.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = Server((host, port), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    stub.url = f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


def head(handler: BaseHTTPRequestHandler, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def chunk(delta: dict[str, Any] | None = None, reason: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    value = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": choices, **more}
    return f"data: {json.dumps(value)}\n\n".encode()


USAGE = {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}
WHOLE = [chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo"}, "stop"),
         chunk(**USAGE), b"data: [DONE]\n\n"]  # fmt: skip


def sends(*pieces: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()

    return answer


def tells(told: Any, status: int = 200, **headers: str) -> Answer:
    """This as JSON, or a text as a page."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        kind = "text/html" if isinstance(told, str) else "application/json"
        for name, value in {"Content-Type": kind, "Connection": "close", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write((told if isinstance(told, str) else json.dumps(told)).encode())

    return answer


def refuses(status: int, message: str = "no", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler, status, **headers)
        handler.wfile.write(json.dumps({"error": {"message": message}}).encode())

    return answer
