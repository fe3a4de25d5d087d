"""Questions with their answers that stand before every new chat with a system prompt."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from backend.chat.messages import AssistantMessage, UserMessage
from backend.chat.parts import Text
from backend.chat.request import TextDelta
from backend.storage.document import Document
from backend.storage.document_json import to_json
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.gradio_patches.uploads import upload_folder
from ui.texts import texts

SAID = texts.examples


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that the visitor was told."""
    found: list[str] = []
    monkeypatch.setattr("ui.handlers.panel.kept_examples.inform", found.append)
    return found


def engine(count: int = 3) -> ScriptedEngine:
    return ScriptedEngine([[TextDelta(f"Answer {number}.")] for number in range(count)])


def names(page: Visit) -> str:
    """What the page offers: in the archive's list are the examples too."""
    return " ".join(entry.id for entry in page.archive.entries())


async def asks(page: Visit, question: str) -> None:
    await page.sends(question)
    await page.answers()


async def begins(page: Visit) -> None:
    """A new chat, as the page's script goes about it."""
    await page.does(page.branches.begin)
    await offers(page)


async def offers(page: Visit) -> None:
    await page.commands("examples", have=names(page))
    for name in page.values[page.talk.channel].get("examples", ()):
        await page.commands("lend", id=name)


def test_what_is_kept_stands_before_every_new_chat_with_its_prompt(tmp_path: Path, told: list[str]) -> None:
    scripted = engine()

    async def act() -> None:
        page = Visit(scripted, tmp_path)
        await asks(page, "One?")
        await page.commands("example", index=1, have=names(page))
        await begins(page)
        await page.does(page.draft.show)
        assert SAID.title not in str(page.values[page.talk.chips])
        assert texts.composer.example in page.values[page.talk.chips]
        await asks(page, "Two?")
        assert page.said() == "One? | Answer 0. | Two? | Answer 1."
        assert SAID.title in str(page.entries)
        assert "forget example-" in str(page.entries)
        document = page.archive.load(page.chat.id)
        assert document
        assert (document.name, document.history) == ("Two?", page.chat.history)
        page.values[page.panel.system_prompt] = "Be another."
        await begins(page)
        await asks(page, "Three?")
        assert page.said() == "Three? | Answer 2."

    asyncio.run(act())
    assert told == [SAID.kept_uncounted]
    assert [len(request.messages) for request in scripted.requests] == [1, 3, 1]


def test_a_chat_can_begin_without_them_and_what_is_removed_is_gone(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(engine(), tmp_path)
        await asks(page, "One?")
        await page.commands("example", index=1, have="")
        await begins(page)
        await page.commands("off", index="examples")
        assert page.chat.lead.messages == ()
        await page.commands("on", index="examples")
        assert len(page.chat.lead.messages) == 2
        await page.does(page.branches.begin)  # while it is new: the page has no reason to hand them over again
        assert len(page.chat.lead.messages) == 2
        page.archive.delete(next(name for name in names(page).split() if name.startswith("example-")))
        await offers(page)
        assert page.chat.lead.messages == ()

    asyncio.run(act())


def test_what_a_browser_keeps_is_wanted_from_it_and_taken_once(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(engine(), tmp_path, in_browser=True)
        await asks(page, "One?")
        await page.commands("example", index=1, have="")
        (save,) = page.values[page.talk.channel]["saves"]
        await page.does(page.branches.begin)
        await page.commands("examples", have=save["id"])
        assert page.values[page.talk.channel]["examples"] == [save["id"]]
        for _ in range(2):
            await page.commands("lend", id=save["id"], body=uploaded(save))
        assert [getattr(message, "text", "") for message in page.chat.lead.messages] == ["One?", "Answer 0."]

    asyncio.run(act())


def uploaded(save: dict[str, Any]) -> str:
    path = Path(upload_folder() / f"conversation-{secrets.token_hex(8)}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = to_json(Document(id=save["id"]), lambda image: image.path)
    path.write_text(json.dumps(whole | {name: save[name] for name in ("leaf", "nodes", "setups")}))
    return str(path)


def test_there_are_so_many_of_a_prompt_and_of_a_size_and_no_more(
    tmp_path: Path, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        page = Visit(engine(), tmp_path)
        await asks(page, "One?")
        for _ in range(9):
            await page.commands("example", index=1, have=names(page))
            await asyncio.sleep(0.002)  # they are told apart by the millisecond
        assert warned == [SAID.too_many.format(most=8)]
        await begins(page)
        assert len(page.chat.lead.messages) == 16
        monkeypatch.setattr("ui.handlers.panel.kept_examples.MOST_CHARACTERS", 3)
        await asks(page, "Two?")
        await page.commands("example", index=17, have="")
        assert warned[1].startswith("An example can have 20 images")

    asyncio.run(act())


@pytest.mark.parametrize("index", [0, 9])
def test_what_is_no_answer_is_not_kept(tmp_path: Path, warned: list[str], index: int) -> None:
    async def act() -> None:
        page = Visit(engine(), tmp_path)
        await asks(page, "One?")
        await page.commands("example", index=index, have="")
        assert len(warned) == 1
        assert len(page.archive.entries()) == 1

    asyncio.run(act())


def test_a_forged_name_is_no_example(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(engine(), tmp_path)
        await asks(page, "One?")
        other = page.chat.id
        await page.does(page.branches.begin)
        await page.commands("lend", id=other)
        await page.commands("examples", have=f"{other} example-x")
        assert page.chat.examples == ()

    asyncio.run(act())


def test_a_pair_is_what_was_asked_and_what_was_said_in_the_end(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(engine(), tmp_path)
        await asks(page, "One?")
        await page.commands("example", index=1, have="")
        name = next(name for name in names(page).split() if name.startswith("example-"))
        document = page.archive.load(name)
        assert document
        assert document.history.conversation.messages == (
            UserMessage((Text("One?"),)),
            AssistantMessage("Answer 0."),
        )

    asyncio.run(act())
