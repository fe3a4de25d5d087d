"""A page that shows a conversation which the server no longer has for it, as when others took its room."""

import asyncio
import json
import secrets
from typing import Any

import pytest

from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.tree import ConversationTree
from backend.storage.document import Document
from backend.storage.document_json import to_json
from scripts.visitors import Visitor
from tests.trust.conftest import App, visitor
from ui.bridge import Bridge
from ui.conversations.restore import KEPT_NOWHERE
from ui.fairness.at_once import WAIT

pytestmark = pytest.mark.timeout(300)
PAGES = Bridge().max_per_visitor  # all of which ask at once
PLACE = {"page": "0123456789abcdef0123456789abcdef", "id": "0123456789abcdef", "leaf": None}
OF_ANOTHER = {"place": json.dumps(PLACE), "message": {"text": "And then?", "files": []}, "max-tokens": 1}
CLICKS = [
    "retry", "undo", "compare-open", "compare-start", "take-left", "take-right",
    "export-json", "export-openai", "export-markdown", "link",
]  # fmt: skip
COMMANDS = ["turn", "inspect", "edit", "compare", "rewrite", "source", "undo"]
EVENTS: list[tuple[str, str, Any]] = [
    ("message", "submit", None),
    ("channel", "submit", {"do": "call", "id": "abcdefghi", "verdict": "always", "text": "{}"}),
    *((name, "click", None) for name in CLICKS),
    *(("channel", "submit", {"do": do, "index": 0}) for do in ("continue", "retry")),
    *(("channel", "select", {"do": do, "index": "0", "step": "1", "text": "x"}) for do in COMMANDS),
]  # fmt: skip


async def told(page: Visitor, name: str, trigger: str, data: Any = None) -> list[dict[str, Any]]:
    """What the server says to an event of a page that has nothing to hand over, as it says when it is asked to."""
    body = page.body(page.event(name, trigger), OF_ANOTHER) | {"event_data": data}
    refusal = page.body(page.event("channel", "select"), OF_ANOTHER)
    refusal["event_data"] = {"do": "open", "id": PLACE["id"], "again": True}
    events = []
    async for event in page.call(body):
        events.append(event)
        if event["msg"] == "process_generating" and '"lost": true' in json.dumps(event):
            await page.client.post(f"{page.url}/gradio_api/queue/join", json=refusal)
    return events


def test_whatever_would_act_on_a_conversation_that_nobody_has_is_refused_and_a_new_chat_goes_on(open_app: App) -> None:
    async def visit() -> tuple[dict[str, list[Any]], str]:
        async with visitor(open_app, address="203.0.113.97") as page:
            said = {}
            for name, trigger, data in EVENTS:
                events = await told(page, name, trigger, data)
                said[f"{name} {trigger} {data}"] = [event["log"] for event in events if event["msg"] == "log"]
                if name == "message":
                    assert "And then?" in json.dumps([event.get("output") for event in events])
            async for event in page.call(page.body(page.event("clear", "click"), OF_ANOTHER)):
                assert event["msg"] != "log"
            return said, (await page.say("Hello", **{"max-tokens": 2})).state

    said, state = asyncio.run(visit())
    assert [event for event, sentences in said.items() if sentences != [KEPT_NOWHERE]] == []
    assert state == "completed"


def test_one_visitor_cannot_take_all_places_by_waiting_for_conversations(open_app: App) -> None:
    async def waits(page: Visitor) -> list[str]:
        body = page.body(page.event("retry", "click"), OF_ANOTHER)
        async for event in page.call(body):
            if event["msg"] == "log":
                return [event["log"]]
        return []

    async def visit() -> list[list[str]]:
        async with visitor(open_app, address="203.0.113.96") as page:
            pages = [Visitor(page.url, page.config, page.client) for _ in range(17)]
            waiting = [asyncio.create_task(waits(one)) for one in pages]
            done, pending = await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            return [task.result() for task in done]

    assert asyncio.run(visit()) == [[WAIT]]


def kept(words: int) -> Document:
    """A conversation as a browser keeps it, long enough that reading one takes while others are handed over."""
    said = UserMessage((Text("plums " * words),)), AssistantMessage("Yes.")
    return Document(history=ConversationTree().with_branch(Conversation(said * 8)))


async def goes_on(page: Visitor, document: Document) -> list[str]:
    """What a page is told that asks after a restart, and hands over what its browser keeps; its answer at the end."""
    place = {"page": secrets.token_hex(16), "id": document.id, "leaf": document.history.leaf}
    changed = {"place": json.dumps(place), "message": {"text": "And then?", "files": []}, "max-tokens": 1}
    send, told = page.event("message", "submit"), []

    async def hands_over() -> None:
        content = json.dumps(to_json(document, str)).encode()
        name = f"conversation-{secrets.token_hex(8)}.json"
        sent = await page.client.post("/gradio_api/upload", files={"files": (name, content)})
        opening = page.body(page.event("channel", "select"), changed)
        opening["event_data"] = {"do": "open", "id": document.id, "body": sent.json()[0], "again": True}
        await page.client.post("/gradio_api/queue/join", json=opening)

    async for event in page.call(page.body(send, changed)):
        if event["msg"] == "process_generating" and '"lost": true' in json.dumps(event):
            await hands_over()
        told += [event["log"]] if event["msg"] == "log" else []
        told += [event["msg"]] if event["msg"] == "process_completed" else []
    again = page.body(page.event("channel", "select"), {"place": page.place}) | {"event_data": {"do": "redraw"}}
    async for _ in page.call(again):
        pass
    return [*told, "as before" if "plums" in json.dumps(page.entries) else "nothing of what was said before"]


def test_after_a_restart_all_pages_of_one_conversation_have_it_back(open_app: App) -> None:
    async def visit() -> list[list[str]]:
        async with visitor(open_app, address="203.0.113.95") as first:
            first.client.base_url = first.url
            pages, document = [Visitor(first.url, first.config, first.client) for _ in range(PAGES)], kept(20_000)
            return await asyncio.gather(*(goes_on(page, document) for page in pages))

    assert asyncio.run(visit()) == [["process_completed", "as before"]] * PAGES
