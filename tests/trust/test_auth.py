"""The running app behind a password: strangers get nothing of it, and guessing is slow."""

import asyncio
import time
from pathlib import Path

import httpx2
import pytest

from scripts.visitors import ROOT, running_app
from tests.trust.conftest import LOGIN, NAME, PASSWORD, App, visitor

PICTURE = ROOT / "assets" / "examples" / "shapes.png"
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
    assert (late.status_code, late.text) == (429, "Too many requests; wait a minute.")
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
    assert "Whoever has the public link can use this app; --auth USER:PASSWORD asks for a password.\n" in printed
