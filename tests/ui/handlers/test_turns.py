"""Two things that a page does at nearly the same time: what it shows in the end is what its session holds."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import ui.handlers.commands
import ui.render.transcript
from backend.chat.messages import AssistantMessage, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.sandbox.caller import CALLER
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Endless, Visit
from ui.attachments.choice import Choice
from ui.commands import RewriteAnswer
from ui.conversations.view import ChatView
from ui.events import event, on_conversation
from ui.place import place_of
from ui.render.composer.strip import marks
from ui.session import Chat, Comparing
from ui.values import Updates, Values, box

Event = Callable[[Values, gr.Request], Awaitable[Updates]]
QUESTION = ChatRequest()


async def asked(folder: Path) -> Visit:
    """A page with one answered question."""
    page = Visit(ScriptedEngine([[TextDelta("One.")]]), folder)
    await page.sends("Who?")
    await page.answers()
    return page


async def begins_while_rendering(page: Visit, earlier: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """New chat is pressed while the messages that the earlier event shows are being rendered."""
    rendering, goes_on = threading.Event(), threading.Event()
    render = ui.render.transcript.shown

    def slow(*given: Any) -> Any:
        shown = render(*given)
        if not rendering.is_set():
            rendering.set()
            goes_on.wait(10)
        return shown

    monkeypatch.setattr(ui.render.transcript, "shown", slow)

    async def does(event: Event) -> None:
        page.shows(await event(dict(page.values), page.request))

    first = asyncio.create_task(does(earlier))
    while not rendering.is_set():
        await asyncio.sleep(0.01)
    second = asyncio.create_task(does(page.branches.begin))
    await asyncio.wait([second], timeout=0.3)
    goes_on.set()
    await asyncio.gather(first, second)


def shows_what_it_holds(page: Visit) -> None:
    assert place_of(page.values[page.talk.place]).leaf == page.chat.history.leaf
    assert len(page.entries) == len(page.chat.conversation.messages)


def test_an_answer_that_was_chosen_does_not_come_into_a_new_chat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        page = await asked(tmp_path)
        asked_again = page.chat.conversation.add(UserMessage((Text("And?"),)))
        answers = tuple((asked_again.add(AssistantMessage(text)), QUESTION) for text in ("Two.", "Three."))
        compared = Comparing(page.chat.id, answers, is_done=True)
        page.sessions.update(page.page, lambda session: replace(session, compared=compared))

        await begins_while_rendering(page, event(page.comparing.take_left), monkeypatch)
        assert not page.chat.id
        shows_what_it_holds(page)

    asyncio.run(act())


def test_what_ends_with_a_conversation_that_is_deleted_does_not_say_that_it_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of its answer is kept at that moment."""
    told: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: told.append(sentence))
    deleted, saved = threading.Event(), threading.Event()

    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        answering = await page.begins("Who?")
        save, delete = page.archive.save, page.archive.delete

        def saves_late(*given: Any, **options: Any) -> None:
            if page.bridge.is_busy(page.page):
                return save(*given, **options)
            deleted.wait(10)
            try:
                save(*given, **options)
            finally:
                saved.set()

        def deletes(key: str) -> None:
            delete(key)
            deleted.set()
            saved.wait(10)

        monkeypatch.setattr(page.archive, "save", saves_late)
        monkeypatch.setattr(page.archive, "delete", deletes)
        await page.commands("delete", id=page.chat.id)
        await answering
        assert saved.is_set()
        assert (page.said(), page.kept(), told) == ("", [], [])

    asyncio.run(act())


