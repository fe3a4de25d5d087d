"""Section 6, malformed requests: each ends in a refusal or an answer, and no trace."""

import asyncio

from backend.chat.errors import FAULT
from scripts.attack.arena import Arena, Case, Seen, as_file, sentence, status, told, uploaded
from scripts.attack.pictures import SMALL
from scripts.attack.smaller import get

RANGES = (
    "bytes=0-1,3-4",
    "bytes=0-0,-1",
    f"bytes={'9' * 5_000}-",
    "bytes=²-",
    "bytes=-",
    "bytes=5-1",
    "bytes=٣-٤",
    "lines=1-2",
)
NAMES = ("utf-8''%e2%28", "''a.png", "nonsense''a", "utf-8'", "utf-16''%00", "x" * 3_000)


def _form(arena: Arena, part: str, data: bytes = b"x") -> bytes:
    body = f"--b\r\n{part}\r\n\r\n".encode() + data + b"\r\n--b--\r\n"
    headers = "Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(body)}"
    return get(arena, "/gradio_api/upload", *headers, method="POST") + body


def _seen(statuses: list[int]) -> Seen:
    return Seen(f"answered {statuses}", all(200 <= one < 500 for one in statuses))


async def ranges(arena: Arena) -> Seen:
    """Parts of a file, odd and many."""
    async with arena.page() as page:
        path = await uploaded(page, SMALL, "a.png")
    requests = [
        get(arena, f"/gradio_api/file={path}").replace(b"\r\n\r\n", b"\r\nRange: " + one.encode() + b"\r\n\r\n")
        for one in RANGES
    ]
    return _seen([status(await arena.raw(one, 2)) for one in requests])


async def fields(arena: Arena) -> Seen:
    """Parts of a form that are no files."""
    parts = (
        'Content-Disposition: form-data; name="files"',
        "Content-Disposition: form-data",
        "X: y",
        'Content-Disposition: form-data; name="files"; filename=""',
    )
    return _seen([status(await arena.raw(_form(arena, part), 2)) for part in parts])


async def names(arena: Arena) -> Seen:
    """Names of files as RFC 2231 has them, broken."""
    parts = [f"Content-Disposition: form-data; name=files; filename*={name}" for name in NAMES]
    return _seen([status(await arena.raw(_form(arena, part), 2)) for part in parts])


async def queries(arena: Arena) -> Seen:
    """A query that is no UTF-8."""
    paths = (
        "/?q=%ff%fe",
        "/?%ff=%fe",
        "/config?q=%c3",
        "/gradio_api/queue/data?session_hash=%ff",
        "/gradio_api/upload_progress?upload_id=%ff",
    )
    raw = get(arena, "/?q=RAW").replace(b"RAW", b"\xff\xfe")
    return _seen([status(await arena.raw(one, 2)) for one in [*(get(arena, path) for path in paths), raw]])


async def many_files(arena: Arena) -> Seen:
    """60 files in one upload, where 12 are allowed, their names spelled as the counter may not know."""
    statuses = []
    for spelling in (
        'filename="a"',
        'FileName="a"',
        'filename ="a"',
        'filename = "a"',
        "filename=a",
        "filename*=utf-8''a",
    ):
        part = f'--b\r\nContent-Disposition: form-data; name="files"; {spelling}\r\n\r\nx\r\n'.encode() * 60
        headers = "Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(part) + 7}"
        statuses.append(
            status(await arena.raw(get(arena, "/gradio_api/upload", *headers, method="POST") + part + b"--b--\r\n", 5))
        )
    return Seen(f"answered {statuses}", all(400 <= one < 500 for one in statuses))


async def large_numbers(arena: Arena) -> Seen:
    """A schema and arguments with a number of more than 64 bits, in each event that reads them."""
    number = "9" * 32
    schema = f'[{{"name": "a", "parameters": {{"properties": {{"x": {{"default": {number}, "enum": [{number}]}}}}}}}}]'
    fields = {"tool-schemas": schema, "tool-choice": "a"}
    ends = []
    async with arena.page() as page:
        changed = [page.component("tool-schemas"), "change"]
        for one in page.config["dependencies"]:
            if one["backend_fn"] and changed in [list(target) for target in one["targets"]]:
                async with asyncio.timeout(4):
                    ends += [event["msg"] async for event in page.call(page.body(one, fields))][-1:]
        call = {"do": "call", "id": "abcdefghi", "verdict": "once", "text": f'{{"x": {number}}}'}
        ends += [event["msg"] for event in await told(page, "channel", "submit", fields, call)][-1:]
    return Seen(f"ended with {ends}", len(ends) > 3 and set(ends) == {"process_completed"})


async def gone(arena: Arena) -> Seen:
    """Pictures whose files somebody has cleared away."""
    assert arena.folder
    said = {}
    async with arena.page() as page:
        files = [as_file(await uploaded(page, SMALL, "a.png"))]
        first = await page.say("Look", **{"message": {"text": "Look", "files": files}, "max-tokens": 2})
        path = await uploaded(page, SMALL, "b.png")
        for file in [*arena.folder.rglob("*.png"), *arena.folder.rglob("*.webp"), *arena.folder.rglob("*.jpg")]:
            file.unlink()
        message = {"message": {"text": "Look", "files": [as_file(path)]}, "max-tokens": 2}
        said["send"] = sentence(await told(page, "message", "submit", message))
        for name in ("export-json", "export-openai", "export-markdown", "retry", "undo"):
            events = await told(page, name, "click")
            said[name] = sentence(events) or ("done" if events and events[-1].get("success") else "without a word")
    if first.state != "completed":  # what follows would be refused for that
        return Seen(f"not tried: the first message was {first.state} {first.notice[:60]}", False)
    bad = [name for name, words in said.items() if words in ("without a word", "None", "Error") or words == FAULT]
    return Seen(f"{'; '.join(f'{name}: {words[:40]}' for name, words in said.items())}", not bad)


CASES = (
    Case("6", "odd ranges", ranges),
    Case("6", "a form's parts without a file", fields),
    Case("6", "names of files as RFC 2231 does not have them", names),
    Case("6", "queries that are no UTF-8", queries),
    Case("6", "60 files in an upload", many_files, seconds=40),
    Case("6", "numbers of more than 64 bits", large_numbers),
    Case("6", "pictures that are gone from the disk", gone, "kept"),
)
