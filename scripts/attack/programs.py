"""Section 9, the API: a stranger without its key, and a program with it that takes all it can get."""

import asyncio
import json
from collections import Counter

from scripts.attack.apps import KEY
from scripts.attack.arena import ANOTHER, Arena, Case, Seen, status

CHAT = "/v1/chat/completions"
GUESSES, STREAMS, HUGE = 200, 60, 100_000_000
HELLO = {"messages": [{"role": "user", "content": "Hello"}], "stream": True}
RIGHT = {"Authorization": f"Bearer {KEY}"}


async def guesses(arena: Arena) -> Seen:
    """Wrong keys, one after the other; whoever has the right one is elsewhere."""
    async with arena.client() as client, arena.client(ANOTHER) as other:
        wrong = [{"Authorization": f"Bearer {number}"} for number in range(GUESSES)]
        found = Counter([(await client.get("/v1/models", headers=one)).status_code for one in wrong])
        right = (await other.get("/v1/models", headers=RIGHT)).status_code
    return Seen(f"answered {dict(found)}, the key {right}", found[401] <= 20 and found[429] >= 150 and right == 200)


async def many_streams(arena: Arena) -> Seen:
    """Answers that are all asked for at once: those over the limit are told to wait."""
    body = json.dumps(HELLO).encode()
    lines = (f"Authorization: Bearer {KEY}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    request = arena.request(CHAT, *lines, method="POST") + body
    found = Counter(map(status, await asyncio.gather(*(arena.raw(request, 5) for _ in range(STREAMS)))))
    return Seen(f"answered {dict(found)}", found[200] + found[429] == STREAMS)


async def huge_bodies(arena: Arena) -> Seen:
    """Bodies of 100 MB, said and sent."""
    heads = [f"Authorization: Bearer {KEY}", "Content-Type: application/json"]
    said = arena.request(CHAT, *heads, f"Content-Length: {HUGE}", method="POST") + b" " * 1_000_000
    chunk = b"F4240\r\n" + b" " * 1_000_000 + b"\r\n"
    sent = arena.request(CHAT, *heads, "Transfer-Encoding: chunked", method="POST") + chunk * (HUGE // 1_000_000)
    found = [status(await arena.raw(one, 10)) for one in (said, sent)]
    return Seen(f"answered {found}", found == [413, 413])


CASES = (
    Case("9", f"{GUESSES} wrong keys for the API", guesses, "api", seconds=60),
    Case("9", f"{STREAMS} streams of the API at once", many_streams, "api"),
    Case("9", "bodies of 100 MB for the API", huge_bodies, "api", seconds=40),
)
