"""What a person does on the page while an answer streams, and before and after it: nothing that was written is lost.

The components, handlers, bridge and archive are the real ones; the page keeps its values as Gradio does.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image as PILImage

import ui.handlers.answer
from backend.chat.errors import FAULT, GONE, GenerationFailed, UserError
from backend.chat.messages import AssistantMessage, ToolCall, ToolMessage
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.demo.terms import Terms
from backend.demo.values import NO_DEMO, Demo
from backend.engines.engine import Engine
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.storage.document import Document
from backend.storage.document_json import to_json
from backend.storage.images import ImageStore
from backend.storage.sqlite import DELETED, Archive
from backend.tools.builtin import BUILTIN_TOOLS
from tests.support.scripted_engine import ScriptedEngine
from tests.support.transcript import drawn
from ui.attachments.box_files import BoxFiles
from ui.attachments.readings import Readings
from ui.attachments.uploads import TextUploads
from ui.bridge import Bridge
from ui.components.chat import chat_column
from ui.components.sidebar import panel
from ui.components.tools_dialog import tools_dialog
from ui.conversations.answering import STOPPED_NOTE, AnswerRunner
from ui.conversations.restore import Restorer
from ui.conversations.starter import BUSY_ELSE, Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.events import event, on_conversation
from ui.handlers.answer import AnswerHandlers
from ui.handlers.answers.code import CodeHandlers
from ui.handlers.answers.prompts import PromptHandlers
from ui.handlers.box import BoxHandlers
from ui.handlers.branches import BranchHandlers
from ui.handlers.commands import Commands
from ui.handlers.compare import CompareHandlers
from ui.handlers.composer.choosing import ChoosingHandlers
from ui.handlers.composer.message_box import Composer
from ui.handlers.composer.regions import RegionHandlers
from ui.handlers.conversations import ConversationHandlers
from ui.handlers.draft import DraftHandlers
from ui.handlers.examples import ExampleHandlers
from ui.handlers.exports import ExportHandlers
from ui.handlers.imports import ImportHandlers
from ui.handlers.panel.kept_examples import KeptExamples
from ui.handlers.send import SendHandlers
from ui.handlers.tool_calls import ToolCallHandlers
from ui.requests.builder import RequestBuilder
from ui.requests.given_files import GivenFiles
from ui.requests.presenter import PanelPresenter
from ui.requests.values import MAX_TEXT
from ui.session import Chat, Session
from ui.session_store import ROOM, SessionStore
from ui.texts import texts
from ui.values import Updates, Values, box

WEATHER = json.dumps({"name": "weather", "parameters": {"type": "object", "properties": {}}})
CALL = ToolCall("abcdefghi", "weather", "{}")
CALCULATION = ToolCall("abcdefghi", "my_calculator", '{"expression": "6*7"}')


class Endless:
    """Writes "word " until it is stopped."""

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        while True:
            yield TextDelta("word ")
            time.sleep(0.01)


class Visit:
    """A page: what its components hold, and what its visitor does. Made inside a loop, as Gradio's parts have to be."""

    def __init__(
        self, engine: Engine, tmp_path: Path, in_browser: bool = False, demo: Demo = NO_DEMO, **asked: Any
    ) -> None:
        """`asked` is what the page may ask of the model, as in ModelCapabilities."""
        self.folder, self.images = tmp_path, ImageStore(tmp_path / "pictures", 10_000_000)
        self.archive = Archive(tmp_path / "kept.db", self.images)
        info = ModelInfo("Mistral Demo", "", "", demo.system_prompt or "")
        with gr.Blocks():
            channel, reports, self.private = gr.HTML({}), gr.HTML({}), gr.Checkbox()
            self.panel = panel(
                "You are {name}.", Terms(demo, 2048), {tool.name: "" for tool in BUILTIN_TOOLS}, tools_dialog()
            )[0]
            self.talk = chat_column(info, channel, reports, demo=demo)
        self.sides = self.talk.comparison
        components = (self.talk, self.panel, self.sides)
        all_components = [self.private, *(component for group in components for component in vars(group).values())]
        self.values: Values = {component: getattr(component, "value", None) for component in all_components}
        given = GivenFiles(demo, self.images.take)
        builder = RequestBuilder(BUILTIN_TOOLS, lambda: info, 2048, demo=demo, files=given)
        self.presenter = PanelPresenter(self.panel, self.private, self.talk.zone, builder)
        self.bridge = Bridge()
        self.sessions = SessionStore(self.bridge.is_busy)
        view = ChatView(self.talk, self.presenter, self.sessions)
        archive = None if in_browser else self.archive
        store = ConversationStore(self.presenter, self.images, archive, channel, self.sessions)
        runner = AnswerRunner(engine, self.bridge, store, self.sessions)
        self.files = BoxFiles(Readings(self.images))
        starter = Starter(builder, self.bridge, view, store, runner)
        composer = Composer(self.talk, self.files, TextUploads(tmp_path))
        self.restorer = Restorer(store, view)
        self.send = SendHandlers(composer, self.presenter, starter)
        self.answer = AnswerHandlers(self.bridge, view, store)
        self.branches = BranchHandlers(view, starter, store, self.bridge, composer)
        self.tool_calls = ToolCallHandlers(view, builder, starter)
        self.examples = ExampleHandlers(view)
        conversations = ConversationHandlers(view, composer, store, starter, self.restorer)
        regions = RegionHandlers(view, composer, store, self.images)
        boxes = BoxHandlers(view, composer, store, ChoosingHandlers(view, composer, store), self.images, regions)
        self.comparing = CompareHandlers(engine, self.bridge, view, composer, starter)
        prompts = PromptHandlers(view, store, asked.get("inspect"))
        self.model = ModelCapabilities(lambda: info, 2048, **asked)
        kept_examples = KeptExamples(view, store, self.model)
        self.code = CodeHandlers(view, store)
        commands = Commands(
            view, composer, boxes, self.send, store, starter, self.branches, conversations, self.tool_calls,
            self.comparing, prompts, kept_examples, self.code,
        )  # fmt: skip
        self.command = on_conversation(
            commands.run, self.restorer, failed=commands.undone, needs=commands.acts_on_conversation
        )
        self.submitted = on_conversation(
            commands.run_answered, self.restorer, failed=commands.unanswered, needs=commands.acts_on_conversation
        )
        self.draft = DraftHandlers(view, composer, builder, self.model, self.bridge)
        self.imports, self.exports = ImportHandlers(view, starter, store), ExportHandlers(view, store, builder)
        self.request = gr.Request(session_hash="connection")
        self.reports: list[dict[str, Any]] = []
        self.entries: list[Any] = []  # what the transcript shows

    @property
    def page(self) -> str:
        return self.sessions.page("connection")

    @property
    def chat(self) -> Chat:
        return self.sessions.get(self.page).chat

    def shows(self, updates: Updates) -> None:
        """Takes updates in; a component's other properties than its value are kept beside it, by name."""
        for component, update in updates.items():
            if component is self.talk.transcript and "__type__" not in update:
                self.entries = drawn(self.entries, update) or []
            if not isinstance(update, dict) or "__type__" not in update:
                self.values[component] = update
                continue
            for name, value in update.items():
                self.values[component if name == "value" else (component, name)] = value

    def is_shown(self, component: Any) -> bool:
        return bool(self.values.get((component, "visible")))

    def can_stop(self) -> bool:
        """Whether Stop has the place of Send."""
        return self.is_shown(self.talk.answering)

    async def sends(self, text: str) -> None:
        self.values[self.talk.message] = box(text)
        self.shows(await self.send.send(dict(self.values), self.request))

    async def does(self, handler: Callable[..., Any]) -> None:
        """Calls a handler as its event does, in a thread where it is no coroutine."""
        self.shows(await event(handler)(dict(self.values), self.request))

    async def on_conversation(self, handler: Callable[..., Any], *given: Any) -> None:
        """The same for one that acts on the conversation: what is to be done meanwhile is done by the page."""
        await self._called(on_conversation(handler, self.restorer), *given)

    async def commands(self, do: str, **words: object) -> None:
        await self._called(self.command, gr.EventData(None, {"do": do, **words}))

    def waiting(self) -> str:
        """The card of the call that waits for a person, as the page shows it; "" for none."""
        blocks = [block for _, _, blocks in self.entries for block in blocks]
        return next((block for block in blocks if 'class="ask"' in block), "")

    async def decides(self, verdict: str, text: str = "") -> None:
        """Says what is to become of the call that waits, as its card does; nothing where there is none."""
        found = re.search(r'data-call="(.*?)"', self.waiting())
        command = {"do": "call", "id": found[1] if found else "gone", "verdict": verdict, "text": text}
        await self._called(self.submitted, gr.EventData(None, command))

    async def resumes(self, **words: object) -> None:
        await self._called(self.submitted, gr.EventData(None, {"do": "resume", **words}))

    async def _called(self, handler: Callable[..., Any], *given: Any) -> None:
        async for updates in handler(dict(self.values), *given, self.request):
            self.shows(updates if self.talk.transcript in updates or "__type__" not in updates else {})

    async def answers(self) -> None:
        """What the page does once an answer was begun."""
        async for shown, report, _ in self.answer.watch(dict(self.values), self.request):
            self.shows({self.talk.transcript: shown})
            self.reports += [report] if "number" in report else []
        self.shows(await self.answer.finish(dict(self.values), self.request))

    async def begins(self, text: str) -> "asyncio.Task[None]":
        """Sends a message, and returns when some of the answer is there."""
        await self.sends(text)
        answering = asyncio.create_task(self.answers())
        while "word" not in self.said():
            await asyncio.sleep(0.05)
        return answering

    def said(self, history: bool = False) -> str:
        """All that was said on the shown branch, or on any."""
        nodes = self.chat.history.nodes.values()
        messages = [n.message for n in nodes] if history else self.chat.conversation.messages
        return " | ".join(getattr(message, "text", "") for message in messages)

    def kept(self) -> list[str]:
        """What was said on the shown branch of each conversation in the archive."""
        documents = [self.archive.load(entry.id) for entry in self.archive.entries()]
        return [
            " | ".join(getattr(m, "text", "") for m in document.history.conversation.messages)
            for document in documents
            if document
        ]

    async def comes_to_keep(self, beginning: str) -> None:
        """Waits until the one conversation in the archive begins so: what a closed page leaves is kept in a thread."""
        for _ in range(1500):
            (kept,) = self.kept()
            if kept.startswith(beginning):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(kept)


