"""One visitor's slow request holds up no other: what decodes, reads or waits for a disk is off the event loop."""

import asyncio
import inspect
import io
import json
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image as PILImage

from backend.chat.messages import AssistantMessage, Conversation, ToolCall, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.tree import ConversationTree
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.storage.document import Document, data_url
from backend.storage.document_json import to_json
from backend.storage.fetch_pool import FetchPool
from backend.storage.images import ImageStore
from backend.tokenization.inspect import Inspection
from backend.tools.builtin import BUILTIN_TOOLS
from tests.support.scripted_engine import ScriptedEngine
from ui.attachments.choice import Choice
from ui.bridge import Bridge
from ui.commands import AnswerCall
from ui.events import event
from ui.handlers.branches import BranchHandlers
from ui.handlers.commands import Commands
from ui.handlers.compare import CompareHandlers
from ui.handlers.draft import DraftHandlers
from ui.handlers.imports import ImportHandlers
from ui.handlers.send import SendHandlers
from ui.handlers.tool_calls import ToolCallHandlers
from ui.page import Services, page
from ui.requests.box_commands import AddUrl
from ui.session import Chat
from ui.session_store import SessionStore
from ui.values import box

REQUEST = gr.Request(session_hash="abc")
RED = io.BytesIO()
PILImage.new("RGB", (40, 30), "red").save(RED, "PNG")


class Gate:
    """Where a slow piece of work stands until the event loop has had its turn."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self.opened.wait(30), "the event loop stands still"

    async def held_up(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The outcome of work that comes to this gate, which this loop opens."""
        task = asyncio.ensure_future(work)
        while not self.reached.is_set() and not task.done():
            await asyncio.sleep(0.01)
        assert self.reached.is_set()
        self.opened.set()
        return await task


class SlowStore(ImageStore):
    """Counts the pictures that are taken in, each through the gate where there is one."""

    gate: Gate | None = None
    count = 0

    def take(self, *given: Any) -> Image:
        self._wait()
        return super().take(*given)

    def take_bytes(self, *given: Any) -> Image:
        self._wait()
        return super().take_bytes(*given)

    def _wait(self) -> None:
        self.count += 1
        if self.gate:
            self.gate.pass_through()


