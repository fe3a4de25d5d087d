"""Bytes of a visitor's and of a model's server, guided by coverage, for every parser that reads them.

python scripts/fuzz.py [--minutes 20] [--only imports …] [--finds FOLDER]

It needs atheris, which the app does not: pip install atheris, in an environment of its own that sees the app's. What is
found is a file in the folder that makes the parser raise what it does not document, or take over five seconds or 1 GB:
it belongs into tests/scripts/test_fuzz.py. In memory only the parser's own process, one after the other.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

MAX_BYTES, SECONDS, MEMORY_MB = 20_000, 5, 1_024  # of one input
SEEDS = {  # beside what lies in the tests
    "schemas": [b'[{"name": "a", "parameters": {"type": "object", "properties": {"x": {"enum": [1]}}}}]'],
    "calls": [b'{"expression": "2**3", "city": "Paris"}', b'{"expression": 1e999}'],
    "commands": [b'{"do": "turn", "index": "0", "step": "-1"}', b'{"do": "resume", "page": "a", "id": "b", "have": "c"}'],
    "panel": [b'{"page": "a", "leaf": null, "changes": 3}', b'{"roll": "six"}', b"1e3"],
    "links": [b"q=Hello&system=Be+kind&temperature=0.5&seed=7&max_tokens=64&top_p=1e400", b"seed=nan&q=%ff&q=2"],
    "multipart": [
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nx\r\n--b--',
        b"--b\r\nContent-Disposition: form-data; name=files; filename*=utf-8''%e2%82.png\r\n\r\nx\r\n--b--\r\n",
    ],
    "requests": [
        b"GET\n/gradio_api/file=/tmp/a.png?x=1\nhost: a\nrange: bytes=0-1,5-9\ncookie: a=b\n\n",
        b"POST\n/gradio_api/queue/join\nhost: a\norigin: http://a\ncontent-length: 3\ncontent-type: application/json\n\n{}",
    ],
}  # fmt: skip
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 2**70, "", "x", "x" * 2_000, "\ud83d", "\0", "![a](http://" * 50, "data:image/png;base64,eA==",
    [], {}, [[]], [None], {"x": None}, {"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "data:,x"}},
    "user", "assistant", "tool", "system", "2026-01-01T00:00:00Z",
]  # fmt: skip
NAMES = ("role", "content", "type", "text", "parts", "mapping", "messages", "tool_calls", "parent", "id", "$ref", "error")
FOLDERS = {"imports": "tests/backend/storage/imports", "kept": "tests/backend/storage/fixtures"}


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
    from starlette.middleware import Middleware
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
        assert isinstance(guard, Middleware)
        app = guard.cls(app, **guard.kwargs)
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
def _file(data: bytes) -> Any:
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def tried(name: str, data: bytes) -> None:
    """Gives a parser these bytes. Raises what it does not document."""
    from backend.chat.errors import UserError

    with contextlib.suppress(UserError):
        TARGETS[name](data)


def seeds(name: str) -> list[bytes]:
    """Good inputs to begin with."""
    found = [path.read_bytes() for path in sorted((ROOT / FOLDERS.get(name, "none")).glob("*.json*"))]
    if name == "stream":
        from tests.support.stub_server import WHOLE

        found.append(b"".join(WHOLE))
    return SEEDS.get(name, []) + [data for data in found if len(data) <= MAX_BYTES]


def changed(value: Any, rng: random.Random) -> Any:
    """A JSON value with one place in it exchanged for something odd, left out, or given twice."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(ODD)
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, made = rng.choice(keys), value.copy()
    deed = rng.random()
    if deed < 0.1:
        del made[key]
    elif deed < 0.2 and isinstance(made, list):
        made.insert(key, made[rng.randrange(len(made))])
    elif deed < 0.2:
        made[rng.choice(NAMES)] = made[rng.choice(keys)]
    else:
        made[key] = changed(made[key], rng)
    return made


def _mutated(data: bytes, most: int, seed: int) -> bytes:
    """As JSON where it is some, since single bytes mostly make it none, and else as bytes."""
    import atheris

    rng = random.Random(seed)
    with contextlib.suppress(ValueError, RecursionError):
        if rng.random() < 0.7:
            made = json.dumps(changed(json.loads(data), rng)).encode()
            return made if len(made) <= most else data
    mutated: bytes = atheris.Mutate(data, most)
    return mutated


def _one(name: str, folder: Path, seconds: int) -> None:
    import atheris

    logging.disable()
    with atheris.instrument_imports(include=["backend", "ui", "web", "gradio.route_utils"]):
        tried(name, b"{}")
    corpus = folder / f"{name}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed{number}").write_bytes(seed)
    bounds = [f"-max_len={MAX_BYTES}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEMORY_MB}"]
    where = [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/{name}-", str(corpus)]
    atheris.Setup([sys.argv[0], *bounds, *where], lambda data: tried(name, data), custom_mutator=_mutated)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--finds", type=Path, default=Path(tempfile.gettempdir()) / "mistral-chat-fuzz")
    parser.add_argument("--within", help=argparse.SUPPRESS)  # the one that this process tries
    args = parser.parse_args()
    seconds = int(args.minutes * 60 / len(args.only))
    if args.within:
        return _one(args.within, args.finds, seconds)
    args.finds.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        command = [sys.executable, __file__, "--within", name, "--only", *args.only, "--minutes", str(args.minutes)]
        done = subprocess.run([*command, "--finds", str(args.finds)], capture_output=True, text=True, errors="replace")
        found = [path for path in args.finds.glob(f"{name}-*") if path.is_file()]
        tail = [line for line in done.stderr.splitlines() if "DONE" in line or "Error" in line or "ALARM" in line]
        print(f"{name}: {len(found)} found{''.join(f', {path}' for path in found)}; {' | '.join(tail[-3:])}", flush=True)
    return None


if __name__ == "__main__":
    main()
