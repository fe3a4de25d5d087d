"""Section 5: one address that pushes out what others have."""

import asyncio
import json
import secrets

from scripts.attack.arena import ANOTHER, Arena, Case, Seen, body_of, counted, many, status
from scripts.attack.upstream import SLOWLY

PAGES = 2_050  # more than the app keeps


async def _opened(arena: Arena) -> str:
    """That many pages of the attacker's, with an event each."""
    async with arena.page() as page:
        body = body_of(page, "clear", "click")
        deeds = [page.client.post("/gradio_api/queue/join", json=body | {"session_hash": secrets.token_hex(6)})
                 for _ in range(PAGES)]  # fmt: skip
        return counted([getattr(one, "status_code", one) for one in await many(deeds, 40)])


async def pages(arena: Arena) -> Seen:
    """Whether somebody else's next message still has its context."""
    async with arena.page(ANOTHER) as other:
        first = await other.say("apples", **{"max-tokens": 4})
        joined = await _opened(arena)
        await asyncio.sleep(2)
        second = await other.say("pears", **{"max-tokens": 4})
    has_both = second.state == "completed" and "apples" in second.shown and "pears" in second.shown
    return Seen(f"{joined}; first {first.state}, then {second.state} {second.notice[:60]}", has_both)


async def heartbeats(arena: Arena) -> Seen:
    """The same with heartbeats, which ask for no login."""

    def head() -> bytes:
        return arena.request(f"/gradio_api/heartbeat/{secrets.token_hex(6)}")

    async with arena.page(ANOTHER) as other:
        await other.say("apples", **{"max-tokens": 4})
        answers = await many([arena.raw(head(), 0.4) for _ in range(PAGES)], 100)
        second = await other.say("pears", **{"max-tokens": 4})
    statuses = counted([one if isinstance(one, Exception) else status(one) for one in answers])
    is_kept = second.state == "completed" and "apples" in second.shown
    return Seen(f"{statuses}; then {second.state} {second.notice[:60]}", is_kept)


async def streaming(arena: Arena) -> Seen:
    """Whether an answer that streams meanwhile comes to its end."""
    async with arena.page(ANOTHER) as other:
        talk = asyncio.ensure_future(other.say(f"{SLOWLY}, please", **{"max-tokens": 64}))
        try:
            await asyncio.sleep(2)
            joined = await _opened(arena)
            outcome = await talk
        finally:
            talk.cancel()
    is_whole = outcome.state == "completed" and "149: " in json.dumps(outcome.shown)
    return Seen(
        f"{joined}; the answer {outcome.state}{'' if is_whole else ', not whole'} {outcome.notice[:60]}", is_whole
    )


CASES = (
    Case("5", "2,050 pages of one address", pages, seconds=60, growth=600),
    Case("5", "2,050 heartbeats of one address", heartbeats, seconds=60, growth=600),
    Case("6", "2,050 calls while an answer streams", streaming, seconds=90, growth=600),
)
