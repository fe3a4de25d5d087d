"""Requests that no browser sends, to the running app: an answer at once, never 500, and one line in the log at most."""

import json
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx2
import pytest

from scripts.visitors import ROOT
from tests.trust.conftest import App
from web.incoming.forms import MALFORMED, TOO_MANY
from web.limits import MAX_FILES

API = "/gradio_api"
PICTURE = f"{API}/file={ROOT / 'assets' / 'examples' / 'shapes.png'}"
FORM = {"Content-Type": "multipart/form-data; boundary=XX"}
JSON = {"Content-Type": "application/json"}
LONG = "x" * 60_000
SEMICOLONS = f'multipart/form-data; a="{";" * 17_000}'
PUNYCODE = f"{FORM['Content-Type']}; charset=punycode"
WIDE = f"multipart/form-data; boundary={'x' * 300}"


def raw(
    app: App, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> tuple[int, bytes]:
    """Status and all of the answer to what httpx2 would not send. The connection has to end within seconds."""
    where = urlsplit(app.url)
    lines = {"Host": where.netloc, "Content-Length": str(len(body)), "Connection": "close"} | (headers or {})
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(head.encode("latin-1") + b"\r\n" + body)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer


def form(*dispositions: str) -> bytes:
    parts = (f"--XX\r\nContent-Disposition: {one}\r\n\r\nhello {n}\r\n" for n, one in enumerate(dispositions))
    return "".join([*parts, "--XX--\r\n"]).encode("latin-1")


def named(*names: str) -> list[str]:
    return [f'form-data; name="files"; {name}' for name in names]


ODD = {
    "a method that nobody knows": (404, "BREW", "/config"),
    "leave for another site": (404, "OPTIONS", f"{API}/queue/join", {"Origin": "https://evil.example"}),
    "a path that is no path": (404, "GET", "/%zz"),
    "bytes that are no text": (404, "GET", "/%ff"),
    "a file with a long name": (404, "GET", f"/static/{'x' * 300}"),
    "a folder with a long name": (404, "GET", f"/svelte/{'%78' * 300}/a"),
    "a long path of short names": (404, "GET", f"/assets/{'x/' * 2_500}"),
    "raw bytes in a query": (400, "GET", f"{API}/queue/data?session_hash=\xff"),
    "a query of bytes that are no text": (400, "GET", f"{API}/queue/data?session_hash=%ff"),
    "a stream of nobody": (400, "GET", f"{API}/queue/data"),
    "a stream of a page that is not there": (200, "GET", f"{API}/queue/data?session_hash=nobody"),
    "a stream of two pages": (400, "GET", f"{API}/queue/data?session_hash=a&session_hash=b"),
    "a long name of a page": (400, "GET", f"{API}/queue/data?session_hash={'x' * 65}"),
    "a huge name of a page": (400, "GET", f"{API}/queue/data?session_hash={LONG}"),
    "a page with a long name that is there": (404, "GET", f"{API}/heartbeat/{'x' * 65}"),
    "a page with an odd name that is there": (404, "GET", f"{API}/heartbeat/%C3%A9"),
    "a long name of an upload": (400, "POST", f"{API}/upload?upload_id={'x' * 65}", FORM, form(*named('filename="a"'))),
    "a long name of a watched upload": (400, "GET", f"{API}/upload_progress?upload_id={'x' * 65}"),
    "two parts of a file": (200, "GET", PICTURE, {"Range": "bytes=0-5,10-15"}),
    "a part that begins nowhere": (200, "GET", PICTURE, {"Range": f"bytes={'9' * 5000}-"}),
    "a part from no end": (200, "GET", PICTURE, {"Range": "bytes=--5"}),
    "a part that ends before it begins": (200, "GET", PICTURE, {"Range": "bytes=5-1"}),
    "a part in digits that are none": (200, "GET", PICTURE, {"Range": "bytes=\xb2-\xb3"}),
    "a part of a file": (206, "GET", PICTURE, {"Range": "bytes=0-5"}),
    "the last bytes of a file": (206, "GET", PICTURE, {"Range": "bytes=-5"}),
    "a part beyond a file": (416, "GET", PICTURE, {"Range": "bytes=99999999-"}),
    "more bytes than a file has": (200, "GET", PICTURE, {"Range": f"bytes=-{'9' * 16}"}),
    "a header that is too long": (431, "GET", "/config", {"Accept-Language": "x" * 17_000}),
    "headers that are too many": (431, "GET", "/config", {f"X-{n}": "x" * 100 for n in range(400)}),
    "a kind of content that takes long": (431, "POST", "/login", {"Content-Type": SEMICOLONS}),
    "a form in a code of its own": (415, "POST", "/login", {"Content-Type": PUNYCODE}),
    "a form with a long limit": (415, "POST", f"{API}/upload", {"Content-Type": WIDE}),
    "a form without a limit": (400, "POST", f"{API}/upload", {"Content-Type": "multipart/form-data"}, b"x"),
    "a form that is none": (400, "POST", f"{API}/upload", FORM, b"x" * 100),
    "a socket": (400, "GET", "/", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}),
    "another protocol": (200, "GET", "/robots.txt", {"Upgrade": "h2c"}),
    "a length that is none": (400, "POST", f"{API}/cancel", {**JSON, "Content-Length": "-1"}),
    "two hosts": (400, "GET", "/config", {"host": "evil.example"}),
}  # fmt: skip
NO_FILES = {
    "a field": ['form-data; name="files"'],
    "a field of another name": ['form-data; name="a"'],
    "a file of another name": ['form-data; name="a"; filename="a"'],
    "a file after its field": [*named('filename="a"'), 'form-data; name="z"'],
    "no name": ["form-data"],
    "a code that nobody knows": named("filename*=nosuch''%ff"),
    "a name in a way that is older": named("filename*=utf-8''a.png"),
    "a name in pieces": named("filename*0*=nosuch''a; filename*1=b"),
    "a piece of a huge number": named("filename*99999999999=a"),
    "a name that takes long": named(f'b="{";" * 3_900}'),
    "two dispositions": [f'{named(chr(32))[0]}filename="a"\r\nContent-Disposition: form-data; name="files"'],
    **{f"thirteen of {name}": named(*[name] * 13) for name in ('FileName="a"', 'filename ="a"', 'filename = "a"')},
}
HUGE = [
    ("queue/join", {"session_hash": LONG, "data": [], "fn_index": 0}),
    ("queue/join", {"session_hash": "a", "event_id": LONG, "data": [], "fn_index": 0}),
    ("cancel", {"session_hash": LONG, "event_id": "a", "fn_index": 0}),
    ("cancel", {"session_hash": "a", "event_id": "x" * 65, "fn_index": 0}),
    ("cancel", {"session_hash": "é", "event_id": "a", "fn_index": 0}),
    ("reset", {"event_id": LONG}),
    ("reset", {"event_id": ["a"]}),
]


