"""The parsers of bytes that a visitor or a model's server sends, each as a function of those bytes. Used by fuzz.py.

A parser may raise UserError, and return what it likes; whatever else it raises is a find.
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast


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

    from ui.handlers.exports import LinkHandlers
    from ui.requests.values import NUMBERS

    panel = SimpleNamespace(**{name: name for name in (*NUMBERS, "system_prompt")})
    view: Any = SimpleNamespace(presenter=SimpleNamespace(panel=panel), components=SimpleNamespace(message="message"))
    handlers = LinkHandlers(view, view, cast(Any, SimpleNamespace(max_new_tokens=64)), view)
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
    """The body of an upload, as Gradio's own parser reads it."""
    from gradio.route_utils import GradioMultiPartParser, MultiPartException
    from starlette.datastructures import Headers

    async def body() -> AsyncGenerator[bytes, None]:
        yield data
        yield b""

    async def parsed() -> None:
        headers = Headers({"content-type": "multipart/form-data; boundary=b"})
        with tempfile.TemporaryDirectory() as folder:
            form = await GradioMultiPartParser(headers, body(), max_file_size=1e6, upload_dir=folder).parse()
            await form.close()

    with contextlib.suppress(MultiPartException):
        asyncio.run(parsed())


def requests(data: bytes) -> None:
    """A method, a path, headers and a body: what stands in front of Gradio ends each in an answer."""

    from web.limits import Limits
    from web.middleware import guards

    lines, _, body = data.partition(b"\n\n")
    method, path, *headers = [*lines.split(b"\n"), b"", b""]
    pairs = [(name.lower().strip(), value.strip()) for name, _, value in (line.partition(b":") for line in headers)]
    raw, _, query = path.partition(b"?")
    scope = {
        "type": "http", "method": method.decode("latin-1"), "path": raw.decode("utf-8", "replace") or "/",
        "raw_path": raw, "query_string": query, "headers": pairs, "client": ("127.0.0.1", 1), "scheme": "http",
    }  # fmt: skip
    app: Any = _gradio
    for guard in reversed(guards(Limits())):
        app = cast(Any, guard.cls)(app, **guard.kwargs)
    asyncio.run(_answered(app, scope, body))


async def _gradio(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _answered(app: Any, scope: Any, body: bytes) -> None:
    messages, sent = [{"type": "http.request", "body": body, "more_body": False}], []

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert [message["type"] for message in sent].count("http.response.start") == 1, "no answer, or two"


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
