"""One visitor with many pages: only so many of their messages wait or are answered at once."""

import asyncio
from contextlib import aclosing
from typing import Any

from scripts.visitors import Visitor
from tests.trust.conftest import App, visitor
from ui.bridge import Bridge
from ui.conversations.starter import CROWDED

LIMIT = Bridge().max_per_visitor
LONG = "Say: " + " ".join(f"marker{number}" for number in range(100))


async def begin(page: Visitor, text: str) -> list[dict[str, Any]]:
    """What the server says to a message till its answer begins, which then goes on for a while."""
    send = page.body(page.event("message", "submit"), {"message": {"text": text, "files": []}, "max-tokens": 2048})
    told = []
    async with aclosing(page.call(send)) as events:
        async for event in events:
            told.append(event)
            if event["msg"] == "process_generating":
                break
    return told


def test_one_message_too_many_of_a_visitor_is_refused_in_a_sentence_and_stays_in_the_box(open_app: App) -> None:
    async def crowd() -> tuple[list[dict[str, Any]], str]:
        async with visitor(open_app, address="203.0.113.7") as page, visitor(open_app, address="203.0.113.8") as other:
            for _ in range(LIMIT):
                await begin(Visitor(page.url, page.config, page.client), LONG)
            refused = await begin(page, "Let me in")
            return refused, (await other.say("Hello", **{"max-tokens": 2})).state

    refused, elsewhere = asyncio.run(crowd())
    assert [event["log"] for event in refused if event["msg"] == "log"] == [CROWDED.format(LIMIT)]
    assert refused[-1]["success"]
    assert "Let me in" in str([event["output"] for event in refused if "output" in event])
    assert elsewhere == "completed"


def test_a_visitor_may_go_on_when_one_of_their_answers_is_done(open_app: App) -> None:
    async def crowd() -> list[str]:
        async with visitor(open_app, address="203.0.113.9") as page:
            pages = [Visitor(page.url, page.config, page.client) for _ in range(LIMIT + 1)]
            for one in pages[1:]:
                await begin(one, LONG)
            states = [(await page.say("Hello", **{"max-tokens": 2})).state]
            while (state := (await page.say("Hello", **{"max-tokens": 2})).state) == "refused":
                await asyncio.sleep(1)
            return [*states, state]

    assert asyncio.run(crowd()) == ["refused", "completed"]