@pytest.fixture
def quiet(open_app: App) -> Iterable[App]:
    """The app, which may write one line while it is used."""
    before = open_app.printed()
    yield open_app
    written = open_app.printed().removeprefix(before)
    assert written.count("\n") <= 1, written


@pytest.mark.parametrize("what", ODD)
def test_a_request_that_no_browser_sends_has_an_answer_at_once(what: str, quiet: App) -> None:
    status, *request = ODD[what]
    assert raw(quiet, *request)[0] == status  # type: ignore[arg-type]


@pytest.mark.parametrize("what", NO_FILES)
def test_a_form_that_no_browser_sends_is_refused_in_a_sentence(what: str, quiet: App) -> None:
    status, answer = raw(quiet, "POST", f"{API}/upload?upload_id=a", FORM, form(*NO_FILES[what]))
    assert (status, answer.rpartition(b"\r\n")[2].decode()) == (400, MALFORMED)


@pytest.mark.parametrize(("route", "body"), HUGE)
def test_a_name_in_a_call_that_no_page_gives_is_refused(route: str, body: dict[str, object], quiet: App) -> None:
    assert raw(quiet, "POST", f"{API}/{route}", JSON, json.dumps(body).encode())[0] == 400


def test_an_upload_holds_as_many_files_as_a_message_and_no_more(quiet: App) -> None:
    def upload(count: int) -> httpx2.Response:
        files = [("files", (f"{n} “ü”.png", b"%d" % n)) for n in range(count)]
        return httpx2.post(f"{quiet.url}{API}/upload", files=files)

    assert len(upload(MAX_FILES).json()) == MAX_FILES
    assert (upload(MAX_FILES + 1).status_code, upload(MAX_FILES + 1).text) == (413, TOO_MANY)


def test_a_page_whose_session_is_gone_is_told_so_in_gradios_own_words(quiet: App) -> None:
    told = httpx2.get(f"{quiet.url}{API}/queue/data?session_hash=nobody")
    assert told.headers["content-type"].startswith("text/event-stream")
    assert json.loads(told.text.removeprefix("data: "))["session_not_found"] is True


@pytest.mark.parametrize("cookie", ['a="' + "\\" * 50_000 + '"', "a=b; " * 10_000, "access-token-x=" + "\\" * 50_000])
def test_cookies_of_any_size_are_read_as_fast_as_others(cookie: str, quiet: App) -> None:
    assert raw(quiet, "GET", "/config", {"Cookie": cookie})[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3", "null"])
def test_no_page_of_another_origin_gets_leave(origin: str, quiet: App) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS"):
        _, answer = raw(quiet, method, "/config", asked)
        assert b"access-control" not in answer.partition(b"\r\n\r\n")[0].lower()


@pytest.mark.parametrize("path", ["/", "/config", "/logout"])
def test_no_host_that_a_request_names_is_written_into_what_is_answered(path: str, quiet: App) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    assert b"evil.example" not in raw(quiet, "GET", path, forged)[1]