def test_a_question_is_kept_as_soon_as_it_is_asked(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        await page.sends("Who?")
        assert page.kept() == ["Who?"]
        browser = Visit(Endless(), tmp_path, in_browser=True)
        await browser.sends("Who?")
        told = browser.values[browser.talk.channel]
        assert (told["save"]["name"], told["current"]) == ("Who?", browser.chat.id)

    asyncio.run(act())


def test_what_was_written_is_kept_where_the_page_is_closed(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        await page.sends("Who?")
        stream = page.answer.watch(dict(page.values), page.request)
        while "word" not in page.said():
            await anext(stream)
        await stream.aclose()
        await page.comes_to_keep("Who? | word")
        assert page.bridge.is_busy(page.page)  # it is written on, for the page to come back
        page.bridge.stop(page.page)

    asyncio.run(act())


@pytest.mark.parametrize("in_browser", [False, True])
def test_a_new_chat_leaves_the_old_one_with_what_was_written(in_browser: bool, tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path, in_browser)
        answering = await page.begins("Who?")
        key = page.chat.id
        await page.does(page.branches.begin)
        await answering
        assert page.said() == ""
        if in_browser:
            told = [*page.reports, page.values[page.talk.channel]]
            saves = [message["save"] for message in told if "save" in message]
            assert {save["id"] for save in saves} == {key}
            assert "word" in str(saves)
        else:
            assert page.kept()[0].startswith("Who? | word")

    asyncio.run(act())


def test_two_pages_begin_two_conversations(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")]]), tmp_path)
        for question in ("Who?", "What?"):
            page.request, page.values[page.talk.place] = gr.Request(session_hash=question), ""
            await page.sends(question)
            await page.answers()
        assert sorted(page.kept()) == ["What? | Two.", "Who? | One."]

    asyncio.run(act())


def test_what_is_asked_names_its_conversation_which_on_one_page_are_several(tmp_path: Path) -> None:
    engine = ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")], [TextDelta("Three.")]])

    async def act() -> None:
        page = Visit(engine, tmp_path)
        for question in ("Who?", "And why?"):
            await page.sends(question)
            await page.answers()
        await page.does(page.branches.begin)
        await page.sends("What?")
        await page.answers()

    asyncio.run(act())
    first, second, other = (request.conversation for request in engine.requests)
    assert first == second != other
    assert "" not in (first, other)
    assert len({request.owner for request in engine.requests}) == 1


def test_a_lost_conversation_is_brought_back_around_what_the_page_holds(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[CALL], [TextDelta("Take a hat.")]]), tmp_path)
        talk, panel = page.talk, page.panel
        page.values |= {panel.tool_schemas: WEATHER}
        await page.sends("Is it sunny?")
        await page.answers()
        page.request = gr.Request(session_hash="of a server that was started anew")
        page.sessions._held.clear()
        page.values |= {talk.message: box("A draft"), panel.temperature: 0.9}
        await page.decides("result", "very sunny")
        await page.answers()
        assert (page.values[talk.message], page.values[panel.temperature]) == (box("A draft"), 0.9)
        assert page.kept() == ["Is it sunny? |  |  | Take a hat."]

    asyncio.run(act())


def test_a_page_that_made_room_for_others_goes_on_with_its_conversation(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        chat, mine = page.chat, page.page
        for number in range(ROOM.count):
            page.sessions.update(page.sessions.page(f"{number}"), lambda session: session.with_chat(chat))
        assert page.sessions.find(mine) is None
        page.values[page.talk.message] = box("What?")
        await page.on_conversation(page.send.send)
        await page.answers()
        assert page.said() == "Who? | One. | What? | Two."

    asyncio.run(act())


class OnceThenNever:
    """Answers once, and then has everybody wait."""

    answered = False

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        while self.answered:
            yield Waiting("loading")
            time.sleep(0.01)
        self.answered = True
        yield TextDelta("One.")


def test_an_answer_that_is_asked_again_and_never_comes_leaves_the_earlier_one_in_view(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(OnceThenNever(), tmp_path)
        await page.sends("Who?")
        await page.answers()
        key = page.chat.id
        await page.does(page.branches.retry)
        page.request, page.values[page.talk.place] = gr.Request(session_hash="other"), ""
        await page.commands("open", id=key)
        assert page.kept() == ["Who?"]
        assert page.sessions.get(page.sessions.page("other")).chat.conversation.messages[1].text == "One."  # type: ignore[union-attr]
        page.bridge.stop_all()

    asyncio.run(act())


def test_retrying_an_answer_that_is_being_written_keeps_what_was_written(tmp_path: Path) -> None:
    async def act(again: Callable[[Visit], Awaitable[None]]) -> None:
        page = Visit(Endless(), tmp_path)
        answering = await page.begins("Who?")
        await again(page)
        await answering
        assert page.bridge.is_busy(page.page)
        assert "word" not in page.said()
        assert "Who? | word" in page.said(history=True)
        page.shows(await page.answer.finish(dict(page.values), page.request))  # comes late from a slow browser
        assert page.can_stop()  # the end of the first answer hides nothing of the second

    async def retried(page: Visit) -> None:
        await page.does(page.branches.retry)

    asyncio.run(act(retried))


def test_deleting_the_conversation_that_is_being_answered_ends_it_for_good(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        answering = await page.begins("Who?")
        await page.commands("delete", id=page.chat.id)
        assert not page.bridge.is_busy(page.page)
        await answering
        assert (page.said(), page.kept()) == ("", [])

    asyncio.run(act())


def test_deleting_another_conversation_stops_nothing(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        answering = await page.begins("Who?")
        await page.commands("delete", id="another")
        assert page.bridge.is_busy(page.page)
        page.answer.stop(page.request)
        await answering

    asyncio.run(act())


def test_an_answer_that_is_being_written_lets_nobody_edit_or_turn_a_page(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        answering = await page.begins("Who?")
        await page.commands("edit", index="last")
        await page.commands("turn", index="0", step="1")
        assert warned == [BUSY_ELSE] * 2
        assert page.values[page.talk.message] == box()
        page.answer.stop(page.request)
        await answering
        assert page.chat.conversation.messages[-1].note == STOPPED_NOTE  # type: ignore[union-attr]

    asyncio.run(act())


def test_an_edit_that_was_ended_replaces_nothing(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        await page.commands("edit", index="last")
        await page.commands("unedit")
        assert page.values[page.talk.message] == box("Who?")
        await page.commands("edit", index="last")
        await page.commands("unedit", index="clear")
        assert page.values[page.talk.message] == box()
        await page.sends("What?")
        await page.answers()
        assert page.said() == "Who? | One. | What? | Two."

    asyncio.run(act())


async def waiting(tmp_path: Path) -> Visit:
    """A page on which a call waits for its result, after a turn that has ended."""
    page = Visit(ScriptedEngine([[TextDelta("One.")], [CALL], [TextDelta("Rain.")], [CALL]]), tmp_path)
    page.values[page.panel.tool_schemas] = WEATHER
    await page.sends("Who?")
    await page.answers()
    await page.sends("Weather?")
    await page.answers()
    assert page.waiting()
    return page


def test_a_call_that_waits_can_be_answered_after_its_conversation_was_left_and_opened_again(tmp_path: Path) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        key = page.chat.id
        await page.does(page.branches.begin)
        assert not page.waiting()
        await page.commands("open", id=key)
        assert page.waiting()
        await page.decides("result", "It rains.")
        await page.answers()
        assert page.said().endswith("Rain.")

    asyncio.run(act())


LONG = "ab " * (MAX_TEXT // 3 + 1)


@pytest.mark.parametrize("verdict", ["result", "error", "deny"])
def test_a_result_that_is_refused_leaves_its_card_as_it_is_and_the_next_call_has_one_of_its_own(
    tmp_path: Path, verdict: str, warned: list[str]
) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        card = page.waiting()
        await page.decides(verdict, LONG)
        await page.answers()  # the page goes through the steps of an answer, whatever came of the first
        (sentence,) = warned
        assert sentence.endswith(f"The limit is {MAX_TEXT:,}: shorten it.")
        assert page.waiting() == card  # the page draws nothing anew, so what is typed stays
        await page.decides("result", LONG[:50])
        await page.answers()
        assert page.said().endswith("Rain.")
        assert not page.waiting()
        await page.sends("Tomorrow?")
        await page.answers()
        assert page.waiting()

    asyncio.run(act())


def test_a_call_runs_with_the_arguments_as_the_person_left_them(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[CALCULATION], [replace(CALCULATION, id="bbbbbbbbb")]]), tmp_path)
        page.values |= {page.panel.builtin_tools: ["my_calculator"], page.panel.approval: "ask"}
        await page.sends("How many?")
        await page.answers()
        card = page.waiting()
        assert "6*7" in card
        await page.decides("once", json.dumps({"expression": LONG}))
        await page.answers()
        assert warned[0].startswith("What the tool is to be given has ")
        assert page.waiting() == card
        await page.decides("once", '{"expression": "1+1"}')
        await page.answers()
        assert results(page) == ["2"]
        assert "6*7" in page.waiting()  # each call of it is asked for

    asyncio.run(act())


def results(page: Visit) -> list[str]:
    """What came of calls."""
    return [m.result.output for m in page.chat.conversation.messages if isinstance(m, ToolMessage)]


@pytest.mark.parametrize("verdict", ["once", "always"])
def test_a_tool_that_may_always_run_is_asked_for_no_more_in_this_chat_and_again_in_the_next(
    tmp_path: Path, verdict: str
) -> None:
    async def act() -> None:
        calls = [[replace(CALCULATION, id=f"call{number:05}")] for number in range(4)]
        page = Visit(ScriptedEngine([*calls[:3], [TextDelta("42.")], calls[3]]), tmp_path)
        page.values |= {page.panel.builtin_tools: ["my_calculator"], page.panel.approval: "ask"}
        await page.sends("How many?")
        await page.answers()
        await page.decides(verdict, CALCULATION.arguments)
        await page.answers()
        asks_again = verdict == "once"
        assert bool(page.waiting()) == asks_again
        assert len(results(page)) == (1 if asks_again else 3)
        if not asks_again:
            await page.does(page.branches.begin)
            await page.sends("How many?")
            await page.answers()
            assert page.waiting()
            assert results(page) == []

    asyncio.run(act())


def test_of_several_calls_that_wait_each_is_asked_for_in_its_turn(tmp_path: Path) -> None:
    async def act() -> None:
        calls = [replace(CALCULATION, id=f"call{number:05}") for number in range(3)]
        page = Visit(ScriptedEngine([calls, [TextDelta("Done.")]]), tmp_path)
        page.values |= {page.panel.builtin_tools: ["my_calculator"], page.panel.approval: "ask"}
        await page.sends("How many?")
        await page.answers()
        for number in (1, 2, 3):
            assert f"Call {number} of 3" in page.waiting()
            await page.decides("once", CALCULATION.arguments)
            await page.answers()
        assert page.said().endswith("Done.")
        assert results(page) == ["42"] * 3

    asyncio.run(act())


def test_a_call_that_waits_is_announced_in_place_of_the_end_of_the_answer(tmp_path: Path) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        assert page.reports[-1]["done"] == {"how": "result", "what": "weather"}
        await page.decides("deny")
        await page.answers()
        assert page.reports[-1]["done"]["how"] != "result"
        assert texts.tools.denied in str(page.entries)
        assert texts.tools.failed not in str(page.entries)

    asyncio.run(act())


def test_a_word_on_a_call_that_has_been_decided_or_never_was_changes_nothing(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        before = page.chat.history
        for verdict in ("once", "always", "deny", "result", "error"):
            command = {"do": "call", "id": "zzzzzzzzz", "verdict": verdict, "text": "x"}
            await page._called(page.submitted, gr.EventData(None, command))
        assert (page.chat.history, page.chat.allowed, warned) == (before, frozenset(), [])
        await page._called(page.submitted, gr.EventData(None, {"do": "call", "id": "abcdefghi", "verdict": "run"}))
        assert (page.chat.history, warned) == (before, [GONE])

    asyncio.run(act())


def test_an_edit_that_is_refused_leaves_what_is_typed_into_the_card(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        card = page.waiting()
        await page.commands("rewrite", index="1", text=LONG)
        assert warned == [f"The message has {len(LONG):,} characters. The limit is {MAX_TEXT:,}: shorten it."]
        assert page.waiting() == card

    asyncio.run(act())


def test_an_import_shows_the_card_of_a_call_that_waits_and_can_be_opened_again(tmp_path: Path) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        file = tmp_path / "export.json"
        file.write_text(json.dumps(to_json(Document(history=page.chat.history), str)), encoding="utf-8")
        await page.does(page.branches.begin)
        page.shows(await page.imports.import_file(str(file), dict(page.values), page.request))
        assert page.waiting()
        await page.commands("open", id=page.chat.id)
        assert page.said().startswith("Who? | One.")

    asyncio.run(act())


def test_the_card_goes_with_its_call_and_comes_back_with_it(tmp_path: Path) -> None:
    async def act() -> None:
        page = await waiting(tmp_path)
        await page.does(page.branches.undo)
        assert not page.waiting()
        page = await waiting(tmp_path)
        await page.commands("edit", index="0")
        await page.sends("Why?")
        await page.answers()
        assert not page.waiting()
        await page.commands("turn", index="0", step="1")
        assert page.waiting()

    asyncio.run(act())


async def compared(page: Visit) -> None:
    """Compares two answers to a message."""
    page.values[page.talk.message] = box("Who?")
    page.values[page.sides.prompt] = "{name} on {today}"
    await page.does(page.comparing.begin_two)
    async for _ in page.comparing.watch(page.request):
        pass


def test_both_prompts_of_a_comparison_are_filled(tmp_path: Path) -> None:
    engine = ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")]])

    async def act() -> None:
        await compared(Visit(engine, tmp_path))

    asyncio.run(act())
    first, second = (request.system_prompt for request in engine.requests)
    assert first == "You are Mistral Demo."
    assert second.startswith("Mistral Demo on 2")


def test_a_comparison_goes_on_in_the_conversation_that_it_belongs_to_and_in_no_other(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta(text)] for text in ("One.", "Two.", "Three.", "Four.")]), tmp_path)
        await compared(page)
        await page.does(page.comparing.take_right)
        assert page.said() == "Who? | Two."
        await compared(page)
        assert page.values[page.sides.head]
        await page.does(page.branches.begin)
        assert not page.values[page.sides.head]
        await page.does(page.comparing.take_left)
        assert (page.said(), page.kept()) == ("", ["Who? | Two."])

    asyncio.run(act())


async def beside(page: Visit, index: int) -> None:
    """Compares an answer with another."""
    await page.commands("compare", index=str(index))
    assert page.values[page.sides.head]
    await page.does(page.comparing.begin_two)
    async for _ in page.comparing.watch(page.request):
        pass


@pytest.mark.parametrize(("side", "shown"), [("take_left", "A? | 1. | B? | 2."), ("take_right", "A? | 3.")])
def test_an_answer_is_compared_with_another_to_its_question_and_either_is_gone_on_with(
    tmp_path: Path, side: str, shown: str
) -> None:
    engine = ScriptedEngine([[TextDelta(text)] for text in ("1.", "2.", "3.")])

    async def act() -> None:
        page = Visit(engine, tmp_path)
        for question in ("A?", "B?"):
            await page.sends(question)
            await page.answers()
        page.values[page.talk.message] = box("A draft")
        await beside(page, 1)
        await page.does(getattr(page.comparing, side))
        assert page.said() == shown
        assert "3." in page.said(history=True)
        assert page.values[page.talk.message] == box("A draft")
        assert not page.values[page.sides.head]

    asyncio.run(act())
    first, _, other = engine.requests
    assert (other.messages, other.settings.seed) == (first.messages, first.settings.seed)
    assert other.settings.temperature == 0.7


def test_a_comparison_that_is_closed_leaves_the_conversation_as_it_was_and_stops(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        page.values[page.talk.message] = box("Who?")
        await page.does(page.comparing.open)
        await page.does(page.comparing.begin_two)
        job = page.bridge.job(page.page)
        page.shows(await page.comparing.close(page.request))
        assert job
        assert job.task
        await job.task
        assert not page.values[page.sides.head]
        assert (page.sessions.get(page.page).compared, page.said()) == (None, "")

    asyncio.run(act())


def test_without_a_message_or_an_answer_there_is_nothing_to_compare(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        page.values[page.talk.message] = box("")
        await page.does(page.comparing.open)
        assert not page.values[page.sides.head]
        assert warned == [texts.compare.empty]
        await page.commands("compare", index="7")
        assert warned[1:] == [GONE]

    asyncio.run(act())


class Breaking:
    """Writes some words, and then fails."""

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        yield TextDelta("half an answer")
        raise GenerationFailed("It broke off.")


def test_a_failed_answer_is_kept_where_the_page_is_closed_at_its_last_update(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Breaking(), tmp_path)
        await page.sends("Who?")
        stream = page.answer.watch(dict(page.values), page.request)
        while page.chat.conversation.messages[-1] != AssistantMessage("half an answer", note="It broke off."):
            await anext(stream)
        await stream.aclose()
        await page.comes_to_keep("Who? | half an answer")

    asyncio.run(act())


def test_what_could_not_be_sent_is_back_in_the_box_and_no_answer_begins(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        (tmp_path / "kept.db").write_bytes(b"no database" * 100)  # as a full or broken disk would leave it
        page.archive.save = fails  # type: ignore[method-assign]
        values = page.values | {page.talk.message: box("A draft")}
        page.shows(await event(page.send.send, failed=page.send.unsent)(values, page.request))
        assert page.values[page.talk.message] == box("A draft")
        assert warned == [FAULT]
        assert not page.bridge.is_busy(page.page)

    def fails(*_: object) -> None:
        raise RuntimeError

    asyncio.run(act())


def test_a_picture_that_is_gone_keeps_no_answer_from_being_written(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("Red.")]]), tmp_path)
        PILImage.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
        page.values |= {page.talk.message: box("What?", [str(tmp_path / "red.png")]), page.private: True}
        page.shows(await page.send.send(dict(page.values), page.request))
        for picture in (tmp_path / "pictures").rglob("*.png"):
            picture.unlink()
        page.values |= {page.private: False}
        await page.answers()
        await page.sends("And now?")
        assert warned == []
        assert page.said().startswith("What? | Red. | And now?")
        assert page.bridge.is_busy(page.page)

    asyncio.run(act())


def test_an_answer_is_to_what_was_sent_although_another_event_takes_it_up_first(tmp_path: Path) -> None:
    engine = ScriptedEngine([[TextDelta("One.")]])

    async def act() -> None:
        page = Visit(engine, tmp_path)
        before = dict(page.values)
        page.values[page.talk.message] = box("Who?")
        await page.send.send(dict(page.values), page.request)  # whose outcome has not reached the page yet
        page.values = before
        await page.answers()
        assert page.said() == page.kept()[0] == "Who? | One."

    asyncio.run(act())
    assert [message.text for message in engine.requests[0].messages] == ["Who?"]  # type: ignore[union-attr]


def test_an_edit_that_is_refused_leaves_the_answer_as_it_is_and_in_its_editor(
    tmp_path: Path, warned: list[str]
) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        page.values[page.talk.transcript] = "as it was"
        await page.commands("rewrite", index="1", text=LONG)
        assert warned == [f"The message has {len(LONG):,} characters. The limit is {MAX_TEXT:,}: shorten it."]
        assert page.values[page.talk.transcript] == "as it was"  # else what is being edited would be gone
        assert page.said() == "Who? | One."

    asyncio.run(act())


def test_an_answer_is_rewritten_and_told_as_it_was_written(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("*One* $5.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        await page.commands("source", index="1")
        assert page.values[page.talk.channel]["source"] == {"index": 1, "text": "*One* $5."}
        key = page.entries[1][0]
        await page.commands("format", id=key)
        blocks = ('<p dir="auto"><em>One</em> $5.</p>\n',)
        assert page.values[page.talk.channel]["formatted"] == {"key": key, "blocks": blocks}
        await page.commands("rewrite", index="1", text="Two.")
        assert (page.said(), page.kept()) == ("Who? | Two.", ["Who? | Two."])
        assert [entry[1] for entry in page.entries] == ["user", "assistant"]
        assert "Two." in str(page.entries[1])
        await page.commands("turn", index="1", step="-1")
        assert page.said() == "Who? | *One* $5."

    asyncio.run(act())


@pytest.mark.parametrize("index", ["0", "7"])
def test_what_is_no_answer_cannot_be_rewritten(tmp_path: Path, warned: list[str], index: str) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        await page.commands("rewrite", index=index, text="Two.")
        assert (warned, page.said()) == ([GONE], "Who? | One.")

    asyncio.run(act())


def test_a_page_that_does_not_show_what_an_update_goes_on_from_is_shown_all(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        page.entries = []
        await page.commands("redraw")
        assert [entry[1] for entry in page.entries] == ["user", "assistant"]

    asyncio.run(act())


def test_what_was_written_for_a_new_chat_is_not_sent_to_the_one_that_is_just_opened(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        kept = page.chat.id
        await page.does(page.branches.begin)
        new = page.values[page.talk.place]
        await page.commands("open", id=kept, body=None)
        page.values[page.talk.place] = new  # the page has yet to hear of it
        with pytest.raises(UserError, match="nothing was sent"):
            await page.sends("What?")
        assert page.said() == "Who? | One."

    asyncio.run(act())


def test_a_turn_that_was_taken_back_while_its_answer_was_drawn_is_not_shown_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = ui.handlers.answer._tail

    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        await page.sends("Who?")

        def undone(session: Session, *known: Any) -> Any:
            """Drawn so slowly that the turn is taken back meanwhile."""
            before = page.chat.conversation.without_last_turn()
            page.sessions.update(page.page, lambda now: replace(now, chat=now.chat.append(before)))
            return rendered(session, *known)

        monkeypatch.setattr("ui.handlers.answer._tail", undone)
        messages, *_ = await anext(page.answer.watch(dict(page.values), page.request))
        assert messages == gr.skip()
        page.bridge.stop_all()

    asyncio.run(act())


@pytest.mark.parametrize("given", ["{}", '{"format": '])
@pytest.mark.parametrize("again", [True, False])
def test_what_a_browser_handed_over_does_not_stay_on_the_disk_where_it_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, again: bool
) -> None:
    monkeypatch.setattr(gr, "Warning", lambda *_, **__: None)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path, in_browser=True)
        await page.sends("Who?")
        await page.answers()  # which the server has: nothing is to be opened again
        file = tmp_path / "conversation-0123456789abcdef.json"
        file.write_text(given, encoding="utf-8")
        await page.commands("open", id=page.chat.id, body=str(file), again=again)
        assert not file.exists()
        assert page.said() == "Who? | One."

    asyncio.run(act())


def test_that_a_conversation_was_deleted_elsewhere_is_told_once_for_each_answer(
    tmp_path: Path, warned: list[str]
) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")], [TextDelta("Three.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        page.archive.delete(page.chat.id)
        for count in (1, 2):
            await page.sends("And?")
            await page.answers()
            assert warned == [DELETED] * count

    asyncio.run(act())


def test_so_is_one_that_is_deleted_while_its_answer_is_written(tmp_path: Path, warned: list[str]) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        answering = await page.begins("Who?")
        page.archive.delete(page.chat.id)
        page.answer.stop(page.request)
        await answering
        assert warned == [DELETED]

    asyncio.run(act())
