"""What a stranger could fill the running app with: streams, uploads, and the disk."""

import asyncio
import contextlib
import io
import os
import re
import secrets
import socket
import time
from pathlib import Path

import httpx2
import pytest
from PIL import Image as PILImage

from backend.storage.quota import NO_ROOM
from tests.trust.conftest import DISK_MB, STREAMS, App, visitor
from ui.gradio_patches.uploads import INCOMING, clear, clear_old, machine, new_folder
from web.requests import Message, Receive, Scope, Send
from web.streams import CROWDED, StreamLimit

pytestmark = pytest.mark.timeout(300)  # the first waits for the app
PATIENCE = 60.0
OWN = {path.name for path in Path("assets/examples").iterdir()}  # the page's pictures, which lie there too


def half_an_upload(app: App, body: bytes, length: int, address: str = "203.0.113.29") -> socket.socket:
    host, port = app.url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=PATIENCE)
    head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {length}\r\n"
    head += f"X-Forwarded-For: {address}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
    client.sendall(head.encode() + body)
    return client


def files(folder: Path) -> list[Path]:
    """All below it while the app adds and takes away: unlike rglob, a walk goes on past a folder that has just gone."""
    return [Path(place) / name for place, _, names in os.walk(folder) for name in names]


def sizes(folder: Path) -> list[int]:
    """Of all files in it but the page's own and the checked pictures."""
    found = []
    for path in files(folder):
        with contextlib.suppress(FileNotFoundError):
            found += [path.stat().st_size] if path.name not in OWN else []
    return found


def until(holds: object, *given: object) -> bool:
    """Whether it holds within a while."""
    end = time.monotonic() + PATIENCE
    while not holds(*given) and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.05)
    return bool(holds(*given))  # type: ignore[operator]


FILE = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'


def test_what_a_killed_process_left_of_uploads_is_gone_at_the_start(small_app: App) -> None:
    assert not sizes(small_app.uploads / INCOMING)


def test_an_upload_that_is_given_up_leaves_nothing(small_app: App) -> None:
    with half_an_upload(small_app, FILE + b"x" * 1_000_000, 3_000_000):
        assert until(lambda: 1_000_000 in sizes(small_app.uploads / INCOMING))
    assert until(lambda: not sizes(small_app.uploads / INCOMING))
    assert not sizes(small_app.uploads / INCOMING)
    assert "Traceback" not in small_app.printed()


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
def test_a_form_that_is_no_upload_leaves_nothing_and_is_told_so(part: bytes, query: str, small_app: App) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = httpx2.post(f"{small_app.url}/gradio_api/upload{query}", content=part, headers=headers)
    assert answer.status_code in (200, 400)  # Gradio takes a form without an end for one without files
    assert not re.search("error", answer.text)
    assert until(lambda: not sizes(small_app.uploads / INCOMING))
    assert "Traceback" not in small_app.printed()


def test_an_upload_of_too_many_files_leaves_none_of_them(small_app: App) -> None:
    body = b"".join(FILE + b"x" * 100_000 + b"\r\n" for _ in range(13)) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert httpx2.post(f"{small_app.url}/gradio_api/upload", content=body, headers=headers).status_code in (400, 413)
    assert until(lambda: not sizes(small_app.uploads / INCOMING))


def upload(app: App, data: bytes, address: str) -> httpx2.Response:
    headers = {"X-Forwarded-For": address}
    return httpx2.post(f"{app.url}/gradio_api/upload", files={"files": ("a.png", data)}, headers=headers, timeout=60)


def test_one_address_fills_a_quarter_of_the_room_and_then_loses_its_own(small_app: App) -> None:
    (theirs,) = upload(small_app, b"a picture of somebody else", "203.0.113.30").json()
    paths = [upload(small_app, secrets.token_bytes(20_000_000), "203.0.113.31").json()[0] for _ in range(6)]
    assert sum(sizes(small_app.uploads)) <= DISK_MB * 1_000_000 // 4
    assert os.path.exists(theirs)
    assert os.path.exists(paths[-1])
    assert not os.path.exists(paths[0])


def test_what_there_is_no_room_for_is_refused_in_a_sentence(small_app: App) -> None:
    with half_an_upload(small_app, FILE + b"x" * 95_000_000, 100_000_000, "203.0.113.32"):
        assert until(lambda: 95_000_000 in sizes(small_app.uploads / INCOMING))  # nearly all that one address may have
        refused = upload(small_app, b"x" * 10_000_000, "203.0.113.32")
    assert (refused.status_code, refused.text) == (507, NO_ROOM)
    assert until(lambda: upload(small_app, b"x" * 10_000_000, "203.0.113.32").status_code == 200)


