"""The files that an event names: those that were uploaded here or made by the app, whatever component they are for."""

import asyncio
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
import httpx2
import PIL.Image
import pytest
import safehttpx

from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.storage.images import ImageStore
from backend.tools.builtin import BUILTIN_TOOLS
from tests.support.scripted_engine import ScriptedEngine
from tests.trust.conftest import App
from ui.bridge import Bridge
from ui.gradio_patches.uploads import names_only_uploads
from ui.gradio_patches.validation import UNFIT
from ui.page import Services, page
from web.middleware import is_offered

META = {"_type": "gradio.FileData"}


@dataclass
class Elsewhere:
    """A server that an event may name, and what was asked of it."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """On this machine, whose address counts as public here so that Gradio may ask it."""
    found = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(safehttpx, "is_public_ip", lambda _: True)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}/picture.png"
        yield found
        server.shutdown()


@dataclass(frozen=True)
class Place:
    """The page's Blocks, the folder that takes uploads, and a picture that was uploaded."""

    demo: gr.Blocks
    folder: Path
    picture: Path

    async def value(self, position: int, event: int, given: Any) -> Any:
        """What the handler of this event is given for its input at this position. Raises gr.Error."""
        function = self.demo.fns[event]
        values = [getattr(block, "value", None) for block in function.inputs]
        values[position] = given
        return (await self.demo.preprocess_data(function, values, None))[position]

    async def let_through(self, values: list[Any]) -> list[tuple[Any, Any]]:
        """Gives every field each of these values; those that were not refused in the page's own sentence."""
        through = []
        for block, (position, event) in self.fields.items():
            for given in values:
                try:
                    await self.value(position, event, given)
                except gr.Error as error:
                    if error.message == UNFIT and not error.print_exception:
                        continue
                through.append((block, given))
        return through

    @property
    def everywhere(self) -> list[tuple[int, int]]:
        """All places for a value: each position among the inputs of each event."""
        return [(at, key) for key, function in self.demo.fns.items() for at in range(len(function.inputs))]

    @property
    def fields(self) -> dict[Any, tuple[int, int]]:
        """Each component that an event brings, and where: a position among an event's inputs, and that event."""
        events = self.demo.fns.items()
        return {block: (position, key) for key, fn in events for position, block in enumerate(fn.inputs)}

    def field(self, name: str) -> tuple[int, int]:
        return next(where for block, where in self.fields.items() if getattr(block, "elem_id", None) == name)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    folder = tmp_path / "uploads"
    picture = folder / "3f" / "a picture, été.png"
    picture.parent.mkdir(parents=True)
    PIL.Image.new("RGB", (40, 30), "red").save(picture)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))

    async def build() -> gr.Blocks:  # inside a loop, since Gradio would otherwise make some and never close them
        answering = ModelCapabilities(lambda: ModelInfo("Model", "", "", ""), 64)
        return page(Services(ScriptedEngine([]), answering, ImageStore(folder / "pictures"), Bridge()), BUILTIN_TOOLS)

    return Place(asyncio.run(build()), folder, picture)


def forged(place: Place, address: str) -> list[Any]:
    """Values that name other things than uploads, or name them in no way that the page would."""
    folder, own = place.folder, str(place.picture)
    (folder / "link.png").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to(folder.parent)
    (folder.parent / "outside.png").write_bytes(place.picture.read_bytes())
    paths: list[Any] = [
        address, address.replace("http:", "https:"), address.upper(), f" {address}", "file:///etc/passwd", "data:,x",
        "/etc/passwd", "/dev/zero", "/proc/self/environ", r"\\host\share\a.png", "//host/share/a.png", "CON",
        r"\\.\COM1", "C:\\a.png", "a.png", "pyproject.toml", "~/.ssh/id_rsa", "", ".", "\0", f"{folder}/\0",
        str(folder), f"{folder}/", f"{folder}/../outside.png", f"{folder}/linked/outside.png", f"{folder}/link.png",
        f"{folder}-other/a.png", f"/{own}", str(Path("assets/examples/shapes.png").resolve()), 5, None, True, [address],
        {"path": address},
    ]  # fmt: skip
    files: list[Any] = [{"path": path, "meta": META} for path in paths]
    files += [
        {"path": own, "url": url, "meta": META} for url in (address, "data:,x", 7, "/gradio_api/file=/etc/passwd")
    ]
    files += [{"path": path, "url": own, "orig_name": "a.svg"} for path in ("/etc/passwd", own)]  # without its mark
    files += [
        {"path": "/etc/passwd", "meta": meta} for meta in ({}, {"_type": "x"}, {"_type": None}, [], "gradio", None)
    ]
    files += [{"path": own, "is_stream": True, "meta": META}, {"url": "data:image/png;base64,eA=="}, {"url": address}]
    return [*files, {"path": own, "meta": META | {"more": {"path": address, "meta": META}}}]


