"""A page that shows a conversation which the server no longer has for it, as when others took its room."""

import asyncio
import json
from typing import Any

import pytest

from tests.trust.conftest import App, visitor
from ui.conversations.lost import LOST

pytestmark = pytest.mark.timeout(300)
OF_ANOTHER = {"page-token": "0123456789abcdef", "message": {"text": "And then?", "files": []}, "max-tokens": 1}
CLICKS = [
    "retry", "undo", "tool-run", "tool-result-send", "tool-result-failed", "compare-start", "take-left", "take-right",
    "export-json", "export-openai", "export-markdown", "link",
]  # fmt: skip
EVENTS: list[tuple[str, str, Any]] = [
    ("message", "submit", None), ("tool-result", "submit", None), ("channel", "submit", None),
    ("conversation", "edit", {"index": 0, "value": "x", "previous_value": ""}),
    *((name, "click", None) for name in CLICKS),
    *(("channel", "select", {"do": do, "index": "0", "step": "1"}) for do in ("turn", "inspect", "edit")),
]  # fmt: skip


def test_whatever_would_act_on_the_lost_conversation_is_refused_and_a_new_chat_goes_on(open_app: App) -> None:
    async def visit() -> tuple[dict[str, list[Any]], str]:
        async with visitor(open_app, address="203.0.113.97") as page:
            told = {}
            for name, trigger, data in EVENTS:
                body = page.body(page.event(name, trigger), OF_ANOTHER) | {"event_data": data}
                events = [event async for event in page.call(body)]
                told[f"{name} {trigger} {data}"] = [event["log"] for event in events if event["msg"] == "log"]
                if name == "message":
                    assert "And then?" in json.dumps(events[-1]["output"]["data"])
            async for event in page.call(page.body(page.event("clear", "click"), OF_ANOTHER)):
                assert event["msg"] != "log"
            return told, (await page.say("Hello", **{"max-tokens": 2})).state

    told, state = asyncio.run(visit())
    assert [event for event, sentences in told.items() if sentences != [LOST]] == []
    assert state == "completed"
