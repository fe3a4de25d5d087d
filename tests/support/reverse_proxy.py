"""An HTTP proxy in front of the app, as nginx is without more settings than that it does not hold answers back."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

NAME = "chat.example"  # which the certificate is for, and leads here in tests/browser/conftest.py
CERTIFICATE = Path(__file__).resolve().parent.parent / "servers" / "chat.example.pem"


@contextmanager
def reverse_proxy(app: str, path: str = "", takes: str = "", tls: bool = False) -> Iterator[str]:
    """The address of a proxy that serves the app under this path, of which it takes a part away.

    It speaks TLS under another name where it should. As nginx by itself, it asks the app by the app's own address.
    """
    handler = type("Handler", (_Handler,), {"app": urlsplit(app).netloc, "takes": takes})
    server = _Server(("127.0.0.1", 0), handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"https://{NAME}" if tls else "http://127.0.0.1"
    try:
        yield f"{host}:{server.server_port}{path}/"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a page opens a connection for each of its files

    def handle_error(self, *_: object) -> None:
        """Nothing: a browser ends connections at will, those to a certificate that nobody vouches for among them."""


class _Handler(BaseHTTPRequestHandler):
    app = takes = ""

    def do_GET(self) -> None:
        sent = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behind = HTTPConnection(self.app)
        try:
            behind.request(self.command, self.path.removeprefix(self.takes), body or None, sent)
            answer = behind.getresponse()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read1(65_536):
                self.wfile.write(piece)
        finally:
            behind.close()

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Says nothing."""
