"""Section 4: what is sent once and kept for ever."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

from scripts.attack.apps import SMALL_FILES_MB
from scripts.attack.arena import (
    ATTACKER,
    Arena,
    Case,
    Seen,
    as_file,
    body_of,
    counted,
    many,
    sentence,
    status,
    told,
    uploaded,
)
from scripts.attack.upstream import HARM, endless_error
from scripts.visitors import Visitor

LONG = 30_000  # characters of a name; h11 takes no more than 64 kB of a request's head


def _multipart(data: bytes, name: str = "a.png", closed: bool = True) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
    return head + data + (b"\r\n--b--\r\n" if closed else b"")


def _said(result: Any) -> str:
    return sentence(result) if isinstance(result, list) else type(result).__name__


async def sessions(arena: Arena) -> Seen:
    """1,200 calls, each for a page with a name of 60 kB."""
    before = arena.megabytes()
    async with arena.page() as page:
        body = body_of(page, "clear", "click")
        deeds = [page.client.post("/gradio_api/queue/join", json=body | {"session_hash": secrets.token_hex(LONG)})
                 for _ in range(1_200)]  # fmt: skip
        statuses = counted([getattr(one, "status_code", one) for one in await many(deeds, 8)])
    grown = arena.megabytes() - before
    return Seen(f"{statuses}; {grown:.0f} MB kept", grown < 60)


async def upload_names(arena: Arena) -> Seen:
    """1,200 uploads that each have a name of 30 kB for their progress."""
    before = arena.megabytes()
    async with arena.client() as client:
        names, files = (secrets.token_hex(LONG // 2) for _ in range(1_200)), {"files": ("a", b"x")}
        deeds = [client.post(f"/gradio_api/upload?upload_id={name}", files=files) for name in names]
        statuses = counted([getattr(one, "status_code", one) for one in await many(deeds, 8)])
    grown = arena.megabytes() - before
    return Seen(f"{statuses}; {grown:.0f} MB kept", grown < 20)


async def heartbeat_names(arena: Arena) -> Seen:
    """600 heartbeats with names of 30 kB, one after the other."""
    before = arena.megabytes()

    def head() -> bytes:
        return arena.request(f"/gradio_api/heartbeat/{secrets.token_hex(LONG // 2)}")

    answers = await many([arena.raw(head(), 0.5) for _ in range(600)], 60)
    grown = arena.megabytes() - before
    return Seen(
        f"{counted([one if isinstance(one, Exception) else status(one) for one in answers])}; {grown:.0f} MB kept",
        grown < 20,
    )


async def form_field(arena: Arena) -> Seen:
    """A field of a form, no file, of 100 MB."""
    before, most = arena.megabytes(), [0.0]
    body = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + bytes(100_000_000) + b"\r\n--b--\r\n"
    work = asyncio.ensure_future(arena.raw(arena.post("/gradio_api/upload", body), 15))
    while not work.done():
        await asyncio.wait({work}, timeout=0.1)
        most.append(arena.megabytes() - before)
    return Seen(f"answered {status(work.result())}; {max(most):.0f} MB at its highest", max(most) < 50)


async def big_pages(arena: Arena) -> Seen:
    """12 pages that send 7 MB of text each, and go away."""
    before = arena.megabytes()
    async with arena.page() as page:
        said = []
        for _ in range(12):
            one = Visitor(page.url, page.config, page.client)
            fields = {"message": {"text": "x y " * 1_750_000, "files": []}, "max-tokens": 2}
            said.append(sentence(await told(one, "message", "submit", fields))[:60] or "taken")
    await asyncio.sleep(2)
    grown = arena.megabytes() - before
    return Seen(f"{counted(said)}; {grown:.0f} MB kept", grown < 150)


async def big_imports(arena: Arena) -> Seen:
    """One file of 20 MB, imported by 6 pages."""
    before = arena.megabytes()
    chat = json.dumps([{"role": "user", "content": "word " * 4_000_000}]).encode()
    async with arena.page() as page:
        path, said = await uploaded(page, chat, "chat.json"), []
        for _ in range(6):
            one = Visitor(page.url, page.config, page.client)
            said.append(sentence(await told(one, "import", "upload", {"import": as_file(path)}))[:60] or "taken")
    await asyncio.sleep(2)
    grown = arena.megabytes() - before
    return Seen(f"{counted(said)}; {grown:.0f} MB kept", grown < 150)


async def full_disk(arena: Arena) -> Seen:
    """An upload that does not fit on the disk."""
    before = arena.on_disk()
    async with arena.client() as client:
        answer = await client.post(
            "/gradio_api/upload", files={"files": ("a.png", bytes((SMALL_FILES_MB + 4) * 1_000_000))}
        )
    left = arena.on_disk() - before
    return Seen(
        f"{answer.status_code}: {answer.text[:70]}; {left:.1f} MB left over",
        answer.status_code in (413, 507) and left < 1,
    )


async def given_up(arena: Arena) -> Seen:
    """Uploads that end in the middle."""
    before = arena.on_disk()
    body = _multipart(bytes(5_000_000), closed=False)
    await many([arena.raw(arena.post("/gradio_api/upload", body, length=19_000_000), 1) for _ in range(6)])
    await asyncio.sleep(2)
    left = arena.on_disk() - before
    return Seen(f"{left:.0f} MB left over of 30", left < 1)


async def too_large(arena: Arena) -> Seen:
    """An upload that is refused by its size, while it comes, since it does not say it before."""
    before = arena.on_disk()
    async with arena.client() as client:

        async def body() -> AsyncIterator[bytes]:
            yield _multipart(b"", closed=False)
            for _ in range(130):
                yield bytes(1_000_000)

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        result = (await many([client.post("/gradio_api/upload", content=body(), headers=headers)]))[0]
    await asyncio.sleep(1)
    left = arena.on_disk() - before
    return Seen(f"{getattr(result, 'status_code', type(result).__name__)}; {left:.0f} MB left over", left < 1)


async def disk(arena: Arena) -> Seen:
    """30 uploads of 15 MB, where 100 MB are allowed."""
    before = arena.on_disk()
    async with arena.client() as client:
        deeds = [client.post("/gradio_api/upload", files={"files": ("a.png", secrets.token_bytes(15_000_000))})
                 for _ in range(30)]  # fmt: skip
        sent = await many(deeds, 3)
    left = arena.on_disk() - before
    return Seen(f"{counted([getattr(one, 'status_code', one) for one in sent])}; {left:.0f} MB on the disk", left < 130)


async def upstream_error(arena: Arena) -> Seen:
    """An error of the model's server that goes on for 600 MB."""
    if arena.upstream is None:
        return Seen("not tried: the app asks a server that is not ours", False)
    arena.upstream.answer = endless_error(600)
    async with arena.page() as page:
        outcome = await page.say(HARM, **{"max-tokens": 4})
    return Seen(f"{outcome.state} {outcome.notice[:60]}", True)


