"""What a stranger could fill the running app with: streams, uploads, and the disk."""

import asyncio
import contextlib
import io
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from PIL import Image as PILImage

from scripts.visitors import running_app
from tests.trust.conftest import App, visitor
from ui.gradio_patches.uploads import INCOMING, clear
from web.requests import Message, Receive, Scope, Send
from web.streams import CROWDED, StreamLimit

pytestmark = pytest.mark.timeout(300)  # the first waits for the app
PATIENCE = 10.0
DISK_MB, STREAMS = 100, 5
OWN = {path.name for path in Path("assets/examples").iterdir()}  # the page's pictures, which lie there too


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def app(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One that takes little."""
    left, log = folder / INCOMING / "999999999-left", tmp_path_factory.mktemp("log") / "log"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("GRADIO_TEMP_DIR", str(folder))
        with running_app("--max-disk-mb", str(DISK_MB), "--max-streams", str(STREAMS), log=log) as (url, _):
            yield App(url, log)


def half_an_upload(app: App, body: bytes, length: int) -> socket.socket:
    host, port = app.url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=PATIENCE)
    head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {length}\r\n"
    client.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode() + body)
    return client


def sizes(folder: Path) -> list[int]:
    """Of all files in it but the page's own and the checked pictures."""
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            found += [path.stat().st_size] if path.is_file() and path.name not in OWN else []
    return found


def until(holds: object, *given: object) -> bool:
    """Whether it holds within a while."""
    end = time.monotonic() + PATIENCE
    while not holds(*given) and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.05)
    return bool(holds(*given))  # type: ignore[operator]


FILE = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'


def test_what_a_killed_process_left_of_uploads_is_gone_at_the_start(app: App, folder: Path) -> None:
    assert not list((folder / INCOMING).iterdir())


def test_an_upload_that_is_given_up_leaves_nothing(app: App, folder: Path) -> None:
    with half_an_upload(app, FILE + b"x" * 1_000_000, 3_000_000):
        assert until(lambda: 1_000_000 in sizes(folder))
    assert until(lambda: not sizes(folder))
    assert not list((folder / INCOMING).iterdir())
    assert "Traceback" not in app.printed()