def test_a_path_that_no_upload_has_is_refused_before_the_disk_is_asked_for_each_of_its_parts(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part of a path is looked at with all that stands before it: of a megabyte that took minutes."""
    looked, resolve = list[str](), Path.resolve
    monkeypatch.setattr(Path, "resolve", lambda path: looked.append(str(path)) or resolve(path))
    for inside in ("a/" * 450_000, "a/" * 2_000, "a/" * 50, "a" * 5_000, "\\" * 4_000):
        named = {"path": f"{place.folder}/{inside}"}
        assert not names_only_uploads(named, marked=False)
        assert not names_only_uploads(named | {"meta": META})
        assert not is_offered("GET", f"/gradio_api/file={place.folder}/{'a/' * 100}")
    assert all(len(path) < 1_000 for path in looked)


@pytest.mark.parametrize("name", ["orig_name", "mime_type"])
def test_a_file_has_a_name_that_a_disk_could_have(place: Place, name: str) -> None:
    """Gradio makes a path of the name that a photo has for the person."""
    long = mine(place) | {name: "a/" * 450_000}
    assert [given for _, given in asyncio.run(place.let_through([long]))] == []
    with pytest.raises(gr.Error, match=re.escape(UNFIT)):
        asyncio.run(place.value(*place.field("message"), {"text": "", "files": [long]}))


def mine(place: Place, path: str = "", root: str = "") -> dict[str, Any]:
    """An upload as the page sends it."""
    path = path or str(place.picture)
    known = {"orig_name": "a.png", "size": 5, "mime_type": "", "is_stream": False}
    return {"path": path, "url": f"{root}/gradio_api/file={quote(path)}", "meta": META} | known


def deep(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def test_what_was_not_uploaded_is_refused_before_it_is_looked_at_in_every_field_and_at_every_depth(
    place: Place, elsewhere: Elsewhere
) -> None:
    values = forged(place, elsewhere.url)
    first, before = values[0], sorted(place.folder.rglob("*"))
    values += [{"text": "", "files": [first]}, {"a": [first]}, [mine(place), first], deep(first, 5), deep(first, 900)]
    values += [[mine(place)] * 101, [1] * 10_001]  # more than any page would send
    for block, given in asyncio.run(place.let_through(values)):  # texts by name, of which Gradio takes none for a file
        assert isinstance(block, gr.BrowserState)
        assert all(isinstance(text, str) for text in given.values())
    assert elsewhere.asked == []
    assert sorted(place.folder.rglob("*")) == before


def test_there_is_no_event_with_a_place_in_which_what_was_not_uploaded_passes(
    place: Place, elsewhere: Elsewhere
) -> None:
    address = {"path": elsewhere.url, "meta": META}
    values: list[Any] = [
        address,
        {"path": "/etc/passwd", "meta": META},
        {"text": "", "files": [address]},
        deep(address, 3),
    ]
    taken, refused = [], set[str]()

    async def walk() -> None:
        for position, event in place.everywhere:
            for given in values:
                try:
                    await place.value(position, event, given)
                    taken.append((place.demo.fns[event].name, position, given))
                except gr.Error as error:
                    refused.add(error.message)

    asyncio.run(walk())
    assert len(place.everywhere) > 500
    assert (taken, refused) == ([], {UNFIT})
    assert elsewhere.asked == []


def test_what_was_uploaded_here_is_taken_as_the_page_sends_it(place: Place) -> None:
    kept = ImageStore(place.folder / "pictures").take(place.picture, "a.png").path
    for path in (str(place.picture), kept, str(place.folder / "swept" / "since.png")):
        for root in ("", "http://127.0.0.1:7860", "https://example.org/some/space"):
            given = {"text": "Look", "files": [mine(place, path, root)]}
            assert asyncio.run(place.value(*place.field("message"), given)) == {"text": "Look", "files": [path]}


def test_a_prompt_of_ones_own_may_be_called_path(place: Place) -> None:
    own = next(block for block in place.fields if isinstance(block, gr.BrowserState))
    prompts = {"path": "You are a guide.", "url": "You are a link."}
    assert asyncio.run(place.value(*place.fields[own], prompts)) == prompts


NAMES = [
    "../../outside.png", "..", ".", "/etc/cron.d/job", "C:\\\\a.png", "\\\\\\\\host\\\\share", "CON", "a:b|c?.png",
    "-rf", "é" * 300,
]  # fmt: skip


def test_whatever_an_upload_is_called_it_lies_in_a_folder_of_its_own(open_app: App) -> None:
    parent = None  # where an ordinary one lies
    for name in ("a.png", *NAMES):
        head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        answer = httpx2.post(
            f"{open_app.url}/gradio_api/upload",
            content=f"{head}content\r\n--x--\r\n".encode(),
            headers={"Content-Type": "multipart/form-data; boundary=x", "X-Forwarded-For": "203.0.113.63"},
        )
        assert answer.status_code in (200, 400), name
        for path in map(Path, answer.json() if answer.status_code == 200 else ()):
            parent = parent or path.parent.parent
            assert path.resolve().is_relative_to(parent.resolve())
            assert path.parent.parent == parent
            assert path.read_text(encoding="utf-8") == "content"
            path.unlink()
    assert "Traceback" not in open_app.printed()
