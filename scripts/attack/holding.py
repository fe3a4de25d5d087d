"""Section 4, connections: those that are opened and held, and threads that wait for others' servers."""

import asyncio
import contextlib
import secrets
import time

from scripts.attack.apps import HOST, NARROW
from scripts.attack.arena import ANOTHER, ATTACKER, Arena, Case, Seen, commanded, counted, many, sentence
from scripts.visitors import Visitor


async def _held(arena: Arena, head: bytes, count: int, seconds: float = 8) -> Seen:
    """Connections that send this and then nothing: how many are open at the end, and whether another is heard."""
    opened, refused = [], 0
    for _ in range(count):
        try:
            async with asyncio.timeout(2):
                opened.append(await asyncio.open_connection(*arena.place, local_addr=(ATTACKER, 0)))
            opened[-1][1].write(head)
        except (OSError, TimeoutError):
            refused += 1
    await asyncio.sleep(seconds)
    begun, heard = time.monotonic(), "nobody"
    with contextlib.suppress(Exception):
        async with arena.client(ANOTHER) as client:
            heard = str((await client.get("/", timeout=5)).status_code)
    took = time.monotonic() - begun
    still = sum(await asyncio.gather(*(_is_open(reader) for reader, _ in opened)))
    for _, writer in opened:
        writer.close()
    note = f"{still} of {count} open after {seconds:.0f} s, {refused} refused; another: {heard} in {took:.1f} s"
    return Seen(note, heard == "200" and still <= NARROW // 2)


async def _is_open(reader: asyncio.StreamReader) -> bool:
    """Whether no end of it comes, after whatever was sent on it."""
    try:
        async with asyncio.timeout(0.5):
            await reader.read()
    except TimeoutError:
        return True
    except OSError:
        pass
    return False


async def half_heads(arena: Arena) -> Seen:
    """Requests that never end their headers."""
    return await _held(arena, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", NARROW + 60)


async def half_bodies(arena: Arena) -> Seen:
    """Bodies that never come."""
    return await _held(arena, arena.post("/gradio_api/queue/join", b"{", "application/json", 100), NARROW + 60)


async def silent(arena: Arena) -> Seen:
    """Connections without a word."""
    return await _held(arena, b"", NARROW + 60)


async def heartbeats(arena: Arena) -> Seen:
    """Streams that stay open."""
    return await _held(arena, arena.request(f"/gradio_api/heartbeat/{secrets.token_hex(4)}"), NARROW + 60)


async def dripping(arena: Arena) -> Seen:
    """45 pictures by their address, from a host that sends a byte now and then."""
    asked = []

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1_000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9999\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(40):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.4)

    try:
        server = await asyncio.start_server(drip, HOST, 80)
    except OSError as error:
        return Seen(f"not tried: port 80 of {HOST} cannot be had ({type(error).__name__})", False)
    async with server, arena.page() as page:
        pages = [Visitor(page.url, page.config, page.client) for _ in range(45)]
        said = await many([commanded(one, do="url", text=f"http://{HOST}/a.png") for one in pages], 60)
    words = counted([sentence(one)[:50] if isinstance(one, list) else one for one in said])
    return Seen(f"{len(asked)} fetched; told: {words}", True)


CASES = (
    Case("4", "half headers", half_heads, "narrow", 40),
    Case("4", "half bodies", half_bodies, "narrow", 40),
    Case("4", "silent connections", silent, "narrow", 40),
    Case("4", "heartbeats that stay", heartbeats, "narrow", 40),
    Case("4", "45 pictures from a host that drips", dripping, "public", 40),
)
