"""The model's server that an app which is attacked asks: quick and tame, until an attack tells it otherwise."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOWLY = "Slowly"  # a message that begins so is answered for half a minute
SILENTLY = "Silently"  # one that begins so gets its first word after half a minute
HARM = "Harm"  # one that begins so is answered as the attack says, and all others are answered well
Answer = Callable[[BaseHTTPRequestHandler], None]


class Upstream:
    """Its address, and what it answers."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: Answer = tame


@contextmanager
def upstream() -> Iterator[Upstream]:
    """A running one, on loopback."""
    server_of = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"object": "list", "data": [{"id": "tiny", "object": "model"}]}).encode()
            self.send_response(200 if self.path.endswith("/models") else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with suppress(OSError):
                if not self.path.endswith("/chat/completions"):
                    head(self, 404, "application/json")
                else:
                    (server_of.answer if HARM in json.dumps(self.body["messages"])[-100_000:] else tame)(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Clients leave."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    server_of.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield server_of
    finally:
        server.shutdown()
        server.server_close()


def head(handler: BaseHTTPRequestHandler, status: int = 200, kind: str = "text/event-stream") -> None:
    """The beginning of an answer that ends with its connection."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.end_headers()


def piece(delta: dict[str, Any], reason: str | None = None) -> bytes:
    """One event of an answer."""
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}]})}\n\n".encode()


def tame(handler: BaseHTTPRequestHandler) -> None:
    """Repeats the beginning of the last message; slowly where it is asked to."""
    body: dict[str, Any] = handler.body  # type: ignore[attr-defined]
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
    head(handler)
    if text.startswith(SILENTLY):
        time.sleep(30)
    for number in range(150 if text.startswith(SLOWLY) else 1):
        handler.wfile.write(piece({"content": f"{number}: {text[:400]}\n"}))
        handler.wfile.flush()
        if text.startswith(SLOWLY):
            time.sleep(0.2)
    handler.wfile.write(piece({}, "stop") + b"data: [DONE]\n\n")


def calls(name: str, arguments: str) -> Answer:
    """Answers a message with a call of this name, and what came of it with a word."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        body: dict[str, Any] = handler.body  # type: ignore[attr-defined]
        if body["messages"][-1]["role"] == "user":
            call = {"index": 0, "id": "a", "function": {"name": name, "arguments": arguments}}
            handler.wfile.write(piece({"tool_calls": [call]}) + piece({}, "tool_calls") + b"data: [DONE]\n\n")
        else:
            handler.wfile.write(piece({"content": "Done."}) + piece({}, "stop") + b"data: [DONE]\n\n")

    return answer


def refuses(words: str) -> Answer:
    """Answers with an error of these words."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 400, "application/json")
        handler.wfile.write(json.dumps({"error": {"message": words}}).encode())

    return answer


def endless_error(megabytes: int) -> Answer:
    """An error whose words end only after so much."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 500, "application/json")
        for _ in range(megabytes):
            handler.wfile.write(b"x" * 1_000_000)

    return answer
