"""Pictures by URL: from public addresses only, and never too much of them. The servers here are real, on this machine.

Only which addresses count as public is replaced, since those of this machine do not.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.chat.errors import FetchRefused
from backend.storage import fetch_url as module
from backend.storage.fetch_url import MAX_BYTES, MAX_REDIRECTS, fetch_url

Answer = Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Answer], list[BaseHTTPRequestHandler]]


class _WithPort(str):
    """The address and port of a server here, which `fetch` puts into the URL like an address alone."""

    def __contains__(self, _: object) -> bool:
        return False


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[BaseHTTPRequestHandler]]]:
    """A server's address and the requests that it got."""
    asked: list[BaseHTTPRequestHandler] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self)
            answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield _WithPort(f"127.0.0.1:{running.server_port}"), asked
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts the server that every name ending in .example leads to; other addresses are judged as ever."""
    judged = module._public_address
    with ExitStack() as stack:

        def start(answer: Answer) -> list[BaseHTTPRequestHandler]:
            address, asked = stack.enter_context(server(answer))
            monkeypatch.setattr(
                module,
                "_public_address",
                lambda host, port: address if host.endswith(".example") else judged(host, port),
            )
            return asked

        yield start


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        with suppress(OSError):  # the other side may have read enough
            request.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "localhost", "10.0.0.1", "172.16.0.1",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "①②⑦.0.0.1",
        "[::]", "[::1]", "[fe80::1]", "[fd00::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_never_asked(host: str) -> None:
    with pytest.raises(FetchRefused, match="Only public URLs"):
        fetch_url(f"http://{host}/cat.png")


@pytest.mark.parametrize("address", ["192.0.0.192", "64:ff9b:1::7f00:1", "fec0::1", "::ffff:0:7f00:1", "::7f00:1"])
def test_an_odd_address_that_is_not_public_is_never_asked(address: str) -> None:
    with pytest.raises(FetchRefused):
        module._public_address(address, 80)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_a_public_address_may_be_asked(address: str) -> None:
    assert module._public_address(address, 443) == address


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "cat.png", "//cat.example/a.png", "/etc/passwd", "file:///etc/passwd", "file://localhost/etc/passwd",
        "ftp://cat.example/a.png", "data:image/png;base64,AAAA", "javascript:alert(1)", "gopher://cat.example/",
        "http:",
        "http://", "http:///a.png", "http://?", "http://[", "http://[::1", "http://[zz]/", "http:\\\\cat.example",
        "http://cat.example:99999/", "http://cat.example:port/", "http://\u2100/",
        "http://cat.example:8080/", "https://cat.example:80/", "http://cat.example:443/", "http://me@cat.example/",
        "http://me:secret@cat.example/", "http://127.0.0.1\\@cat.example/",
        "http://a b/", "http://a\0b/", "http://\ud800/", f"http://{'a' * 300}/", "http://.../", "http://nowhere.invalid/",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused_without_asking_anyone(url: str, serve: Serve) -> None:
    asked = serve(sends(b"cat"))
    with pytest.raises(FetchRefused, match=r"^[A-Z][^.\n]*\.( [A-Z][^.\n]*\.)?$"):
        fetch_url(url)
    assert not asked


def test_a_password_without_a_name_is_refused_too(serve: Serve) -> None:
    serve(sends(b"cat"))
    with pytest.raises(FetchRefused):
        fetch_url("http://:secret@cat.example/")


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://cat.example", "cat.example", "/"),
        (" http://CAT.example/a%20b.png?size=2#top \n", "cat.example", "/a%20b.png?size=2"),
        ("http://cat.example:80/ü", "cat.example", "/%C3%BC"),
        ("HTTP://cat.example/?", "cat.example", "/"),
    ],
)
def test_the_bytes_at_an_address_come_back(url: str, host: str, path: str, serve: Serve) -> None:
    asked = serve(sends(b"\x89PNG" * 1000))
    assert fetch_url(url) == b"\x89PNG" * 1000
    assert [(request.path, request.headers["Host"]) for request in asked] == [(path, host)]
    assert asked[0].headers["Cookie"] is None


def test_a_name_in_other_letters_is_asked_as_browsers_do(serve: Serve) -> None:
    asked = serve(sends(b"cat"))
    assert fetch_url("http://bücher.example/") == b"cat"
    assert asked[0].headers["Host"] == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("status", "location"),
    [(301, "/b.png"), (302, "b.png"), (303, "//b.example/b.png"), (307, "http://b.example/b.png"), (308, "x/../b.png")],
)
def test_a_redirect_is_followed(status: int, location: str, serve: Serve) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        (sends(b"cat") if request.path == "/b.png" else sends(b"", status, Location=location))(request)

    serve(answer)
    assert fetch_url("http://cat.example/a.png") == b"cat"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "//169.254.169.254/latest",
        "http://[::1]/",
        "http://cat.example:8080/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_what_is_not_public_is_not_followed(location: str, serve: Serve) -> None:
    asked = serve(sends(b"", 302, Location=location))
    with pytest.raises(FetchRefused):
        fetch_url("http://cat.example/")
    assert len(asked) == 1


def test_redirects_do_not_go_on_for_ever(serve: Serve) -> None:
    asked = serve(sends(b"", 302, Location="/again"))
    with pytest.raises(FetchRefused, match="Too many redirects"):
        fetch_url("http://cat.example/")
    assert len(asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("headers", [{}, {"Location": "http://["}, {"Location": "http://a:b/"}])
def test_a_redirect_that_leads_nowhere_is_refused(headers: dict[str, str], serve: Serve) -> None:
    serve(sends(b"", 302, **headers))
    with pytest.raises(FetchRefused):
        fetch_url("http://cat.example/")


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_of_the_server_is_named(status: int, serve: Serve) -> None:
    serve(sends(b"cat", status))
    with pytest.raises(FetchRefused, match=f"returned status {status}"):
        fetch_url("http://cat.example/")


def test_a_picture_may_be_as_large_as_the_limit_and_no_larger(serve: Serve) -> None:
    serve(sends(bytes(MAX_BYTES)))
    assert len(fetch_url("http://cat.example/")) == MAX_BYTES
    serve(sends(bytes(MAX_BYTES + 1)))
    with pytest.raises(FetchRefused, match="over 10 MB"):
        fetch_url("http://cat.example/")


def test_a_server_without_an_end_is_left(serve: Serve) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        with suppress(OSError):
            while True:
                request.wfile.write(bytes(100_000))

    serve(answer)
    with pytest.raises(FetchRefused, match="over 10 MB"):
        fetch_url("http://cat.example/")


def drips(*before: bytes) -> Answer:
    """Sends something, and then a byte now and then for a minute."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"".join(before))
            for _ in range(1200):
                time.sleep(0.05)
                request.wfile.write(b"x")
            request.wfile.write(b": y\r\n\r\n")

    return answer


def test_a_body_that_comes_too_slowly_is_given_up(serve: Serve) -> None:
    serve(drips(b"\r\n"))
    start = time.monotonic()
    with pytest.raises(FetchRefused, match=r"took over 10 s"):
        module._get("http://cat.example/", start + 0.3)
    assert time.monotonic() - start < 30


def test_headers_that_come_too_slowly_are_given_up(serve: Serve) -> None:
    serve(drips())
    start = time.monotonic()
    with pytest.raises(FetchRefused, match=r"took over 10 s"):
        module._get("http://cat.example/", start + 0.3)
    assert time.monotonic() - start < 30


def test_a_server_that_is_gone_or_speaks_another_language_is_refused(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(lambda request: request.wfile.write(b"SSH-2.0-OpenSSH\r\n") and None)
    with pytest.raises(FetchRefused, match="Can't reach this URL"):
        fetch_url("http://cat.example/")
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        gone = _WithPort(f"127.0.0.1:{unheard.getsockname()[1]}")
        monkeypatch.setattr(module, "_public_address", lambda host, port: gone)
        with pytest.raises(FetchRefused, match="Can't reach this URL"):
            fetch_url("http://cat.example/")
