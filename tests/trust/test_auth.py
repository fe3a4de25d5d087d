"""The running app behind a password: strangers get nothing of it, and guessing is slow."""

import asyncio
import re
import time
from pathlib import Path

import gradio as gr
import httpx2
import pytest
from gradio.routes import App as Gradio
from starlette.responses import Response
from starlette.testclient import TestClient

from scripts.visitors import ROOT, running_app
from tests.trust.conftest import LOGIN, NAME, PASSWORD, App, visitor
from web.incoming.cookies import LoginCookies
from web.middleware import is_offered
from web.requests import Receive, Scope, Send

PICTURE = ROOT / "assets" / "examples" / "shapes.png"
JSON = {"Content-Type": "application/json"}
CALL = {"data": [], "fn_index": 0, "session_hash": "stranger"}


def stranger(app: App, address: str = "203.0.113.20", **cookies: str) -> httpx2.Client:
    return httpx2.Client(base_url=app.url, headers={"X-Forwarded-For": address}, cookies=cookies, timeout=30)


@pytest.mark.parametrize(
    "path",
    [
        "/config", "/config/", "/gradio_api/queue/data?session_hash=stranger", f"/gradio_api/file={PICTURE}",
        "/gradio_api/upload_progress?upload_id=x", "/gradio_api/login_check",
    ],
)  # fmt: skip
def test_a_stranger_reads_nothing(closed_app: App, path: str) -> None:
    with stranger(closed_app) as client:
        assert client.get(path).status_code == 401


def test_a_stranger_calls_nothing(closed_app: App) -> None:
    with stranger(closed_app) as client:
        assert client.post("/gradio_api/queue/join", json=CALL).status_code == 401


def test_a_stranger_uploads_nothing(closed_app: App) -> None:
    with stranger(closed_app) as client:
        assert client.post("/gradio_api/upload", files={"files": ("a.png", b"x")}).status_code == 401


def test_a_strangers_page_is_the_form_to_log_in_without_the_app(closed_app: App, open_app: App) -> None:
    with stranger(closed_app) as client:
        closed = client.get("/").text
    assert "elem_id" in httpx2.get(open_app.url).text
    assert "elem_id" not in closed


@pytest.mark.parametrize("path", ["/config", f"/gradio_api/file={PICTURE}"])
def test_a_made_up_cookie_opens_nothing(closed_app: App, path: str) -> None:
    with stranger(closed_app) as client:
        app_id = client.get("/gradio_api/app_id").json()["app_id"]
    names = [f"access-token-{app_id}", f"access-token-unsecure-{app_id}", "access-token", "access-token-unsecure"]
    for value in ("", "null", "None", NAME):
        with stranger(closed_app, **dict.fromkeys(names, value)) as client:
            assert client.get(path).status_code == 401


def test_whoever_knows_the_password_gets_the_page_its_files_and_an_answer(closed_app: App) -> None:
    async def talk() -> tuple[str, int]:
        async with visitor(closed_app, LOGIN, "203.0.113.21") as page:
            said = await page.say("Hello", **{"max-tokens": 4})
            picture = await page.client.get(f"{page.url}/gradio_api/file={PICTURE}")
            return said.state, picture.status_code

    assert asyncio.run(talk()) == ("completed", 200)


def test_wrong_passwords_are_refused_and_after_ten_in_a_minute_not_even_looked_at(closed_app: App) -> None:
    with stranger(closed_app, "203.0.113.22") as client:
        start = time.monotonic()
        answers = [client.post("/login", data=LOGIN | {"password": f"guess{i}"}) for i in range(12)]
        seconds = time.monotonic() - start
        late = client.post("/login", data=LOGIN)
        while late.status_code != 429:  # where it took so long that another attempt is allowed by now
            late = client.post("/login", data=LOGIN)
    statuses = [answer.status_code for answer in answers]
    assert statuses[:10] == [400] * 10
    assert statuses.count(429) >= 2 - seconds / 6
    assert (late.status_code, late.text) == (429, "Too many requests. Wait a minute.")
    assert PASSWORD not in closed_app.printed()


def test_guessing_by_one_keeps_nobody_else_out(closed_app: App) -> None:
    with stranger(closed_app, "203.0.113.23") as client:
        for i in range(11):
            client.post("/login", data=LOGIN | {"password": f"guess{i}"})
    with stranger(closed_app, "203.0.113.24") as client:
        assert client.post("/login", data=LOGIN).json() == {"success": True}


def test_whoever_shares_the_app_without_a_password_is_told_what_that_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # so that no link is really made
    monkeypatch.setenv("NO_PROXY", "")
    with running_app("--share", log=tmp_path / "log"):
        printed = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Anyone with the public link can use this app. Set a password with --auth USER:PASSWORD.\n" in printed


