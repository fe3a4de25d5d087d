"""Section 1: strings of a visitor's that should become no request and no open file."""

import asyncio
import hashlib
import secrets
from typing import Any

from scripts.attack.arena import ANOTHER, META, Arena, Case, Seen, as_file, commanded, many, sentence, told, uploaded
from scripts.attack.pictures import SMALL
from scripts.visitors import Json, Visitor

PATHS = (
    "/etc/passwd", "file:///etc/passwd", "//127.0.0.1/share/a.png", r"\\127.0.0.1\share\a.png", "/dev/zero", "CON",
    r"\\.\COM1", "/proc/self/environ", "app.py",
)  # fmt: skip


async def _with(page: Visitor, dependency: Json, value: Any) -> str:
    """What a person is told where all that an event brings is this."""
    body = page.body(dependency, {}) | {"event_data": value}
    body["data"] = [value for _ in body["data"]]
    return sentence([event async for event in page.call(body)])


async def addresses(arena: Arena) -> Seen:
    """An address for a path in every event, and in each of a message's depths."""
    asked: list[bytes] = []

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1_000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: image/png\r\n\r\nhi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(heard, "127.0.0.1", 0)
    forged: Any = {"path": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.png", "meta": META}
    async with server, arena.page() as page:
        queued = [one for one in page.config["dependencies"] if one["queue"] and one["inputs"]]
        values = [forged, [[forged]], {"text": "", "files": [forged]}]
        said = await many([_with(Visitor(page.url, page.config, page.client), one, value)
                           for one in queued for value in values], 4)  # fmt: skip
    told_nothing = sum(not one for one in said)
    return Seen(f"{len(said)} events, {len(asked)} fetched, {told_nothing} without a word", not asked)


async def files_of_the_machine(arena: Arena) -> Seen:
    """Paths that are no uploads, in the box, in the import and in what the script puts into the box."""
    through = []
    async with arena.page() as page:
        for path in PATHS:
            said = {
                "message": await _look(page, path),
                "import": await told(page, "import", "upload", {"import": as_file(path)}),
                "fill": await commanded(page, do="fill", files=[path]),
            }
            through += [f"{name} {path}" for name, events in said.items() if not sentence(events)]
    return Seen(f"let through: {', '.join(through[:4]) or 'none'}", not through)


def guesses(path: str, data: bytes) -> list[str]:
    """What somebody can name who has the same file, and knows where uploads lie and how their folders are named.

    The path itself is not among them: it stands for the file, and its owner alone is told it.
    """
    folder, tag, name = path.rsplit("/", 2)
    hashes = (
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(name.encode() + data).hexdigest(),
        tag[:-1],
        "*",
        "?" * 64,
    )
    around = (folder, f"{folder}/", f"{folder}/{name}", f"{folder}/./*/{name}", f"{folder}/incoming/{name}")
    return [*(f"{folder}/{one}/{name}" for one in hashes), *around]


async def of_another(arena: Arena) -> Seen:
    """What somebody else has uploaded, named in an event and asked for, without its path."""
    data = SMALL + secrets.token_bytes(8)  # what follows a picture's end is not looked at
    async with arena.page(ANOTHER) as owner, arena.page() as page:
        path = await uploaded(owner, data, "mine.png")
        named = guesses(path, data)
        said = [sentence(await _look(Visitor(page.url, page.config, page.client), one)) for one in named]
        got = [(await page.client.get(f"/gradio_api/file={one}")).status_code for one in named]
        own = sentence(await _look(owner, path))
    through = [one for one, words, code in zip(named, said, got, strict=True) if not words or code == 200]
    is_tried = not own  # whoever has the path is heard, so that it is for the path that others are not
    note = f"of {len(named)} guesses {len(through)} led to it; its owner: {own[:60] or 'taken'}"
    return Seen(note, is_tried and not through)


async def _look(page: Visitor, path: str) -> list[Json]:
    fields = {"message": {"text": "x", "files": [as_file(path)]}, "max-tokens": 1}
    return await told(page, "message", "submit", fields)


CASES = (
    Case("1", "addresses for paths, in every event", addresses, "public", 60),
    Case("1", "files of the machine, shares, devices", files_of_the_machine),
    Case("1", "an upload of another visitor's, by guessing its path", of_another),
)
