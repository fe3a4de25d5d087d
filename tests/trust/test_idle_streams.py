"""Streams that a page opens and waits for nothing: they end, as do those of its events."""

import asyncio
import json

from tests.trust.conftest import App, visitor


def test_a_stream_that_is_opened_when_the_event_is_done_ends(open_app: App) -> None:
    """As Gradio's page opens one; left open, it takes a restart of the app for an answer that never ends."""

    async def visit() -> list[str]:
        async with visitor(open_app, address="203.0.113.90") as page:
            assert (await page.say("Hello", **{"max-tokens": 2})).state == "completed"
            address = f"{page.url}/gradio_api/queue/data?session_hash={page.session}"
            async with asyncio.timeout(30), page.client.stream("GET", address) as stream:
                return [json.loads(line[5:])["msg"] async for line in stream.aiter_lines() if line.startswith("data:")]

    assert asyncio.run(visit())[-1] == "close_stream"


def test_a_stream_whose_event_goes_on_stays(open_app: App) -> None:
    async def visit() -> str:
        async with visitor(open_app, address="203.0.113.90") as page:
            return (await page.say("Count to one hundred in words.", **{"max-tokens": 900})).state

    assert asyncio.run(visit()) == "completed"
