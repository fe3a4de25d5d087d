"""What is longer than anything that a model reads: one sentence, nothing typed is lost, and the page goes on."""

import asyncio
import json
from typing import Any

import pytest

from scripts.visitors import Visitor
from tests.trust.conftest import App, visitor
from ui.gradio_patches.calls import TOO_LONG
from ui.requests.values import MAX_TEXT

LONG = "ab " * (MAX_TEXT // 3 + 1)
SENTENCE = f"{{}} has {len(LONG):,} characters. The limit is {MAX_TEXT:,}: shorten it."


def told(events: list[dict[str, Any]]) -> list[str]:
    return [event["log"] for event in events if event["msg"] == "log"]


async def carried_out(
    page: Visitor, event: dict[str, Any], fields: dict[str, Any], **call: Any
) -> list[dict[str, Any]]:
    return [event async for event in page.call(page.body(event, fields) | call)]


@pytest.mark.parametrize(
    "fields",
    [{"message": {"text": LONG, "files": []}}, {"message": {"text": "Hello", "files": []}, "system-prompt": LONG}],
    ids=["message", "prompt"],
)
def test_a_text_that_is_too_long_to_send_is_refused_in_a_sentence_and_the_page_goes_on(
    open_app: App, fields: dict[str, Any]
) -> None:
    """What was typed stays, since the page empties the box when it was taken: see tests/browser."""

    async def send() -> tuple[list[dict[str, Any]], str]:
        async with visitor(open_app, address="203.0.113.61") as page:
            events = await carried_out(page, page.event("message", "submit"), fields)
            return events, (await page.say("Hello", **{"max-tokens": 1})).state

    events, after = asyncio.run(send())
    assert [json.loads(sentence)["detail"] for sentence in told(events)] == [TOO_LONG]
    assert after == "completed"


def test_an_edit_that_is_too_long_changes_nothing_and_what_was_written_stays_in_its_editor(open_app: App) -> None:
    """Since the page draws nothing then: see tests/browser."""

    async def edit() -> list[dict[str, Any]]:
        async with visitor(open_app, address="203.0.113.62") as page:
            assert (await page.say("Hello", **{"max-tokens": 1})).state == "completed"
            data = {"do": "rewrite", "index": 1, "text": LONG}
            return await carried_out(page, page.event("channel", "select"), {}, event_data=data)

    events = asyncio.run(edit())
    assert told(events) == [SENTENCE.format("The message")]
    assert "entries" not in json.dumps(events)
    assert "ab ab" not in json.dumps(events)
