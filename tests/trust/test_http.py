"""What the guard lets through to Gradio and what it does not, in every spelling."""

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend.demo.values import NO_DEMO
from ui.components.history_sidebar import bottom
from web.incoming.names import is_plain
from web.limits import MAX_BODY, MAX_FILES, Limits
from web.middleware import ELSEWHERE, HEADERS, guards, is_offered
from web.requests import is_from_here


async def _everything(request: Request) -> Response:
    """Stands for Gradio: reads the body and answers, with leave for other origins as Gradio gives it."""
    body = await request.body()
    leave = {"access-control-allow-origin": "https://evil.example", "access-control-allow-credentials": "true"}
    return PlainTextResponse(str(len(body)), headers=leave)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with served() as client:
        yield client


@pytest.fixture
def under_path() -> Iterator[TestClient]:
    with served("/chat") as client:
        yield client


def served(root_path: str = "") -> TestClient:
    limits = Limits(
        upload_bytes=20_000_000, requests_per_minute=300, files_per_minute=700, pages_per_minute=50, logins_per_minute=5
    )
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
    app = Starlette(routes=[Route("/{path:path}", _everything, methods=methods)], middleware=guards(limits, root_path))
    return TestClient(app, base_url="http://chat.example")


USED = [
    ("GET", "/"), ("GET", "/config"), ("GET", "/theme.css"), ("GET", "/health"), ("GET", "/favicon.ico"),
    ("GET", "/assets/index-abc.js"), ("GET", "/static/img/logo.svg"), ("GET", "/gradio_api/startup-events"),
    ("GET", "/page/main.js"), ("GET", "/page/history/list.js"),
    ("GET", "/gradio_api/queue/data"), ("GET", "/gradio_api/heartbeat/abc123"), ("GET", "/manifest.json"),
    ("GET", "/gradio_api/file=/tmp/gradio/pictures/a.png"), ("HEAD", "/"), ("GET", "/gradio_api/upload_progress"),
    ("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/upload"), ("POST", "/login"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), USED)
def test_what_the_page_uses_is_offered(method: str, path: str) -> None:
    assert is_offered(method, path)