BEHIND = ["queue/join", "cancel", "reset", "upload"]


@pytest.mark.parametrize("route", BEHIND)
def test_nothing_that_a_stranger_sends_is_read(closed_app: App, route: str) -> None:
    with stranger(closed_app) as client:  # what is read is refused for what it is
        assert client.post(f"/gradio_api/{route}", content=b"{", headers=JSON).status_code == 401


def test_a_stranger_cannot_say_that_a_page_is_there(closed_app: App) -> None:
    with stranger(closed_app) as client:
        assert client.get("/gradio_api/heartbeat/stranger").status_code == 401


def test_whoever_has_logged_in_may_say_so_and_cancel(closed_app: App) -> None:
    with stranger(closed_app, "203.0.113.25") as client:
        client.post("/login", data=LOGIN)
        with client.stream("GET", "/gradio_api/heartbeat/a-page_7") as alive:
            assert alive.status_code == 200
        ended = client.post("/gradio_api/cancel", json={"session_hash": "a", "fn_index": 0, "event_id": "b"})
        assert ended.json() == {"success": True}


@pytest.mark.parametrize(("origin", "secure"), [("https://chat.example", True), ("", False)])
def test_a_login_is_one_cookie_for_this_page_alone(closed_app: App, origin: str, secure: bool) -> None:
    headers = {"Origin": origin, "X-Forwarded-Host": "chat.example"} if origin else {}
    with stranger(closed_app, f"203.0.113.{26 + secure}") as client:
        answer = client.post("/login", data=LOGIN, headers=headers)
        (cookie,) = answer.headers.get_list("set-cookie")
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        assert flags == {"httponly", "path=/", "samesite=lax", *(["secure"] if secure else [])}
        client.headers["Cookie"] = f'stale="{chr(92) * 1000}"; {cookie.partition(";")[0]}; other=1'
        assert client.get("/config").status_code == 200
        own = {"Sec-Fetch-Site": "same-origin", "Referer": f"{client.base_url}"}
        gone = client.get("/logout", headers=own, follow_redirects=False).headers.get_list("set-cookie")
        assert [flag for one in gone for flag in one.split("; ")[1:2]] == ["Max-Age=0"] or "max-age=0" in gone[
            0
        ].lower()
        assert client.get("/config").status_code == 401


def test_in_a_frame_on_a_space_a_login_is_kept_apart_for_each_site() -> None:
    async def login(scope: Scope, receive: Receive, send: Send) -> None:
        response = Response()
        response.set_cookie("access-token-x", "y", httponly=True, samesite="none", secure=True)
        response.set_cookie("access-token-unsecure-x", "y", httponly=True)
        await response(scope, receive, send)

    answer = TestClient(LoginCookies(login, in_frames=True)).post("/login")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie == "access-token-x=y; Path=/; HttpOnly; SameSite=None; Secure; Partitioned"


def test_all_addresses_of_one_network_are_one_who_guesses(closed_app: App) -> None:
    statuses = []
    for number in range(24):
        with stranger(closed_app, f"2001:db8:7:7:{number:x}::{number + 1:x}") as client:
            statuses.append(client.post("/login", data=LOGIN | {"password": f"guess{number}"}).status_code)
    assert statuses.count(429) >= 8
    with stranger(closed_app, "2001:db8:7:8::1") as client:
        assert client.post("/login", data=LOGIN).json() == {"success": True}


# What a page needs that asks for the password, or what tells whether there is a login. None of it is anybody's.
FOR_ALL = {
    "/", "/login", "/logout", "/theme.css", "/robots.txt", "/manifest.json", "/favicon.ico", "/pwa_icon", "/static/x",
    "/assets/x", "/svelte/x", "/gradio_api/user", "/gradio_api/app_id", "/gradio_api/startup-events",
    "/gradio_api/theme.css",
}  # fmt: skip


def test_no_other_route_of_gradios_that_is_offered_answers_a_stranger(closed_app: App) -> None:
    async def listed() -> dict[str, list[str]]:
        with gr.Blocks() as demo:
            return {path: list(methods) for path, methods in Gradio.create_app(demo).openapi()["paths"].items()}

    routes = asyncio.run(listed())  # within a loop: without one Gradio makes one, which it leaves open
    offered = [
        (method.upper(), re.sub("{.*?}", "x", path).rstrip("/") or "/")
        for path, methods in routes.items()
        for method in methods
        if is_offered(method.upper(), re.sub("{.*?}", "x", path))
    ]
    assert {"/gradio_api/queue/join", "/gradio_api/heartbeat/x", "/gradio_api/cancel"} < {path for _, path in offered}
    with stranger(closed_app, "203.0.113.29") as client:
        answered = {path for method, path in offered if client.request(method, path).status_code != 401}
    assert answered <= FOR_ALL
