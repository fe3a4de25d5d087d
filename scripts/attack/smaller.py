"""Section 6, requests: names of hosts, origins, cookies, passwords, and bytes that are no HTTP."""

import asyncio
import re
import secrets
import time

from scripts.attack.arena import Arena, Case, Seen, counted, many, status


def get(arena: Arena, path: str = "/", *headers: str, host: str = "", method: str = "GET") -> bytes:
    """A request whose connection ends with it."""
    return arena.request(path, "Connection: close", *headers, host=host, method=method)


async def rebinding(arena: Arena) -> Seen:
    """Another name for this machine."""
    answers = [
        status(await arena.raw(get(arena, path, host="evil.example"))) for path in ("/", "/config", "/theme.css")
    ]
    return Seen(f"answered {answers}", all(400 <= one < 500 for one in answers))


async def forwarded_host(arena: Arena) -> Seen:
    """A host that nobody vouches for, in the page's root."""
    headers = "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https"
    answers = [await arena.raw(get(arena, path, *headers)) for path in ("/", "/config")]
    said = sum(b"evil.example" in one for one in answers)
    return Seen(f"{[status(one) for one in answers]}, in {said} of them", said == 0)


async def origins(arena: Arena) -> Seen:
    """Another site's page, which wants to read with the visitor's cookies."""
    asks = "Origin: https://evil.example", "Access-Control-Request-Method: GET"
    answers = [
        await arena.raw(get(arena, "/config", asks[0])),
        await arena.raw(get(arena, "/config", *asks, method="OPTIONS")),
        await arena.raw(get(arena, "/gradio_api/queue/join", *asks, method="OPTIONS")),
    ]
    leave = sum(bool(re.search(rb"(?i)access-control-allow-(origin|credentials|methods)", one)) for one in answers)
    return Seen(f"{[status(one) for one in answers]}, {leave} with leave", leave == 0)


async def cookies(arena: Arena) -> Seen:
    """60 kB of backslashes, three times."""
    slowest, begun = 0.0, time.monotonic()
    for _ in range(3):
        begun = time.monotonic()
        answer = await arena.raw(get(arena, "/", 'Cookie: a="' + "\\" * 60_000 + '"'), 8)
        slowest = max(slowest, time.monotonic() - begun)
    return Seen(f"answered {status(answer)} after {slowest:.1f} s", slowest < 2)


async def websocket(arena: Arena) -> Seen:
    """An upgrade that nobody needs."""
    before, begun = len(arena.printed().splitlines()), time.monotonic()
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    answer = await arena.raw(get(arena, "/gradio_api/queue/join", *upgrade).replace(b"Connection: close\r\n", b""), 8)
    took, lines = time.monotonic() - begun, len(arena.printed().splitlines()) - before
    return Seen(
        f"answered {status(answer)} after {took:.1f} s, {lines} lines", took < 1.5 and lines <= 1 and status(answer) > 0
    )


async def unknown_sessions(arena: Arena) -> Seen:
    """50 requests for sessions that a restart has lost."""
    before = len(arena.printed())
    paths = [f"/gradio_api/queue/data?session_hash={secrets.token_hex(6)}" for _ in range(50)]
    answers = await many([arena.raw(get(arena, path), 1) for path in paths])
    grown = len(arena.printed()) - before
    statuses = counted([status(one) if isinstance(one, bytes) else one for one in answers])
    return Seen(
        f"{statuses}; {grown / 50:.0f} characters of log each",
        grown < 10_000,
    )


async def login_cookies(arena: Arena) -> Seen:
    """What the browser is told to keep."""
    async with arena.client() as client:
        answer = await client.post("/login", data=arena.login)
    kept = answer.headers.get_list("set-cookie")
    fine = [one for one in kept if "samesite=lax" in one.lower() or "samesite=strict" in one.lower()]
    flags = [re.sub(r"=[^;]*", "", one.split(";")[0]) + ";" + ";".join(one.split(";")[1:]) for one in kept]
    return Seen(f"{answer.status_code}: {'; '.join(flags)[:160]}", len(kept) >= 1 and len(fine) == len(kept))


async def passwords(arena: Arena) -> Seen:
    """24 wrong ones from one IPv6 /64, as a proxy on this machine passes them on."""
    async with arena.client("127.0.0.1") as client:
        deeds = [
            client.post(
                "/login",
                data={"username": "ada", "password": "x"},
                headers={"X-Forwarded-For": f"2001:db8::{number:x}"},
            )
            for number in range(1, 25)
        ]
        statuses = [getattr(one, "status_code", one) for one in await many(deeds)]
    return Seen(counted(statuses), 429 in statuses)


async def without_password(arena: Arena) -> Seen:
    """The routes that a page opens."""
    paths = (
        "/gradio_api/heartbeat/abc",
        "/gradio_api/queue/data?session_hash=abc",
        "/config",
        "/gradio_api/upload_progress?upload_id=a",
    )
    statuses = {path: status(await arena.raw(get(arena, path), 1)) for path in paths}
    opened = [path for path, code in statuses.items() if code == 200]
    join = await arena.raw(
        get(arena, "/gradio_api/queue/join", "Content-Type: application/json", "Content-Length: 2", method="POST")
        + b"{}",
        1,
    )
    return Seen(
        f"{[*statuses.values(), status(join)]}, open: {', '.join(opened) or 'none'}", not opened and status(join) == 401
    )


async def parsed_before_login(arena: Arena) -> Seen:
    """7 MB of JSON of somebody without the password."""
    async with arena.client() as client:
        headers = {"Content-Type": "application/json"}
        begun = time.monotonic()
        answer = await client.post(
            "/gradio_api/queue/join", content=b"[" + b"[]," * 2_300_000 + b"[]]", headers=headers
        )
    await asyncio.sleep(0.5)
    return Seen(f"{answer.status_code} after {time.monotonic() - begun:.1f} s", answer.status_code in (401, 413))


CASES = (
    Case("6", "another host's name", rebinding),
    Case("6", "X-Forwarded-Host in the page", forwarded_host),
    Case("6", "leave for other origins", origins),
    Case("6", "60 kB of backslashes in a cookie", cookies, seconds=40),
    Case("6", "a websocket's upgrade", websocket),
    Case("6", "50 requests for unknown sessions", unknown_sessions),
    Case("6", "the cookies of a login", login_cookies, "login"),
    Case("6", "24 passwords from one IPv6 network", passwords, "login"),
    Case("6", "heartbeat and queue without the password", without_password, "login"),
    Case("2", "7 MB of JSON without the password", parsed_before_login, "login"),
)
