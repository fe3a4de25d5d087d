"""A tab that was duplicated takes up the session of the one that it was copied from, whatever goes on in that one."""

import asyncio
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.chat.errors import GONE, UserError
from backend.chat.messages import AssistantMessage, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Endless, Visit
from ui.conversations.store import BROKEN
from ui.events import on_conversation
from ui.place import place_of
from ui.requests.values import PanelValues
from ui.session import Chat
from ui.values import Updates, Values

SECOND = gr.Request(session_hash="second")


class Stalled:
    """Writes a word, and reads from then on."""

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        yield TextDelta("word")
        while True:
            yield Waiting("Reading…")
            time.sleep(0.01)


def test_a_tab_that_is_shown_an_answer_it_did_not_ask_for_knows_of_which_conversation(tmp_path: Path) -> None:
    """Else it would show one conversation, and send what is written next to a new one."""

    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        await page.sends("Who?")
        page.sessions.take_up("second", page.page)
        copy: Values = page.values | {page.talk.place: ""}
        messages, _, place = await anext(page.answer.watch(copy, SECOND))
        assert "Who?" in str(messages)
        assert place_of(place).id == page.sessions.get(page.sessions.page("second")).chat.id
        known = copy | {page.talk.place: place}
        *_, place = await anext(page.answer.watch(known, SECOND))
        assert place == gr.skip()  # by each that comes anew the draft is counted
        page.bridge.stop_all()

    asyncio.run(act())


def test_what_an_event_shows_late_does_not_cover_what_the_tab_has_done_since(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        before = place_of(page.values[page.talk.place])

        async def turns(values: Values, request: gr.Request) -> Updates:
            """One that takes so long that the tab is duplicated, and goes on with a session of its own."""
            shown = page.answer.view.show(before.page, page.presenter.read_tools(values))
            page.sessions.take_up("second", before.page)
            page.sessions.restore("connection", before, page.sessions.get(before.page))
            page.sessions.update(page.page, lambda session: session.with_chat(page.chat.append(longer(page.chat))))
            page.shows(page.answer.view.show(page.page, page.presenter.read_tools(values)))
            return shown | {page.talk.inspector: "late"}

        async def arranges(values: Values, request: gr.Request) -> Updates:
            return {page.talk.place: values[page.talk.place]}

        known = dict(page.values)
        await page.on_conversation(turns)
        late = [update async for update in on_conversation(arranges, page.restorer)(known, page.request)]
        assert set(map(str, late)) == {str(gr.skip())}  # Gradio takes no empty answer
        shown: Any = page.entries
        assert "And then?" in str(shown)
        assert place_of(page.values[page.talk.place]).leaf == page.chat.history.leaf
        assert page.values[page.talk.inspector] == "late"

    def longer(chat: Any) -> Any:
        return chat.conversation.add(UserMessage((Text("And then?"),)))

    asyncio.run(act())


def test_a_copy_keeps_what_it_has_of_an_answer_that_is_being_written(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path, in_browser=True)
        await page.sends("Who?")
        while "word" not in page.said():
            await asyncio.sleep(0.05)
        place = place_of(page.values[page.talk.place])
        assert page.restorer._at_hand("second", place)
        copy = page.sessions.page("second")
        written = page.sessions.get(copy).chat.conversation.messages[-1]
        assert isinstance(written, AssistantMessage)
        assert written.text.startswith("word")
        assert written.note == BROKEN
        save = page.answer.store.save(copy, PanelValues())["save"]
        assert (written.text in str(save["nodes"][-1]), save["growing"]) == (True, None)
        assert save["nodes"][-1]["id"] != page.sessions.get(page.page).growing
        page.bridge.stop_all()

    asyncio.run(act())


def test_what_an_answer_waits_for_is_kept_as_no_end_of_it(tmp_path: Path) -> None:
    """It would stand under the half-written answer for good, where the app or its page ends meanwhile."""

    async def act() -> None:
        page = Visit(Stalled(), tmp_path)
        await page.sends("Who?")
        while "Reading" not in str(page.chat.conversation.messages):
            await asyncio.sleep(0.05)
        page.answer.store.save(page.page, PanelValues())
        (entry,) = page.archive.entries()
        document = page.archive.load(entry.id)
        assert document
        opened, _ = page.answer.store.opened(document)
        assert page.restorer._at_hand("second", place_of(page.values[page.talk.place]))
        copied = page.sessions.get(page.sessions.page("second")).chat
        page.bridge.stop_all()
        for chat in (opened, copied):
            written = chat.conversation.messages[-1]
            assert isinstance(written, AssistantMessage)
            assert (written.text, written.note) == ("word", BROKEN)

    asyncio.run(act())


def test_the_end_of_an_answer_names_no_place_in_a_conversation_that_was_left_meanwhile(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        shown = place_of(page.values[page.talk.place]).model_copy(update={"page": "as it was called before"})
        copied = Chat(id="another", history=page.chat.history)  # as an import of the same, whose nodes are alike
        page.sessions.update(page.page, lambda session: session.with_chat(copied))
        values = page.values | {page.talk.place: shown.model_dump_json()}
        assert page.talk.place not in await page.answer.finish(values, page.request)

    asyncio.run(act())


def test_a_tab_whose_answer_was_cut_off_is_shown_what_it_has_of_it_also_where_what_it_asked_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gr, "Warning", lambda *_, **__: None)

    async def refuses(_: Values, __: gr.Request) -> Updates:
        raise UserError(GONE)

    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        await page.sends("Who?")
        while "word" not in page.said():
            await asyncio.sleep(0.05)
        page.sessions.take_up("second", page.page)
        await page.on_conversation(refuses)
        assert place_of(page.values[page.talk.place]).leaf == page.chat.history.leaf
        assert BROKEN in str(page.entries)
        page.bridge.stop_all()

    asyncio.run(act())


def test_a_copy_is_shown_what_its_original_did_just_after_the_session_was_taken_up(tmp_path: Path) -> None:
    """What it has is asked for again some seconds after, since nothing can be told to a tab that asks nothing."""

    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        await page.sends("Who?")
        await page.answers()
        shared = page.page
        page.sessions.take_up("second", shared)
        page.answer.view.empty(shared, page.presenter.read_tools(page.values))  # New chat, pressed before
        page.request = SECOND
        await page.commands("sync", id=place_of(page.values[page.talk.place]).id, have="")
        assert place_of(page.values[page.talk.place]).id == ""
        assert page.entries == []

    asyncio.run(act())


def test_a_private_conversation_is_shown_as_it_stands_once_its_connection_is_back(tmp_path: Path) -> None:
    """Its script is told nothing to find it by after a reload, so it asks without a name."""

    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path, in_browser=True)
        page.values[page.private] = True
        await page.sends("Who?")
        await page.answers()
        await page.branches.undo(dict(page.values), page.request)  # whose outcome was lost with the connection
        for name in ("", page.page):
            shown, _ = [update async for update in page.submitted(dict(page.values), resume(name), page.request)]
            assert place_of(shown[page.talk.place]).id == ""
            assert "page" not in shown[page.answer.store.channel]

    def resume(name: str) -> gr.EventData:
        return gr.EventData(None, {"do": "resume", "page": name})

    asyncio.run(act())
