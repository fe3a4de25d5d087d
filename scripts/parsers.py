"""The parsers of bytes that a visitor or a model's server sends, each as a function of those bytes. Used by fuzz.py.

A parser may raise UserError, and return what it likes; whatever else it raises is a find.
"""

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import unquote

PATIENCE = 20.0  # seconds for a request, the first of which brings in all that Gradio needs


def imports(data: bytes) -> None:
    """A file of conversations, of whichever program."""
    from backend.storage.foreign.reading import members, read_file

    with _file(data) as path:
        for name in members(path):
            read_file(path, name)


def kept(data: bytes) -> None:
    """A conversation that a browser hands over."""
    from backend.storage.foreign.reading import read_kept

    with _file(data) as path:
        read_kept(path)


def schemas(data: bytes) -> None:
    """The tools that a person pastes."""
    from backend.tools.schemas import parse_specs

    parse_specs(data.decode("utf-8", "replace"))


def calls(data: bytes) -> None:
    """The arguments of a call, checked but not run: the tools have processes of their own."""
    from backend.chat.messages import ToolCall, ToolSpec
    from backend.tools.toolbox import Tool, Toolbox

    fields = {"expression": {"type": "string", "minLength": 1}, "city": {"enum": ["Paris", 1, None]}}
    spec = ToolSpec("tool", "", json.dumps({"type": "object", "properties": fields, "required": ["expression"]}))
    Toolbox((Tool(spec, lambda **_: "done"),)).run(ToolCall("a", "tool", data.decode("utf-8", "replace")))


def commands(data: bytes) -> None:
    """What the page's script tells the server to do."""
    from ui.commands import parse_command

    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        parse_command(value)


def panel(data: bytes) -> None:
    """The texts in the page's own fields, those of a link among them."""
    from ui.place import place_of
    from ui.requests.values import number, replies_of

    text = data.decode("utf-8", "replace")
    place_of(text)
    replies_of(text)
    with contextlib.suppress(ValueError):
        number(text)


def links(data: bytes) -> None:
    """The query of a link that somebody shared."""
    from starlette.datastructures import QueryParams

    from backend.demo.terms import Terms
    from ui.handlers.exports import LinkHandlers
    from ui.requests.values import NUMBERS

    panel = SimpleNamespace(**{name: name for name in (*NUMBERS, "system_prompt")})
    view: Any = SimpleNamespace(presenter=SimpleNamespace(panel=panel), components=SimpleNamespace(message="message"))
    handlers = LinkHandlers(view, view, cast(Any, SimpleNamespace(max_new_tokens=64, terms=Terms())), view)
    handlers.from_link(cast(Any, SimpleNamespace(query_params=QueryParams(data))))


def stream(data: bytes) -> None:
    """What a model's server sends, in two pieces."""
    from backend.engines.server.chunks import chunks
    from backend.engines.server.limits import Unbounded
    from backend.engines.server.reading import Reading

    reading, half = Reading(1.0), len(data) // 2
    with contextlib.suppress(Unbounded):
        for chunk in chunks([data[:half], data[half:]]):
            reading.take(chunk)
    list(reading.ending(offered=True))


def refusals(data: bytes) -> None:
    """The words with which a model's server refuses."""
    from backend.engines.server.client import ServerRefused
    from backend.engines.server.dialects import Dialect, summary
    from backend.engines.server.refusals import sentence

    refusal, asked = ServerRefused(400, data.decode("utf-8", "replace"), 0.0), {"seed": 1, "messages": []}
    Dialect().learn(refusal, asked)
    summary(str(refusal))
    sentence(refusal, begun=False)


def multipart(data: bytes) -> None:
    """The body of an upload."""
    kind = b"multipart/form-data; boundary=b"
    _asked("POST", b"/gradio_api/upload", [(b"host", b"127.0.0.1"), (b"content-type", kind)], data)


def requests(data: bytes) -> None:
    """A method, a path (with @ for the folder that has an upload, a.png), headers and a body, as far as a server reads
    them."""
    import h11

    lines, _, body = data.partition(b"\n\n")
    method, path, *headers = [*lines.split(b"\n"), b"", b""]
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"\r\n".join((method + b" " + path + b" HTTP/1.1", *headers, b"", b"")))
    with contextlib.suppress(h11.RemoteProtocolError):
        request = connection.next_event()
        if isinstance(request, h11.Request):
            _asked(request.method.decode(), request.target, list(request.headers), body)


@cache
def _served() -> tuple[Any, asyncio.Runner, str]:
    """Gradio with a small page, as ui/launching.py serves the app's, the loop that it runs in, and its folder."""
    import gradio as gr
    from fastapi import Depends
    from starlette.middleware import Middleware

    from backend.storage.quota import DiskQuota
    from ui.gradio_patches.addresses import name_no_host
    from ui.gradio_patches.calls import REFUSALS, check_call
    from ui.gradio_patches.files.upload_files import REFUSALS as UPLOADS
    from ui.gradio_patches.files.upload_files import keep_uploads
    from ui.gradio_patches.http.cors import give_no_leave
    from ui.gradio_patches.http.lost_streams import REFUSALS as LOST
    from ui.gradio_patches.http.lost_streams import check_stream
    from web.bodies import SmallBodies
    from web.limits import Limits
    from web.middleware import guards

    folder = tempfile.mkdtemp(prefix="fuzzed-")
    (Path(folder) / "a.png").write_bytes(bytes(100))
    with gr.Blocks() as demo:
        file = gr.File()
        gr.Button().click(lambda value: value, file, file)
    demo.queue(default_concurrency_limit=None, api_open=False)
    demo.max_file_size = 1_000_000
    keep_uploads(demo, DiskQuota(Path(folder), 100_000_000, margin=0))
    name_no_host()
    give_no_leave()
    in_front = guards(Limits(requests_per_minute=10**9, logins_per_minute=10**9))
    options: dict[str, Any] = {
        "middleware": [*in_front, Middleware(SmallBodies)], "exception_handlers": REFUSALS | UPLOADS | LOST,
        "dependencies": [Depends(check_call), Depends(check_stream)], "redirect_slashes": False,
    }  # fmt: skip
    app = gr.routes.App.create_app(demo, app_kwargs=options)
    demo.config = {**demo.get_config_file(), "body_css": {}}  # as launch() would, which makes the theme
    demo.theme_css = ""
    return app, asyncio.Runner(), folder


def _asked(method: str, address: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Sends a request, as a server hands it on whose client then leaves. Raises what the app does not answer."""
    app, runner, folder = _served()
    address = address.replace(b"@", os.fsencode(folder))
    raw, _, query = address.partition(b"?")
    scope = {
        "type": "http", "method": method, "path": unquote(raw.decode("latin-1")) or "/", "raw_path": raw,
        "query_string": query, "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 7860),
        "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    messages, sent = [{"type": "http.request", "body": body, "more_body": False}], list[Any]()

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def answered() -> None:
        async with asyncio.timeout(PATIENCE):
            await app(scope, receive, send)

    with patch.dict(os.environ, GRADIO_TEMP_DIR=folder):
        runner.run(answered())
    starts = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert starts, "no answer"
    assert len(starts) == 1, "two answers"
    assert starts[0] < 500, f"a fault of ours: {starts[0]}"


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (imports, kept, schemas, calls, commands, panel, links, stream, refusals, multipart, requests)
}


@contextlib.contextmanager
def _file(data: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def tried(name: str, data: bytes) -> None:
    """Gives a parser these bytes. Raises what it does not document."""
    from backend.chat.errors import UserError

    with contextlib.suppress(UserError):
        TARGETS[name](data)