@pytest.mark.parametrize("ends", ["edit", "undo", "take_left"])
def test_what_comes_after_a_later_new_chat_does_not_stay(tmp_path: Path, ends: str) -> None:
    """A large outcome takes its time on the way, and that of New chat, which began after it, overtakes it."""

    async def act() -> None:
        page = await asked(tmp_path)
        asked_again = page.chat.conversation.add(UserMessage((Text("And?"),)))
        answers = ((asked_again.add(AssistantMessage("Two.")), QUESTION),) * 2
        compared = Comparing(page.chat.id, answers, is_done=True)
        page.sessions.update(page.page, lambda session: replace(session, compared=compared))
        values = dict(page.values)
        match ends:
            case "edit":
                edit = RewriteAnswer(do="rewrite", index=1, text="Two.")
                late = await page.branches.rewrite(values, edit, page.request)
            case "undo":
                late = await page.branches.undo(values, page.request)
            case _:
                late = await page.comparing.take_left(values, page.request)
        await page.does(page.branches.begin)
        page.shows(late)
        await page.does(page.branches.show_again)
        assert not page.chat.id
        shows_what_it_holds(page)

    asyncio.run(act())


@pytest.mark.parametrize("waits", [False, True])
def test_an_edit_that_new_chat_came_before_is_in_the_message_box_after_what_is_written_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    monkeypatch.setattr(gr, "Warning", lambda *_, **__: None)

    async def act() -> None:
        page = await asked(tmp_path)
        page.values[page.talk.message] = box("A draft", ["a.png"])
        values = dict(page.values)
        edit = gr.EventData(None, {"do": "rewrite", "index": 1, "text": "Who is there?"})

        async def edits() -> None:
            async for updates in page.command(values, edit, page.request):
                page.shows(updates if "__type__" not in updates else {})

        async with page.bridge.turn(page.page):
            editing = asyncio.create_task(edits())  # waits for its turn, and finds another chat then
            await asyncio.sleep(0.1 if waits else 0)
            page.shows(await asyncio.to_thread(page.branches._begin, page.presenter.read(values), page.page))
        await editing
        assert page.values[page.talk.message] == box("A draft\n\nWho is there?", ["a.png"])
        shows_what_it_holds(page)

    asyncio.run(act())


def test_an_edit_that_fails_is_in_the_message_box_although_its_words_are_part_of_others_there(tmp_path: Path) -> None:
    async def act() -> None:
        page = await asked(tmp_path)
        page.values[page.talk.message] = box("I know whom")
        for _ in range(2):  # tried once more, it is there already
            page.shows(page.branches.returned(dict(page.values), "who"))
        assert page.values[page.talk.message] == box("I know whom\n\nwho")

    asyncio.run(act())


def test_gradio_has_nothing_of_an_outcome_to_say_once_more(tmp_path: Path) -> None:
    """It repeats the last that an event yields when the event is over, by when a later one may have shown something."""

    async def act() -> None:
        page = await asked(tmp_path)
        undo = on_conversation(page.branches.undo, page.restorer)
        outcomes = [outcome async for outcome in undo(dict(page.values), page.request)]
        assert page.talk.transcript in outcomes[0]
        assert outcomes[-1] == gr.skip()

    asyncio.run(act())


def pictured(page: Visit, folder: Path, count: int) -> list[str]:
    """The files of so many pictures, which the page has in its message box."""
    files = [str(folder / f"{number}.png") for number in range(count)]
    page.values[page.talk.message] = box("", files)
    return files


def in_box(page: Visit) -> list[str]:
    return [file["path"] if isinstance(file, dict) else file for file in page.values[page.talk.message]["files"]]


def test_a_click_removes_the_picture_that_was_shown_whatever_has_its_place_by_now(tmp_path: Path) -> None:
    """The box has lost the first one already, the thumbnails have not, and the second is removed by what they show."""

    async def act() -> None:
        page = await asked(tmp_path)
        files = pictured(page, tmp_path, 4)
        shown = marks(files)
        for picture in shown[:2]:
            await page.commands("remove", index=str(picture))
        assert in_box(page) == files[2:]
        await page.commands("move", index=str(shown[3]), step="-1")
        await page.commands("detail", index=str(shown[2]), step="512")
        assert in_box(page) == [files[3], files[2]]
        assert page.sessions.get(page.page).choices == {files[2]: Choice(512)}

    asyncio.run(act())