@pytest.mark.parametrize(
    "part",
    [
        FILE + b"x" * 1_000_000,  # and no end of it
        FILE.replace(b"files", b"other") + b"x\r\n--b--\r\n",
        FILE.replace(b'; filename="a.png"', b"") + b"x" * 1_000_000 + b"\r\n--b--\r\n",
        b"--c\r\n",
    ],
    ids=["half a file", "another field", "a field", "no form"],
)
@pytest.mark.parametrize("query", ["", "?upload_id=abc"])
def test_a_form_that_is_no_upload_leaves_nothing_and_is_told_so(
    part: bytes, query: str, app: App, folder: Path
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = httpx2.post(f"{app.url}/gradio_api/upload{query}", content=part, headers=headers)
    assert answer.status_code in (200, 400)  # Gradio takes a form without an end for one without files
    assert not re.search("error", answer.text)
    assert until(lambda: not sizes(folder))
    assert "Traceback" not in app.printed()


def test_an_upload_of_too_many_files_leaves_none_of_them(app: App, folder: Path) -> None:
    body = b"".join(FILE + b"x" * 100_000 + b"\r\n" for _ in range(13)) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert httpx2.post(f"{app.url}/gradio_api/upload", content=body, headers=headers).status_code in (400, 413)
    assert until(lambda: not sizes(folder))


def upload(app: App, data: bytes, address: str) -> httpx2.Response:
    headers = {"X-Forwarded-For": address}
    return httpx2.post(f"{app.url}/gradio_api/upload", files={"files": ("a.png", data)}, headers=headers, timeout=60)


def test_one_address_fills_a_quarter_of_the_room_and_then_loses_its_own(app: App, folder: Path) -> None:
    (theirs,) = upload(app, b"a picture of somebody else", "203.0.113.30").json()
    paths = [upload(app, secrets.token_bytes(4_000_000), "203.0.113.31").json()[0] for _ in range(20)]
    assert sum(sizes(folder)) <= DISK_MB * 1_000_000 // 4
    assert os.path.exists(theirs)
    assert os.path.exists(paths[-1])
    assert not os.path.exists(paths[0])


def test_a_file_larger_than_there_is_room_for_is_refused_in_a_sentence(app: App) -> None:
    refused = upload(app, b"x" * 30_000_000, "203.0.113.32")
    assert refused.status_code == 507
    assert refused.text.endswith("try again later, or send a smaller file.")


def test_pictures_of_an_open_conversation_stay_however_many_come(app: App, folder: Path) -> None:
    picture = io.BytesIO()
    PILImage.effect_noise((300, 300), 100).save(picture, "PNG")

    async def shown() -> list[Path]:
        async with visitor(app, address="203.0.113.33") as page:
            (path,) = upload(app, picture.getvalue(), "203.0.113.33").json()
            file = {"path": path, "orig_name": "noise.png", "meta": {"_type": "gradio.FileData"}}
            outcome = await page.say("Look", message={"text": "Look", "files": [file]}, **{"max-tokens": 2})
            assert outcome.state == "completed"
            kept = list((folder / "pictures").rglob("*.png"))
            for number in range(40):
                await asyncio.to_thread(upload, app, secrets.token_bytes(4_000_000), f"198.51.100.{number % 6}")
            return kept

    kept = asyncio.run(shown())
    assert sum(sizes(folder)) <= DISK_MB * 1_000_000
    assert kept
    assert all(path.exists() for path in kept)


def test_an_address_holds_so_many_streams_and_no_more(app: App) -> None:
    async def crowd() -> tuple[list[int], str, str, int]:
        async with (
            visitor(app, address="203.0.113.40") as page,
            visitor(app, address="203.0.113.41") as other,
            contextlib.AsyncExitStack() as opened,
        ):
            address = f"{app.url}/gradio_api/heartbeat/{{}}"
            streams = [
                await opened.enter_async_context(page.client.stream("GET", address.format(f"abc{number}")))
                for number in range(STREAMS + 1)
            ]
            refused = (await streams[-1].aread()).decode()
            elsewhere = await other.say("Hello", **{"max-tokens": 2})
            for stream in streams:
                await stream.aclose()
            await asyncio.sleep(0.5)
            async with page.client.stream("GET", address.format("again")) as again:
                return [stream.status_code for stream in streams], refused, elsewhere.state, again.status_code

    codes, refused, elsewhere, again = asyncio.run(crowd())
    assert codes == [200] * STREAMS + [429]
    assert refused == CROWDED
    assert (elsewhere, again) == ("completed", 200)


@pytest.mark.parametrize("path", ["/gradio_api/queue/data", "/gradio_api/heartbeat/a", "/gradio_api/upload_progress"])
def test_each_kind_of_stream_has_its_own_number(path: str) -> None:
    codes: list[int] = []

    async def streams() -> None:
        held = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            codes.append(200)
            await held.wait()

        async def send(message: Message) -> None:
            codes.extend([message["status"]] if "status" in message else [])

        async def receive() -> Message:
            return {"type": "http.request"}

        limited = StreamLimit(app, 2)
        scope = {"type": "http", "path": path, "headers": [], "client": ("203.0.113.50", 1)}
        others = [scope | {"path": other} for other in ("/config", "/gradio_api/upload", "/gradio_api/queue/join")]
        tasks = [asyncio.create_task(limited(one, receive, send)) for one in (*[scope] * 3, *others * 3)]
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(*tasks)
        await limited(scope, receive, send)

    asyncio.run(streams())
    assert codes == [200, 200, 429, *[200] * 10]


def test_uploads_of_another_process_that_runs_are_left_alone(tmp_path: Path) -> None:
    for name in (f"{os.getppid()}-theirs", f"{os.getpid()}-of-one-before-with-this-number"):
        (tmp_path / INCOMING / name).mkdir(parents=True)
    clear(tmp_path)
    assert [path.name for path in (tmp_path / INCOMING).iterdir()] == [f"{os.getppid()}-theirs"]
