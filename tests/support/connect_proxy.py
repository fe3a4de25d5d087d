"""The proxy of a company's network: it connects to a server with TLS for whoever asks, and passes on what they say."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def connect_proxy() -> Iterator[tuple[str, list[str]]]:
    """Its address, and the hosts and ports that it was asked for. https://httpwg.org/specs/rfc9110.html#CONNECT"""
    asked = list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                self.send_response_only(200)
                self.end_headers()
                other = {server: self.connection, self.connection: server}
                while True:
                    for end in select.select(list(other), [], [])[0]:
                        if not (data := end.recv(65_536)):
                            return
                        other[end].sendall(data)

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", asked
    running.shutdown()
    running.server_close()