class Room:
    """A page's handlers, its values as it opens, and a picture on disk."""

    def __init__(self, folder: Path) -> None:
        self.store, self.gate, self.picture = SlowStore(folder / "store"), Gate(), folder / "uploads" / "red.png"
        self.picture.parent.mkdir()
        PILImage.new("RGB", (40, 30), "red").save(self.picture)
        about = ModelInfo("Model", "", "", "")
        model = ModelCapabilities(lambda: about, 64, lambda: None, self.inspect)
        self.sessions = SessionStore()
        services = Services(ScriptedEngine([[TextDelta("Hi")]] * 2), model, self.store, Bridge(), self.sessions)
        self.demo = page(services, BUILTIN_TOOLS)
        self.commands: Commands = inspect.unwrap(self.handler("run")).__self__
        self.drafts: DraftHandlers = inspect.unwrap(self.handler("show")).__self__
        self.compare: CompareHandlers = inspect.unwrap(self.handler("begin_two")).__self__
        self.calls: ToolCallHandlers = self.commands.tool_calls
        self.branches: BranchHandlers = inspect.unwrap(self.handler("retry")).__self__
        self.sends: SendHandlers = inspect.unwrap(self.handler("send")).__self__
        view, self.chat = self.commands.view, self.commands.view.components
        self.values = {component: getattr(component, "value", None) for component in view.presenter.inputs}
        self.values |= {self.chat.place: "", self.chat.message: box("", [str(self.picture)])}
        sides = self.chat.comparison
        self.values |= {sides.prompt: "", sides.temperature: 0.1, sides.top_p: 1.0}
        self.values |= {view.presenter.private: True}

    def handler(self, name: str) -> Any:
        return next(f.fn for f in self.demo.fns.values() if getattr(f.fn, "__name__", "") == name)

    def inspect(self, request: ChatRequest) -> Inspection:
        self.gate.pass_through()
        raise LookupError

    def document(self) -> Document:
        """A conversation of one message and one answer that came from a request."""
        image = ImageStore.take(self.store, self.picture, "red.png")
        return Document(history=ConversationTree().with_branch(Conversation((UserMessage((image,)),))))

    def called(self, handler: Callable[..., Any], *given: Any) -> Coroutine[Any, Any, Any]:
        """The handler as an event calls it."""
        return event(handler)(self.values, *given, REQUEST)

    def command(self, data: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        return self.called(self.commands.run, gr.EventData(None, data))

    def opening(self) -> Coroutine[Any, Any, Any]:
        body = self.picture.with_suffix(".kept")
        body.write_text(json.dumps(to_json(self.document(), lambda _: str(self.picture))))
        return self.command({"do": "open", "body": str(body)})

    def importing(self) -> Coroutine[Any, Any, Any]:
        export = self.picture.with_suffix(".json")
        export.write_text(json.dumps(to_json(self.document(), data_url)))
        handlers = ImportHandlers(self.commands.view, self.commands.starter, self.commands.store)
        return handlers.import_file(str(export), self.values, REQUEST)

    def adding_an_address(self) -> Coroutine[Any, Any, Any]:
        boxes = replace(self.commands.boxes, pool=FetchPool(lambda _: RED.getvalue()))
        return boxes.run(self.values, AddUrl(do="url", text="https://example.org/red.png"), REQUEST)

    def sending(self) -> Coroutine[Any, Any, Any]:
        return self.called(self.sends.send)

    def comparing_two(self) -> Coroutine[Any, Any, Any]:
        return self.called(self.compare.begin_two)

    def asked(self, *after: UserMessage) -> None:
        """The page's chat has a question, and a call that waits for a person."""
        answer = AssistantMessage(tool_calls=(ToolCall("abcdefghi", "current_time", "{}"),))
        conversation = Conversation((UserMessage((Text("When?"),)), answer, *after))
        page = self.sessions.page(REQUEST.session_hash or "")
        self.sessions.update(page, lambda session: replace(session, chat=Chat().append(conversation)))

    def retrying(self) -> Coroutine[Any, Any, Any]:
        self.asked()
        return self.branches.retry(self.values, REQUEST)

    def running_a_call(self) -> Coroutine[Any, Any, Any]:
        self.asked()
        allowed = AnswerCall(do="call", id="abcdefghi", verdict="once", text="{}")
        return self.calls.answer(self.values, allowed, REQUEST)

    def undoing(self) -> Coroutine[Any, Any, Any]:
        self.asked(UserMessage((Text("Hm"),)))
        return self.branches.undo(self.values, REQUEST)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    async def build() -> Room:  # inside a loop, since Gradio would otherwise make some and never close them
        return Room(tmp_path)

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr(gr, "Warning", lambda *_, **__: None)
    return asyncio.run(build())


@pytest.mark.parametrize(
    "work",
    [Room.opening, Room.importing, Room.adding_an_address, Room.comparing_two, Room.sending],
    ids=lambda work: work.__name__,
)
def test_others_are_served_while_a_picture_is_decoded(room: Room, work: Callable[[Room], Any]) -> None:
    async def run() -> None:
        begun = work(room)
        room.store.gate = room.gate
        await room.gate.held_up(begun)

    asyncio.run(run())


@pytest.mark.parametrize(
    "work",
    [Room.retrying, Room.running_a_call, Room.undoing, Room.sending, Room.comparing_two],
    ids=lambda work: work.__name__,
)
def test_others_are_served_while_tools_are_checked(
    room: Room, work: Callable[[Room], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = room.commands.view.presenter.builder.declared
    read = tools.read
    monkeypatch.setattr(tools, "read", lambda *given: room.gate.pass_through() or read(*given))
    asyncio.run(room.gate.held_up(work(room)))


def test_others_are_served_while_a_prompt_is_inspected(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.handlers.answers.prompts.request_of", lambda history, index: ChatRequest())
    room.asked()
    asyncio.run(room.gate.held_up(room.command({"do": "inspect", "index": "0"})))


def test_a_picture_in_the_box_is_decoded_once_and_not_at_each_key(room: Room) -> None:
    chat, page = room.chat, room.sessions.page(REQUEST.session_hash or "")
    shown = [
        room.drafts.show(room.values | {chat.message: box(text, [str(room.picture)])}, REQUEST)[chat.attachments]
        for text in ("", "H", "Hi")
    ]
    assert room.store.count == 1
    assert len(set(shown)) == 1
    assert "40 × 30" in shown[0]
    room.sessions.update(page, lambda session: replace(session, choices={str(room.picture): Choice(512)}))
    room.drafts.show(room.values, REQUEST)
    assert room.store.count == 2
    room.picture.with_name("bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    bad = room.values | {chat.message: box("", [str(room.picture.with_name("bad.png"))])}
    with ThreadPoolExecutor(4) as threads:  # as when several events come of one change
        strips = [shown[chat.attachments] for shown in threads.map(room.drafts.show, [bad] * 4, [REQUEST] * 4)]
    assert all("refused" in strip for strip in strips)
    assert room.store.count == 3
