"""The model asks the person, in a card with answers to choose from and a field for any other."""

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from scripts.screenshots.views import COLOURS, asks, says
from tests.support.chat import PHONE, Chat, opened
from tests.support.stub_server import Stub
from ui.texts import texts

LONG = "a very long answer that nobody would want to read in a button of its own, let alone press it"
ARGUMENTS = {"question": "Which <b>colour</b> shall the door be?", "options": ["Red", "Blue & white", LONG]}


def asked(arguments: object) -> str:
    """A chat that ends with a question of the model's, as OpenAI's clients keep it."""
    call = {"name": "ask_person", "arguments": json.dumps(arguments)}
    calls = [{"id": "abcdefghi", "type": "function", "function": call}]
    return json.dumps([{"role": "user", "content": "Paint the door."}, {"role": "assistant", "tool_calls": calls}])


def test_a_question_has_the_focus_is_announced_and_its_answer_is_a_button(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    chat = opened(browser, url, **PHONE)
    chat.panel.use_tool(texts.panel.ask_person)
    chat.place.get_by_label(texts.panel.run_never).check()  # a question is none to be asked about
    chat.panel.close()
    stub.answers = [asks("Which colour?", *COLOURS), says("Blue it is.")]
    chat.send("Paint the door.")
    card = chat.place.get_by_role("group", name="Question for you: Which colour?")
    expect(card).to_be_focused()
    expect(chat.page.locator("[role=status].only-heard")).to_have_text("Question for you: Which colour?")
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(3):  # to the second answer, the third and back
        chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Shift+Tab")
    chat.page.keyboard.press("Enter")
    expect(card).to_have_count(0)
    expect(chat.answers.last).to_contain_text("Blue it is.")
    assert stub.bodies[-1]["messages"][-1]["content"] == COLOURS[1]
    chat.close()


def test_the_demo_model_asks_and_goes_on_with_what_is_typed_also_after_a_reload(chat: Chat) -> None:
    chat.panel.use_tool(texts.panel.ask_person)
    chat.panel.call(texts.panel.choice_always.format(name=texts.panel.ask_person))
    chat.panel.close()
    chat.send("What is 2 + 2?")
    card = chat.place.locator(".ask.asks")
    expect(card).to_be_visible(timeout=60_000)
    chat.reload()
    chat.button(texts.tools.send_answer, card).click()
    expect(card.get_by_role("alert")).to_have_text(texts.tools.no_answer)
    card.get_by_label(texts.tools.answer).fill("It is <b>four</b>.")
    card.get_by_label(texts.tools.answer).press("Enter")
    expect(chat.box).to_have_value("")  # which has the focus now, and took no part in that key
    chat.answered()  # the model may have asked again by then
    expect(chat.place.locator(".calls summary").first).to_contain_text(texts.panel.ask_person)
    shown = Path(chat.export("markdown").path()).read_text("utf-8")
    assert "Call of ask\\_person" in shown
    assert "It is <b>four</b>." in shown


def test_a_question_of_an_imported_chat_is_answered_by_one_of_its_options(chat: Chat, tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    file.write_text(asked(ARGUMENTS), "utf-8")
    chat.import_file(file)
    card = chat.place.locator(".ask.asks")
    expect(card.locator(".wording")).to_have_text("Which <b>colour</b> shall the door be?")
    expect(card.locator(".options button").last).to_have_text(f"{LONG[:60].rstrip()}…")
    chat.button("Blue & white", card).click()
    expect(card).to_have_count(0)
    expect(chat.place.locator(".calls summary")).to_contain_text("→ Blue & white")


def test_a_question_can_be_skipped(chat: Chat, tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    file.write_text(asked({"question": "Why?"}), "utf-8")
    chat.import_file(file)
    expect(chat.place.get_by_label(texts.tools.answer)).to_be_focused()
    chat.button(texts.tools.skip_question).click()
    expect(chat.place.locator(".calls summary")).to_contain_text(texts.tools.denied)