UNUSED = [
    ("GET", "/monitoring"), ("GET", "/monitoring/summary"), ("GET", "/monitoring/abc"), ("GET", "/gradio_api/runs"),
    ("POST", "/gradio_api/run/predict"), ("POST", "/gradio_api/run/0"), ("POST", "/gradio_api/api/predict"),
    ("POST", "/gradio_api/call/send"), ("GET", "/gradio_api/call/send/1"), ("POST", "/gradio_api/call/v2/send"),
    ("GET", "/gradio_api/proxy=https://evil.example"), ("GET", "/gradio_api/info"), ("GET", "/gradio_api/openapi.json"),
    ("GET", "/docs"), ("GET", "/redoc"), ("GET", "/openapi.json"), ("GET", "/gradio_api/token"),
    ("GET", "/gradio_api/deep_link"), ("POST", "/gradio_api/process_recording"), ("POST", "/gradio_api/vibe-edit"),
    ("GET", "/gradio_api/vibe-code"), ("GET", "/gradio_api/dev/reload"), ("GET", "/gradio_api/mcp/sse"),
    ("POST", "/gradio_api/mcp/http"), ("POST", "/gradio_api/run-history/connect"), ("POST", "/gradio_api/stream/1"),
    ("GET", "/gradio_api/custom_component/1/client/component/x.js"), ("GET", "/gradio_api/file/etc/passwd"),
    ("PUT", "/gradio_api/upload"), ("DELETE", "/"), ("PATCH", "/config"), ("OPTIONS", "/gradio_api/queue/join"),
    ("POST", "/"), ("GET", "/gradio_api/queue/join"), ("GET", "/.env"), ("GET", "/.git/config"), ("TRACE", "/"),
    ("GET", "/page/"), ("GET", "/page/notes.txt"), ("GET", "/page/.env"), ("POST", "/page/main.js"),
    ("GET", "/gradio_api/file=/tmp/gradio/pictures/0f/1e.source"), ("GET", "/gradio_api/file=/tmp/0f/1e%2eSOURCE"),
    ("GET", "/gradio_api/file=/tmp/0f/1e.source/"), ("GET", "/gradio_api/file=/tmp/0f/1e.source/."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNUSED)
def test_what_the_page_does_not_use_is_not_offered(method: str, path: str) -> None:
    assert not is_offered(method, path)


FETCHES = [
    "http://169.254.169.254/", "https://evil.example/x.png", "HTTP://evil.example/x", "http:/evil.example",
    "//evil.example/x",
    "http%3A%2F%2Fevil.example", "http%253A%252F%252Fevil.example", "%2F%2Fevil.example", "ftp://evil.example/x",
    "file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "http:%5C%5Cevil.example", "\\\\evil.example\\x",
    "ht%0Atp://evil.example", "%68ttp://evil.example", "/tmp/%2e%2e/etc/passwd",
    "/tmp/%252e%252e/etc/passwd", "C:/Windows/win.ini",
]  # fmt: skip


@pytest.mark.parametrize("address", FETCHES)
@pytest.mark.parametrize(
    "route", ["/gradio_api/file=", "/gradio_api/file%3D", "/gradio_api/file/", "/gradio_api//file="]
)
def test_no_spelling_of_a_file_route_fetches_an_address(route: str, address: str, client: TestClient) -> None:
    assert client.get(route + address).status_code == 404


@pytest.mark.parametrize("path", ["/tmp/../etc/passwd", "/..", "/a/../../b", "/a\\..\\b", "/a\x00b", "/a\nb"])
def test_a_path_that_climbs_or_hides_is_not_offered(path: str) -> None:
    assert not is_offered("GET", f"/gradio_api/file={path}")


@pytest.mark.parametrize("name", HEADERS)
def test_every_answer_carries_the_headers_also_a_refusal(name: str, client: TestClient) -> None:
    assert client.get("/").headers[name] == HEADERS[name]
    assert client.get("/monitoring").headers[name] == HEADERS[name]


def test_no_other_origin_is_given_leave_to_read_with_the_visitors_credentials(client: TestClient) -> None:
    headers = client.get("/", headers={"Origin": "https://evil.example"}).headers
    assert "access-control-allow-credentials" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://chat.example.evil.example", "http://chat.example:81"]
)
def test_another_sites_page_cannot_send_anything(origin: str, client: TestClient) -> None:
    assert client.post("/gradio_api/queue/join", headers={"Origin": origin}, json={}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_that_the_browser_says_is_anothers_cannot_either(site: str, client: TestClient) -> None:
    headers = {"Origin": "http://chat.example", "Sec-Fetch-Site": site}
    assert client.post("/gradio_api/queue/join", headers=headers, json={}).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_no_link_of_another_site_logs_everybody_out(site: str, status: int, client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": site, "Referer": "http://chat.example/"}
    assert client.get("/logout", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        ({}, 403),  # a browser that says nothing of it, as over plain HTTP
        ({"Referer": "http://chat.example/?q=x"}, 200),
        ({"Referer": "http://evil.example/"}, 403),
        ({"Sec-Fetch-Site": "none"}, 200),  # somebody typed it
        ({"Sec-Fetch-Site": "same-origin", "Referer": "https://public.example/"}, 200),
        ({"X-Forwarded-Host": "public.example", "Referer": "https://public.example/"}, 200),
    ],
)
def test_only_the_pages_own_link_logs_out_and_none_in_an_answer(
    headers: dict[str, str], status: int, client: TestClient
) -> None:
    """An answer may hold any address, this app's too; its links do not say where they stand."""
    assert client.get("/logout?all_session=true", headers=headers).status_code == status


def test_the_pages_own_link_to_log_out_says_where_it_stands_whatever_a_proxy_has_others_say() -> None:
    assert re.search(r'<a id="logout" [^>]*referrerpolicy="same-origin"', bottom(NO_DEMO))


OWN = [
    {"Origin": "http://chat.example"},
    {"Origin": "https://public.example", "X-Forwarded-Host": "public.example"},
    {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"},  # a proxy calls the app by another name
    {},  # no browser
]


@pytest.mark.parametrize("lines", [["public.example", "inner"], ["inner", "public.example"], ["public.example, inner"]])
def test_several_proxies_name_the_hosts_that_they_were_asked_for_in_a_list(
    lines: list[str], client: TestClient
) -> None:
    named = [("Origin", "https://public.example"), *(("X-Forwarded-Host", line) for line in lines)]
    assert client.post("/gradio_api/queue/join", headers=named, json={}).status_code == 200
    assert client.post("/gradio_api/queue/join", headers=[("Origin", "https://x"), *named[1:]]).status_code == 403


@pytest.mark.parametrize("headers", OWN)
def test_the_apps_own_page_can_send(headers: dict[str, str], client: TestClient) -> None:
    assert client.post("/gradio_api/queue/join", headers=headers, json={}).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://a]b", "[", "http://\u2100"])
def test_an_origin_that_is_none_is_refused_as_another_sites(origin: str, client: TestClient) -> None:
    named = {"Origin": origin.encode()}
    assert client.post("/gradio_api/queue/join", headers=named, json={}).status_code == 403
    assert not is_from_here({"type": "http", "headers": [(b"host", b"localhost"), (b"origin", origin.encode())]})


def test_no_page_of_another_site_gets_leave_to_name_a_proxys_host(client: TestClient) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Headers": "x-forwarded-host"}
    answer = client.options("/gradio_api/queue/join", headers=asks | {"Access-Control-Request-Method": "POST"})
    assert answer.status_code == 404
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_refused_call_is_told_in_a_sentence_that_the_page_can_show(client: TestClient) -> None:
    answer = client.post("/gradio_api/queue/join", headers={"Origin": "https://evil.example"}, json={})
    assert answer.json() == {"detail": ELSEWHERE}


def test_who_runs_the_app_reads_once_which_hosts_did_not_fit(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        client.post(
            "/gradio_api/queue/join?token=s3cret", headers={"Origin": "https://me:s3cret@public.example"}, json={}
        )
    for number in range(100):
        client.post("/login", headers={"Origin": f"https://{number}.example\n"}, json={})
    lines = [record.getMessage() for record in caplog.records if record.name == "web.middleware"]
    assert "'public.example'" in lines[0]
    assert "'chat.example'" in lines[0]
    assert "proxy_set_header Host $http_host;" in lines[0]
    assert len(lines) == 20
    assert "s3cret" not in caplog.text


def test_who_runs_the_app_reads_once_that_a_proxy_does_not_name_its_visitors(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    page = {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"}
    for headers in (page | {"X-Forwarded-For": "203.0.113.1"}, {"Origin": "http://chat.example"}, {}, page, page):
        assert client.post("/gradio_api/queue/join", headers=headers, json={}).status_code == 200
    (line,) = [record.getMessage() for record in caplog.records if record.name == "web.middleware"]
    assert "'public.example'" in line
    assert "proxy_set_header X-Forwarded-For" in line


HERE = {"Host": "127.0.0.1:7860", "Origin": "http://127.0.0.1:7860"}
NOT_HERE = [
    {"Host": "chat.example"}, {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-Host": "chat.example"},
    {"Origin": "https://chat.example"}, {"Origin": "http://localhost:80"},
]  # fmt: skip


@pytest.mark.parametrize("headers", NOT_HERE)
def test_who_comes_through_a_proxy_is_not_at_this_machine(headers: dict[str, str]) -> None:
    def asked(headers: dict[str, str]) -> bool:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        return is_from_here({"type": "http", "headers": raw})

    assert asked(HERE)
    assert not asked(HERE | headers)


@pytest.mark.parametrize("path", ["/chat/config", "/config", "/chat/gradio_api/app_id"])
def test_a_proxy_may_pass_the_path_on_or_take_it_away(path: str, under_path: TestClient) -> None:
    assert under_path.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/chat/monitoring", "/chat//evil.example", "/chat/chat/config", "/chatter/config"])
def test_nothing_else_is_offered_under_the_path(path: str, under_path: TestClient) -> None:
    assert under_path.get(path).status_code == 404


def test_the_page_is_found_without_its_last_slash_too(under_path: TestClient) -> None:
    answer = under_path.get("/chat?prompt=Hi", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/chat/?prompt=Hi")


@pytest.mark.parametrize(
    ("query", "plain"),
    [
        (b"q=Gr%C3%BC%C3%9Fe&__theme=dark", True), (b"session_hash=a-Z_9", True), (b"q=%ff", True), (b"q=\xff", False),
        (b"session_hash=", False), (b"session_hash=" + b"a" * 65, False), (b"%73ession_hash=../a", False),
        (b"session_hash=a%0A", False), (b"upload_id=a&upload_id=a", False), (b"a=1&" * 200, False),
    ],
)  # fmt: skip
def test_a_query_is_plain_text_with_plain_names(query: bytes, plain: bool) -> None:
    assert is_plain(query) is plain


def test_a_websocket_is_refused_where_the_server_speaks_it(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/gradio_api/queue/data"):
        pass


def test_a_body_over_the_limit_is_refused_by_its_stated_length(client: TestClient) -> None:
    answer = client.post("/gradio_api/queue/join", content=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 413
    assert "Send less" in answer.text


def test_a_body_over_the_limit_is_refused_while_it_comes_where_it_states_no_length(client: TestClient) -> None:
    pieces = (b"x" * 1_000_000 for _ in range(MAX_BODY // 1_000_000 + 2))
    assert client.post("/gradio_api/queue/join", content=pieces).status_code == 413


@pytest.mark.parametrize("length", ["-1", "many", "1e9", ""])
def test_a_length_that_is_no_number_is_refused(length: str, client: TestClient) -> None:
    request = client.build_request("POST", "/gradio_api/queue/join", content=b"x")
    request.headers["Content-Length"] = length
    assert client.send(request).status_code == 413


def test_a_form_with_large_fields_counts_as_a_body_too(client: TestClient) -> None:
    assert client.post("/login", data={"username": "x" * (MAX_BODY + 1)}).status_code == 413


def test_an_upload_of_a_thousand_files_is_refused(client: TestClient) -> None:
    files = [("files", (f"{number}.png", b"x")) for number in range(1000)]
    assert client.post("/gradio_api/upload", files=files).status_code == 413


def test_an_upload_of_as_many_files_as_a_message_holds_is_taken(client: TestClient) -> None:
    files = [("files", (f"{number}.png", b"x" * 1000)) for number in range(MAX_FILES)]
    assert client.post("/gradio_api/upload", files=files).status_code == 200


def test_logging_in_is_tried_only_so_often(client: TestClient) -> None:
    codes = [client.post("/login", data={"username": "a", "password": str(i)}).status_code for i in range(8)]
    assert codes == [200] * 5 + [429] * 3


def test_the_password_is_tried_at_the_metrics_only_so_often(client: TestClient) -> None:
    codes = [client.get("/metrics", auth=("a", str(i))).status_code for i in range(8)]
    assert codes == [200] * 5 + [429] * 3
    assert client.get("/metrics").status_code == 200  # no password is no attempt


def test_a_flood_of_requests_is_slowed_down_in_one_sentence(client: TestClient) -> None:
    assert client.get("/config").status_code == 200
    answers = (client.get("/config") for _ in range(400))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.text == "Too many requests. Wait a minute."


FILES = ["/assets/index-abc.js", "/static/fonts/a.woff2", "/svelte/a.js", "/theme.css", "/page/history/list.js"]


def test_who_shares_an_address_loads_the_page_all_the_same(client: TestClient) -> None:
    for _ in range(4):  # pages of some 150 files each, beside which they ask for little
        assert {client.get(path).status_code for path in FILES * 30} == {200}
    assert client.get("/config").status_code == 200


def is_refused_in_the_end(client: TestClient, path: str) -> bool:
    """Whether one of many requests is. Those after it are not made: the slower they are, the more are allowed."""
    return any(client.get(path).status_code == 429 for _ in range(3_000))


def test_files_have_a_limit_of_their_own(client: TestClient) -> None:
    assert is_refused_in_the_end(client, "/static/a")
    assert client.get("/config").status_code == 200


@pytest.mark.parametrize("path", ["/", "/config", "/config/"])
def test_pages_which_cost_most_have_the_least_limit(path: str, client: TestClient) -> None:
    assert 429 in [client.get(path).status_code for _ in range(150)]
    assert client.get("/gradio_api/startup-events").status_code == 200


@pytest.mark.parametrize("path", ["/", "/gradio_api/file=/tmp/assets/a.css", "/gradio_api/queue/data", "/health"])
def test_what_is_no_file_that_was_there_before_counts_as_ever(path: str, client: TestClient) -> None:
    assert is_refused_in_the_end(client, path)
