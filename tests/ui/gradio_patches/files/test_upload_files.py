"""Uploads on a disk that has no room for them: one sentence, and nothing is left of them."""

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

from backend.storage.quota import NO_ROOM, DiskFull, DiskQuota
from ui.gradio_patches.files.upload_files import REFUSALS, Parser, Uploads, keep_uploads

SIZE = 500_000


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(route_utils, "GradioMultiPartParser", Parser)
    uploads = Uploads(DiskQuota(tmp_path, 100_000_000, margin=0), most=1_000_000)

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


@pytest.mark.usefixtures("full_disk")
def test_one_that_does_not_fit_on_the_disk_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/", files={"files": ("a.png", b"x" * SIZE)})
    assert (answer.status_code, answer.text) == (507, NO_ROOM)
    assert not files(tmp_path)


def test_the_pictures_of_the_pages_examples_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in ("GradioMultiPartParser", "upload_fn"):
        monkeypatch.setattr(route_utils, name, getattr(route_utils, name))
    monkeypatch.setattr(routes, "upload_fn", routes.upload_fn)
    chatbot = gr.Chatbot(examples=[{"text": "Look", "files": ["assets/examples/shapes.png"]}], render=False)
    demo: Any = SimpleNamespace(blocks={1: chatbot}, temp_file_sets=[chatbot.temp_files])
    quota = DiskQuota(tmp_path, 100_000, margin=0)
    keep_uploads(demo, quota, 1)
    quota.look()
    rooms = [quota.room(f"visitor {number}", 25_000) for number in range(4)]
    with rooms[0], rooms[1], rooms[2], pytest.raises(DiskFull), rooms[3]:
        pass
    route_utils.delete_files_created_by_app(demo, -1)
    assert [path.name for path in files(tmp_path)] == ["shapes.png"]