def test_a_second_click_on_a_picture_that_is_gone_changes_nothing_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: told.append(sentence))

    async def act() -> None:
        page = await asked(tmp_path)
        files = pictured(page, tmp_path, 2)
        for _ in range(2):
            await page.commands("remove", index=str(marks(files)[0]))
        assert (in_box(page), told) == (files[1:], [])

    asyncio.run(act())


def compared_on(page: Visit) -> None:
    """Two answers to choose from."""
    asked_again = page.chat.conversation.add(UserMessage((Text("And?"),)))
    answers = ((asked_again.add(AssistantMessage("Two.")), QUESTION),) * 2
    compared = Comparing(page.chat.id, answers, is_done=True)
    page.sessions.update(page.page, lambda session: replace(session, compared=compared))


@pytest.mark.parametrize("act", ["undo", "take_left", "begin"])
def test_of_a_private_conversation_the_tab_is_told_nothing_to_find_it_by(tmp_path: Path, act: str) -> None:
    async def acts() -> None:
        page = Visit(Endless(), tmp_path, in_browser=True)
        page.values[page.private] = True
        channel = page.answer.store.channel
        if act == "take_left":
            compared_on(page)
            await page.does(page.comparing.take_left)
        else:
            answering = await page.begins("Who?")
            await page.does(getattr(page.branches, act))
            assert not {"page", "save"} & page.values[channel].keys()
            await page.does(page.branches.show_again)
            await answering
        told = page.values[channel]
        assert not {"page", "save"} & told.keys()
        assert not told.get("current")

    asyncio.run(acts())


@pytest.mark.parametrize("act", ["take_left", "edit", "import"])
def test_what_was_private_is_not_kept_when_a_new_chat_that_is_not_takes_its_place(tmp_path: Path, act: str) -> None:
    async def acts() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")]]), tmp_path)
        if act == "edit":
            page = await asked(tmp_path)
        page.values[page.private] = True
        if act == "edit":
            await page.commands("rewrite", index=1, text="A secret.")
        elif act == "import":
            file = tmp_path / "messages.json"
            file.write_text('[{"role": "user", "content": "A secret"}]', encoding="utf-8")
            page.shows(await page.imports.import_file(str(file), dict(page.values), page.request))
        else:
            compared_on(page)
            await page.does(page.comparing.take_left)
        page.values |= {page.private: False, page.talk.message: box("Something else")}
        await page.does(page.draft.show)
        await page.does(page.branches.begin)
        assert page.kept() == (["Who? | One."] if act == "edit" else [])

    asyncio.run(acts())


def test_one_visitor_has_one_long_answer_formatted_at_a_time_and_nobody_else_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds, in which everybody's events go slowly: different ones are not remembered."""
    end, drawing = threading.Event(), list[str]()

    def slow(chat: Chat, key: str) -> dict[str, Any]:
        drawing.append(key)
        end.wait(20)
        return {}

    monkeypatch.setattr(ui.handlers.commands, "formatted_answer", slow)
    monkeypatch.setattr(ChatView, "earlier", lambda _, __, index: slow(Chat(), str(index)))

    async def asks(page: Visit, caller: str, do: str, **words: object) -> None:
        CALLER.set(caller)
        await page.commands(do, **words)

    async def act() -> None:
        page = await asked(tmp_path)
        answers = [asks(page, "one", do="format", id=str(number)) for number in range(20)]
        tasks = [asyncio.create_task(each) for each in (*answers, asks(page, "one", do="earlier", index=1))]
        while not drawing:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(asks(page, "one", do="source", index=1), 10)  # their other events do not wait
        tasks.append(asyncio.create_task(asks(page, "another", do="format", id="another's")))
        while "another's" not in drawing:
            await asyncio.sleep(0.01)
        assert len(drawing) == 2
        end.set()
        await asyncio.gather(*tasks)
        assert len(drawing) == 22

    asyncio.run(act())