async def unread(arena: Arena) -> Seen:
    """A page that has its answers told, opens the stream, and reads nothing of it."""
    before = arena.megabytes()
    async with arena.page() as page:
        await page.say("y " * 100_000, **{"max-tokens": 4})
        body = body_of(page, "channel", "select", None, {"do": "edit", "index": 0})
        head = arena.request(f"/gradio_api/queue/data?session_hash={page.session}")
        _, writer = await asyncio.open_connection(*arena.place, local_addr=(ATTACKER, 0), limit=1)
        writer.write(head)
        sent = await many([page.client.post("/gradio_api/queue/join", json=body) for _ in range(200)], 8)
        await asyncio.sleep(3)
        writer.close()
    grown = arena.megabytes() - before
    return Seen(f"{counted([getattr(one, 'status_code', one) for one in sent])}; {grown:.0f} MB more", grown < 100)


CASES = (
    Case("4", "1,200 pages with names of 60 kB", sessions, seconds=60),
    Case("4", "1,200 uploads with progress names of 30 kB", upload_names, seconds=60),
    Case("4", "600 heartbeats with names of 30 kB", heartbeat_names, seconds=40),
    Case("4", "a form's field of 100 MB", form_field),
    Case("4", "12 pages with 7 MB of text each", big_pages, seconds=60),
    Case("4", "a file of 20 MB, imported by 6 pages", big_imports, seconds=60, growth=900),
    Case("4", "a page whose answers nobody reads", unread, seconds=40),
    Case("4", "an upstream error of 600 MB", upstream_error, seconds=40),
    Case("4", "6 uploads given up", given_up),
    Case("4", "an upload that is refused by its size", too_large, seconds=30),
    Case("4", "a disk that is full", full_disk, "full"),
    Case("4", "450 MB of uploads, where 100 are allowed", disk, "kept", 40),
)