def test_uploads_that_only_say_how_large_they_are_lock_out_nobody_and_cost_nobody_a_file(small_app: App) -> None:
    (theirs,) = upload(small_app, b"a picture of somebody else", "203.0.113.34").json()
    with contextlib.ExitStack() as held:
        for number in range(17):
            held.enter_context(half_an_upload(small_app, FILE + b"x", 99_000_000, f"198.51.100.{100 + number}"))
        assert until(lambda: len(list((small_app.uploads / INCOMING).iterdir())) == 17)
        assert upload(small_app, b"x" * 10_000_000, "203.0.113.35").status_code == 200
    assert os.path.exists(theirs)


def test_pictures_of_an_open_page_stay_however_many_come_from_there_or_elsewhere(small_app: App) -> None:
    addresses = ["203.0.113.33", *(f"198.51.100.{number}" for number in range(4))]

    def picture() -> str:
        data = io.BytesIO()
        PILImage.effect_noise((300, 300), 100).save(data, "PNG")
        path: str = upload(small_app, data.getvalue(), addresses[0]).json()[0]
        return path

    def message(path: str) -> dict[str, object]:
        return {"text": "Look", "files": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}

    async def shown() -> list[Path]:
        async with visitor(small_app, address=addresses[0]) as page:
            outcome = await page.say("Look", message=message(picture()), **{"max-tokens": 2})
            assert outcome.state == "completed"
            kept = [path for path in files(small_app.uploads / "pictures") if path.suffix == ".png"]
            in_the_box = picture()
            body = page.body(page.event("meter", "input"), {"message": message(in_the_box)})
            told = [event["msg"] async for event in page.call(body)]
            assert "process_completed" in told
            for number in range(30):
                await asyncio.to_thread(upload, small_app, secrets.token_bytes(20_000_000), addresses[number % 5])
            return [*kept, Path(in_the_box)]

    kept = asyncio.run(shown())
    assert sum(sizes(small_app.uploads)) <= DISK_MB * 1_000_000
    assert len(kept) == 2
    assert all(path.exists() for path in kept)


def test_an_address_holds_so_many_streams_and_no_more(small_app: App) -> None:
    async def crowd() -> tuple[list[int], str, str, int]:
        async with (
            visitor(small_app, address="203.0.113.40") as page,
            visitor(small_app, address="203.0.113.41") as other,
            contextlib.AsyncExitStack() as opened,
        ):
            address = f"{small_app.url}/gradio_api/heartbeat/{{}}"
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


def incoming(uploads: Path, name: str, hours: float = 0) -> str:
    """A folder of an upload that is coming in, in which something was written so many hours ago."""
    file = uploads / INCOMING / name / "half"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    for path in (file, file.parent):
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    return name


def test_uploads_of_other_processes_that_run_are_left_alone(tmp_path: Path) -> None:
    """Of this machine; and of another that shares the folder, where every process may have this one's number."""
    dead = incoming(tmp_path, f"{machine()}-999999999-a")
    own = incoming(tmp_path, f"{machine()}-{os.getpid()}-one_before")
    kept = [incoming(tmp_path, f"{machine()}-{os.getppid()}-a", 23)]
    kept += [incoming(tmp_path, f"another-machine-{number}-a", 23) for number in (1, os.getpid(), 999999999)]
    old = {incoming(tmp_path, f"{name}-b", 25) for name in ("another-machine-1", f"{machine()}-{os.getppid()}")}
    os.utime(tmp_path / INCOMING / incoming(tmp_path, "another-machine-1-c", 25) / "half")
    kept.append("another-machine-1-c")
    clear(tmp_path)
    left = {path.name for path in (tmp_path / INCOMING).iterdir()}
    assert left == set(kept)
    assert not {dead, own, *old} & left


def test_what_is_coming_in_bears_the_name_of_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ada/../..", "a b", "böse", ""):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        assert new_folder(tmp_path).parent == tmp_path / INCOMING
    clear(tmp_path)
    assert len(list((tmp_path / INCOMING).iterdir())) == 3


def test_uploads_under_way_of_this_process_are_left_alone_while_it_runs(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    clear_old(tmp_path)
    assert folder.exists()
