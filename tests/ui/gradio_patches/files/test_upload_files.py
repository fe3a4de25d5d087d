"""Uploads on a disk that has no room for them: one sentence, and nothing is left of them."""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio import route_utils, routes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from backend.storage.holdings import Arrival
from backend.storage.quota import NO_ROOM, DiskFull, DiskQuota
from ui.gradio_patches.files import upload_files
from ui.gradio_patches.files.upload_files import REFUSALS, Crowded, Parser, Uploads, keep_uploads
from web.requests import Message

SIZE = 500_000


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(route_utils, "GradioMultiPartParser", Parser)
    uploads = Uploads(DiskQuota(tmp_path, 100_000_000, margin=0))

    async def take(request: Request) -> Response:
        files, _, _ = await uploads.take(request, str(tmp_path), 10_000_000, None)
        return JSONResponse(files)

    with TestClient(Starlette(routes=[Route("/", take, methods=["POST"])], exception_handlers=REFUSALS)) as client:
        yield client


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond half of what is sent: the system then fails as it does where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE // 2, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_upload_is_kept_under_its_name(client: TestClient, tmp_path: Path) -> None:
    (path,) = client.post("/", files={"files": ("a b.png", b"x" * SIZE)}).json()
    assert files(tmp_path) == [Path(path)]
    assert Path(path).name == "a b.png"


def test_a_file_that_is_chosen_twice_is_kept_once_and_told_twice(client: TestClient, tmp_path: Path) -> None:
    one = ("files", ("a.png", b"x" * 1000))
    first, other, again = client.post("/", files=[one, ("files", ("b.png", b"y")), one]).json()
    assert first == again != other
    assert len(files(tmp_path)) == 2


@pytest.mark.usefixtures("full_disk")
def test_one_that_does_not_fit_on_the_disk_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/", files={"files": ("a.png", b"x" * SIZE)})
    assert (answer.status_code, answer.text) == (507, NO_ROOM)
    assert not files(tmp_path)


HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
END = b"\r\n--b--\r\n"


def sent(address: str, pieces: list[bytes]) -> tuple[Request, asyncio.Event]:
    """An upload of so many pieces, and what is set when all have been taken. Then nothing comes, nor does it end."""
    taken, left = asyncio.Event(), list(pieces)

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or pieces[-1] != END}
        taken.set()
        await asyncio.Event().wait()
        return {}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    return Request({"type": "http", "method": "POST", "headers": headers, "client": (address, 1)}, receive), taken


def test_an_upload_that_drips_gives_way_to_who_has_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_utils, "GradioMultiPartParser", Parser)
    uploads = Uploads(DiskQuota(tmp_path, 4_000_000, margin=0))

    async def crowd() -> tuple[list[str], list[str]]:
        dripping = []
        for number in range(4):
            request, taken = sent(f"203.0.113.{number}", [HEAD, *[b"x" * 249_900] * 4])
            dripping.append(asyncio.create_task(uploads.take(request, str(tmp_path), 10**7, None)))
            await asyncio.wait_for(taken.wait(), 10)
        request, _ = sent("203.0.113.9", [HEAD + b"x" * 300_000, END])
        kept, _, _ = await uploads.take(request, str(tmp_path), 10**7, None)
        await asyncio.wait(dripping, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        ended = [str(task.exception()) for task in dripping if task.done()]
        for task in dripping:
            task.cancel()
        await asyncio.gather(*dripping, return_exceptions=True)
        return kept, ended

    kept, ended = asyncio.run(crowd())
    assert ended == [NO_ROOM]
    assert [str(path) for path in files(tmp_path)] == kept


def test_an_upload_has_more_time_for_each_piece_that_comes_and_not_for_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route_utils, "GradioMultiPartParser", Parser)
    monkeypatch.setattr(upload_files, "SECONDS", 0.05)
    uploads = Uploads(DiskQuota(tmp_path, 40_000_000, margin=0))

    async def drip() -> None:
        request, _ = sent("203.0.113.1", [HEAD, b"x"])
        request.scope["headers"].append((b"content-length", b"9000000"))
        await asyncio.wait_for(uploads.take(request, str(tmp_path), 10**7, None), 10)

    with pytest.raises(Crowded, match="too long"):
        asyncio.run(drip())
    assert not files(tmp_path)


def test_the_pictures_of_the_pages_examples_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in ("GradioMultiPartParser", "upload_fn"):
        monkeypatch.setattr(route_utils, name, getattr(route_utils, name))
    monkeypatch.setattr(routes, "upload_fn", routes.upload_fn)
    chatbot = gr.Chatbot(examples=[{"text": "Look", "files": ["assets/examples/shapes.png"]}], render=False)
    demo: Any = SimpleNamespace(blocks={1: chatbot}, temp_file_sets=[chatbot.temp_files])
    quota = DiskQuota(tmp_path, 100_000, margin=0)
    keep_uploads(demo, quota)
    quota.look()
    for number in range(3):
        quota.grow(Arrival(f"visitor {number}"), 25_000)
    with pytest.raises(DiskFull):
        quota.grow(Arrival("visitor 3"), 25_000)
    route_utils.delete_files_created_by_app(demo, -1)
    assert [path.name for path in files(tmp_path)] == ["shapes.png"]
